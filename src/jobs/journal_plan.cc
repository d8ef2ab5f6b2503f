#include "jobs/journal_plan.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "jobs/pruned_files.h"
#include "journal/behind.h"

namespace perdure::jobs {
namespace {

using journal::Assessment;
using journal::Fault;
using journal::FileFound;
using Way = JournalPlan::Way;

// Positions in Survey::used: files of which each goes on where the one before it ends.
struct Run {
    std::size_t first = 0;
    std::size_t last = 0;
};

std::vector<Run> runs_of(const journal::Survey& found) {
    std::vector<Run> runs;
    for (std::size_t index = 0; index < found.used.size(); ++index) {
        const bool goes_on =
            !runs.empty() && journal::link_between(found.used_file(index - 1),
                                                   found.used_file(index)) == journal::Link::whole;
        if (goes_on) {
            runs.back().last = index;
        } else {
            runs.push_back({index, index});
        }
    }
    return runs;
}

Watermark watermark_before(const FileFound& file) {
    Watermark mark;
    mark.epoch = file.header.epoch;
    mark.lsn = file.before();
    mark.chain = file.header.chain;
    return mark;
}

class Planner {
public:
    Planner(io::FileSystem& files, const std::string& directory, const Uuid& world,
            const std::optional<Watermark>& from, std::uint64_t epoch_floor,
            const std::vector<TableDefinition>& definitions)
        : files_(files),
          directory_(directory),
          world_(world),
          known_from_(from),
          epoch_floor_(epoch_floor),
          definitions_(definitions) {}

    Result<JournalPlan> run() {
        PERDURE_TAKE(survey_, journal::survey(files_, directory_, world_));
        choose_beginning();
        plan_.found = assess(files_);
        PERDURE_TRY(disk_failure(plan_.found));
        plan_.kept = plan_.known = std::max(plan_.found.findings.last, from_.lsn);
        plan_.from = from_;
        const bool emptied =
            plan_.found.status.ok() && plan_.found.findings.empty && known_from_ && from_.lsn > 0;
        if (emptied) {
            PERDURE_TRY(start_anew());
            return std::move(plan_);
        }
        // A newer program's, or a disk that is dying: nothing of ours may be done to it.
        if (plan_.found.status.ok() || plan_.found.fault == Fault::newer ||
            plan_.found.fault == Fault::unreadable) {
            return std::move(plan_);
        }
        for (const FileFound& file : survey_.files) {
            const bool foreign =
                file.state == FileFound::State::used && file.header.world != world_;
            if (foreign) plan_.foreign.push_back(file.path);
        }
        if (!plan_.foreign.empty()) {
            plan_.way = Way::drop_foreign;
            return std::move(plan_);
        }
        // Whatever else is wrong with it, all of it is newer than the store: that is the trouble.
        if (known_from_ && !run_ && !survey_.used.empty()) plan_.found.fault = Fault::behind;
        if (plan_.found.fault == Fault::behind) return std::move(plan_);
        PERDURE_TAKE(const bool covered, try_covered());
        if (!covered) PERDURE_TRY(cut());
        return std::move(plan_);
    }

private:
    // The disk's failure is no finding.
    static Status disk_failure(const Assessment& found) {
        return found.fault == Fault::other ? found.status : Status();
    }

    void choose_beginning() {
        for (const Run& run : runs_of(survey_)) {
            const FileFound& first = survey_.used_file(run.first);
            if (!known_from_ || first.before() <= known_from_->lsn) run_ = run;
        }
        if (known_from_) {
            from_ = *known_from_;
        } else if (run_) {
            from_ = watermark_before(survey_.used_file(run_->first));
        }
    }

    Assessment assess(io::FileSystem& view) {
        Catalog catalog;
        for (const TableDefinition& definition : definitions_) {
            static_cast<void>(catalog.add(definition).ok());  // the store's own trouble
        }
        return journal::assess(view, directory_, world_, from_, catalog,
                               [](journal::GroupFound&&) -> Status { return {}; });
    }

    // Only what the store has is in the way.
    Result<bool> try_covered() {
        if (!run_) return false;
        const std::uint64_t oldest = survey_.used_file(run_->first).sequence;
        for (const FileFound& file : survey_.files) {
            if (file.sequence < oldest) plan_.covered.push_back(file.path);
        }
        if (plan_.covered.empty()) return false;
        PrunedFiles view(files_);
        for (const std::string& path : plan_.covered) view.hide(path);
        const Assessment found = assess(view);
        PERDURE_TRY(disk_failure(found));
        if (!found.status.ok()) return false;
        plan_.way = Way::drop_covered;
        plan_.kept = plan_.known = std::max(found.findings.last, from_.lsn);
        return true;
    }

    // From the newest end that the headers allow back to the first damage.
    Status cut() {
        std::optional<JournalCut> cut;
        std::uint64_t newest = 0;
        if (run_) {
            const FileFound& last = survey_.used_file(run_->last);
            newest = last.sequence;
            cut = cut_at(last, last.bytes);
        }
        for (std::size_t tries = 0; run_ && tries <= survey_.used.size() + 2; ++tries) {
            PrunedFiles view(files_);
            for (const std::string& path : plan_.covered) view.hide(path);
            for (const FileFound& file : survey_.files) {
                if (file.sequence > newest) view.hide(file.path);
            }
            view.cut(cut->path, cut->offset, cut->full_bytes);
            const Assessment found = assess(view);
            PERDURE_TRY(disk_failure(found));
            const journal::Findings& at = found.findings;
            if (found.status.ok()) return keep(at, std::move(cut), newest);
            const FileFound* const file = find_file(at.newest_file);
            if (file == nullptr || found.fault == Fault::ahead || found.fault == Fault::apart) {
                break;
            }
            newest = file->sequence;
            cut = cut_at(*file, at.valid_bytes);
        }
        return start_anew();
    }

    [[nodiscard]] const FileFound* find_file(std::uint64_t sequence) const {
        for (const std::size_t index : survey_.used) {
            if (survey_.files[index].sequence == sequence) return &survey_.files[index];
        }
        return nullptr;
    }

    static JournalCut cut_at(const FileFound& file, std::uint64_t offset) {
        return {file.path, file.sequence, offset, file.bytes,
                std::max(file.bytes, file.header.file_bytes)};
    }

    Status keep(const journal::Findings& at, std::optional<JournalCut> cut, std::uint64_t newest) {
        plan_.way = Way::cut;
        cut->offset = at.valid_bytes;
        plan_.kept = std::max(at.last, from_.lsn);
        plan_.start = at.start(world_);
        std::vector<journal::Behind> places{{cut->path, cut->offset}};
        for (const FileFound& file : survey_.files) {
            if (file.sequence <= newest) continue;
            plan_.beyond.push_back(file.path);
            places.push_back({file.path, 0});
        }
        std::reverse(plan_.beyond.begin(), plan_.beyond.end());
        plan_.cut = std::move(cut);
        plan_.start.next_file = newest + 1;
        return finish(places);
    }

    // Only where a store is to go on from: otherwise the store has to be made first.
    Status start_anew() {
        plan_.way = Way::start_anew;
        plan_.kept = known_from_ ? known_from_->lsn : 0;
        plan_.covered.clear();
        plan_.start.world = world_;
        plan_.start.last = plan_.kept;
        if (known_from_) plan_.start.chain = known_from_->chain;
        std::vector<journal::Behind> places;
        for (const FileFound& file : survey_.files) {
            plan_.beyond.push_back(file.path);
            places.push_back({file.path, 0});
        }
        std::reverse(plan_.beyond.begin(), plan_.beyond.end());
        return finish(places);
    }

    Status finish(const std::vector<journal::Behind>& places) {
        plan_.start.epoch =
            std::max({plan_.start.epoch, survey_.epoch + 1, epoch_floor_ + 1, from_.epoch + 1});
        Catalog catalog;
        learn_kept(files_, directory_, world_, plan_, definitions_, catalog);
        PERDURE_TAKE(const journal::BehindSeen seen,
                     journal::read_behind(files_, places, world_, plan_.kept, catalog,
                                          [&](const ChangeSet& set) { plan_.lost.add(set); }));
        plan_.lost_readable = seen.change_sets;
        plan_.nameless_bytes = seen.nameless_bytes;
        if (plan_.cut && plan_.beyond.empty()) {
            plan_.nameless_bytes += plan_.cut->full_bytes - plan_.cut->bytes;
        }
        plan_.known = std::max({plan_.known, plan_.kept, seen.last, plan_.found.findings.attested});
        return {};
    }

    io::FileSystem& files_;
    const std::string& directory_;
    const Uuid& world_;
    const std::optional<Watermark>& known_from_;
    const std::uint64_t epoch_floor_;
    const std::vector<TableDefinition>& definitions_;
    journal::Survey survey_;
    std::optional<Run> run_;
    Watermark from_;
    JournalPlan plan_;
};

}  // namespace

std::optional<Watermark> journal_beginning(const journal::Survey& found) {
    const std::vector<Run> runs = runs_of(found);
    if (runs.empty()) return std::nullopt;
    return watermark_before(found.used_file(runs.back().first));
}

void learn_kept(io::FileSystem& files, const std::string& directory, const Uuid& world,
                const JournalPlan& plan, const std::vector<TableDefinition>& definitions,
                Catalog& catalog) {
    for (const TableDefinition& definition : definitions) {
        static_cast<void>(catalog.add(definition).ok());  // one that contradicts is damage
    }
    if (!plan.cut) return;
    PrunedFiles view(files);
    for (const std::string& path : plan.covered) view.hide(path);
    for (const std::string& path : plan.beyond) view.hide(path);
    view.cut(plan.cut->path, plan.cut->offset, plan.cut->full_bytes);
    static_cast<void>(journal::assess(view, directory, world, plan.from, catalog,
                                      [](journal::GroupFound&&) -> Status { return {}; }));
}

Result<JournalPlan> plan_journal(io::FileSystem& files, const std::string& directory,
                                 const Uuid& world, const std::optional<Watermark>& from,
                                 std::uint64_t epoch_floor,
                                 const std::vector<TableDefinition>& definitions) {
    return Planner(files, directory, world, from, epoch_floor, definitions).run();
}

}  // namespace perdure::jobs
