#include "jobs/repair.h"

#include <utility>

#include "base/error.h"
#include "engine/world_directory.h"
#include "jobs/examination.h"
#include "jobs/quarantine.h"
#include "journal/journal.h"
#include "store/sqlite/companions.h"

namespace perdure::jobs {
namespace {

class Repair {
public:
    Repair(io::FileSystem& files, const io::Clock& clock, engine::WorldDirectory& place,
           Examination& found)
        : files_(files), clock_(clock), place_(place), found_(found), quarantine_(files, place) {}

    Status run(std::string_view remedy) {
        if (remedy == remedies::identity) return write_identity(found_.world());
        if (remedy == remedies::identity_from_store)
            return write_identity(*found_.world_of_store());
        if (remedy == remedies::settings) return quarantine_.move(place_.settings(), "unreadable");
        if (remedy == remedies::drop_foreign) return move_all(found_.journal().foreign, "foreign");
        if (remedy == remedies::drop_covered) return move_all(found_.journal().covered, "covered");
        if (remedy == remedies::rebuild_store) return rebuild_store();
        return end_journal();
    }

    [[nodiscard]] const std::vector<std::string>& quarantined() const noexcept {
        return quarantine_.taken();
    }

private:
    // The damaged one stays where it is until the new one takes its name.
    Status write_identity(const Uuid& world) {
        const std::string path = io::join_path(place_.path(), "identity");
        PERDURE_TAKE(const bool there, files_.exists(path));
        if (there) PERDURE_TRY(quarantine_.copy(path, 0, "damaged"));
        engine::Identity identity;
        identity.world = world;
        identity.created_us = found_.created_us() != 0 ? found_.created_us() : clock_.wall_us();
        return place_.write_identity(identity);
    }

    Status move_all(const std::vector<std::string>& paths, std::string_view why) {
        for (const std::string& path : paths) PERDURE_TRY(quarantine_.move(path, why));
        return {};
    }

    // What lies behind the cut goes first, newest first: whatever a crash leaves is a journal that
    // ends earlier than it did. The head of the new file, which names the cut, comes last, and is
    // one flush.
    Status end_journal() {
        const JournalPlan& plan = found_.journal();
        Catalog catalog;
        learn_kept(files_, place_.journal(), found_.world(), plan, found_.definitions(), catalog);
        const std::string why = text::format("behind-lsn-{}", plan.kept);
        PERDURE_TRY(move_all(plan.covered, "covered"));
        PERDURE_TRY(move_all(plan.beyond, why));
        PERDURE_TRY(move_spares());
        if (plan.cut) {
            PERDURE_TRY(quarantine_.copy(plan.cut->path, plan.cut->offset, why));
            PERDURE_TRY(grow(*plan.cut));
        }
        return begin_file(plan.start, catalog);
    }

    // The next writer would remove them.
    Status move_spares() {
        PERDURE_TAKE(const journal::Survey found,
                     journal::survey(files_, place_.journal(), found_.world()));
        for (const std::string& name : found.spares) {
            PERDURE_TRY(quarantine_.move(io::join_path(place_.journal(), name), "spare"));
        }
        return {};
    }

    // A file that was cut short would be refused for that alone.
    Status grow(const JournalCut& cut) {
        if (cut.bytes >= cut.full_bytes) return {};
        PERDURE_TAKE(const std::unique_ptr<io::File> file, files_.open(cut.path, {.write = true}));
        PERDURE_TRY(file->resize(cut.full_bytes));
        return file->sync();
    }

    Status begin_file(const journal::Start& start, const Catalog& catalog) {
        journal::Options options;
        options.file_bytes = journal::file_bytes_min;  // an opening makes files of its own size
        options.files_ahead = 0;
        return journal::Journal::open(files_, clock_, place_.journal(), options, start, catalog)
            .status();
    }

    // The new store is complete and durable, under a name of its own, before the old one goes: as
    // long as it waits there, no world opens, and this goes on where it was.
    Status rebuild_store() {
        if (!found_.finishing()) {
            PERDURE_TRY(quarantine_.move(place_.rebuilt_store(), "unfinished"));
            const RebuildPlan& plan = *found_.rebuild();
            if (plan.from_journal_alone) return set_store_aside();
            PERDURE_TRY(make_store(plan));
        }
        PERDURE_TRY(set_store_aside());
        PERDURE_TRY(files_.rename(place_.rebuilt_store(), place_.store()));
        return files_.sync_directory(place_.path());
    }

    Status make_store(const RebuildPlan& plan) {
        const std::string path = place_.store() + ".new";
        PERDURE_TRY(remove_ours(path));  // half of an earlier attempt
        for (const char* ending : store::sqlite::companion_endings) {
            PERDURE_TRY(remove_ours(path + ending));
        }
        PERDURE_TRY(
            rebuild(files_, place_.journal(), found_.world(), found_.salvage(), plan, path));
        PERDURE_TRY(remove_ours(path + store::sqlite::mark_ending));  // it has no log
        PERDURE_TRY(files_.rename(path, place_.rebuilt_store()));
        return files_.sync_directory(place_.path());
    }

    Status set_store_aside() {
        PERDURE_TRY(quarantine_.move(place_.store(), "damaged"));
        for (const char* ending : store::sqlite::companion_endings) {
            PERDURE_TRY(quarantine_.move(place_.store() + ending, "damaged"));
        }
        return {};
    }

    Status remove_ours(const std::string& path) {
        PERDURE_TAKE(const bool there, files_.exists(path));
        return there ? files_.remove(path) : Status();
    }

    io::FileSystem& files_;
    const io::Clock& clock_;
    engine::WorldDirectory& place_;
    Examination& found_;
    Quarantine quarantine_;
};

Status not_offered(const std::string& directory, const Verdict& verdict, const std::string& name) {
    if (verdict.whole()) return error(Code::invalid, "{}: nothing is damaged", directory);
    std::string offered;
    for (const Remedy& remedy : verdict.remedies) {
        offered += (offered.empty() ? "" : ", ") + remedy.name;
    }
    if (offered.empty()) {
        return error(Code::invalid,
                     "{}: there is no remedy but to restore a backup (perdure restore)", directory);
    }
    return error(Code::invalid, "{}: '{}' is no remedy for what is damaged; there are: {}",
                 directory, name, offered);
}

Result<std::string> make_place(io::FileSystem& files, const std::string& scratch,
                               const char* name) {
    std::string path = io::join_path(scratch, name);
    PERDURE_TRY(files.create_directory(path));
    return path;
}

}  // namespace

Result<RepairReport> repair(io::FileSystem& files, const io::Clock& clock,
                            const std::string& directory, const std::string& scratch,
                            const RepairOptions& options) {
    engine::WorldDirectory place(files, directory);
    RepairReport report;
    {
        PERDURE_TAKE(const std::string before, make_place(files, scratch, "before"));
        Examination found(files, place, before);
        if (Status status = found.find_world(); !status.ok()) return status;
        if (Status status = place.lock(clock); !status.ok()) return status;
        const Result<Verdict> verdict = found.judge();
        if (!verdict) return found.of_world(verdict.status());
        const Remedy* const remedy = verdict->find_remedy(options.remedy);
        if (remedy == nullptr) return not_offered(directory, *verdict, options.remedy);
        if (remedy->needs_yes() && !options.yes) {
            return error(Code::invalid, "{}: {} loses {}; say so with --yes, or restore a backup",
                         directory, remedy->name, remedy->loses);
        }
        report.done = *remedy;
        Repair repair(files, clock, place, found);
        if (Status status = repair.run(remedy->name); !status.ok()) {
            return found.of_world(status).with_context(
                text::format("{}: {} was cut short; do it again", directory, remedy->name));
        }
        report.quarantined = repair.quarantined();
    }
    PERDURE_TAKE(const std::string after, make_place(files, scratch, "after"));
    Examination found(files, place, after);
    PERDURE_TRY(found.find_world());
    Result<Verdict> verdict = found.judge();
    if (!verdict) return found.of_world(verdict.status());
    report.after = *std::move(verdict);
    return report;
}

}  // namespace perdure::jobs
