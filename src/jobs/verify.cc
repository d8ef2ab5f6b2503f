#include "jobs/verify.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "engine/world_directory.h"
#include "jobs/replay.h"
#include "jobs/table_walk.h"
#include "journal/recovery.h"
#include "journal/survey.h"
#include "model/catalog.h"
#include "store/sqlite/private_copy.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/verify.h"

namespace perdure::jobs {
namespace {

// A private copy of the store's file and of what SQLite keeps beside it.
class StoreCopy {
public:
    static Result<StoreCopy> make(io::FileSystem& files, const std::string& store,
                                  const std::string& scratch) {
        PERDURE_TAKE(std::string path, store::sqlite::copy_files(files, store, scratch));
        return StoreCopy(files, std::move(path));
    }
    ~StoreCopy() {
        if (path_.empty()) return;
        for (const char* suffix : {"", "-wal", "-shm"}) {
            static_cast<void>(files_->remove(path_ + suffix).ok());  // a leftover copy harms nobody
        }
    }
    StoreCopy(StoreCopy&& other) noexcept
        : files_(other.files_), path_(std::exchange(other.path_, {})) {}
    StoreCopy& operator=(StoreCopy&&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    StoreCopy(io::FileSystem& files, std::string path) : files_(&files), path_(std::move(path)) {}

    io::FileSystem* files_;
    std::string path_;
};

class Verification {
public:
    Verification(io::FileSystem& files, const std::string& directory, const std::string& scratch)
        : files_(files), place_(files, directory), scratch_(scratch) {}

    Result<Verdict> run(const io::Clock& clock) {
        // Without an identity there is nothing to lock, and nothing may be made where no world is.
        const auto identity = place_.read_identity();
        if (!identity && identity.status().code() != Code::corrupt) return identity.status();
        PERDURE_TRY(place_.lock(clock));
        if (!identity) {
            report(identity.status());
            return std::move(verdict_);
        }
        verdict_.world = identity->world;
        PERDURE_TAKE(const bool has_store, files_.exists(place_.store()));
        if (!has_store) {
            return error(Code::not_found,
                         "{}: there is no store.sqlite; this world keeps its store elsewhere, "
                         "or it was removed",
                         place_.path());
        }
        PERDURE_TRY(judge_store());
        // A store that is damaged is not opened: that would only meet the same pages again.
        if (verdict_.whole()) {
            PERDURE_TRY(judge_journal_with_store());
        } else {
            PERDURE_TRY(judge_journal_alone());
        }
        return std::move(verdict_);
    }

    // In words about the world's own store: the copy is gone when somebody reads them.
    [[nodiscard]] Status of_world(const Status& status) const {
        return copy_.empty() ? status
                             : store::sqlite::told_of_original(status, copy_, place_.store());
    }

private:
    void report(const Status& status) {
        const Status told = of_world(status);
        verdict_.damage.push_back({told.code(), std::string(told.message())});
    }

    // What keeps us from judging is the command's failure, unless there is damage for certain.
    Status report_or_fail(const Status& status) {
        if (verdict_.whole() && store::sqlite::says_nothing_of_damage(status.code())) return status;
        report(status);
        return {};
    }

    Status judge_store() {
        const std::string pages = io::join_path(scratch_, "pages");
        PERDURE_TRY(files_.create_directory(pages));
        PERDURE_TAKE(const store::sqlite::StoreReport file,
                     store::sqlite::verify_store(files_, place_.store(), pages));
        PERDURE_TAKE(const auto store_file, files_.open(place_.store(), {}));
        PERDURE_TAKE(verdict_.store_bytes, store_file->size());
        for (const store::sqlite::Damage& damage : file.damages) {
            const std::string where = damage.page == 0
                                          ? damage.file
                                          : text::format("{}, page {} at offset {}", damage.file,
                                                         damage.page, damage.offset);
            verdict_.damage.push_back({Code::corrupt, where + ": " + damage.what});
        }
        if (file.damage_count > file.damages.size()) {
            verdict_.damage.push_back(
                {Code::corrupt, text::format("{}: {} more pages are damaged", place_.store(),
                                             file.damage_count - file.damages.size())});
        }
        verdict_.remarks.insert(verdict_.remarks.end(), file.notes.begin(), file.notes.end());
        verdict_.stored = file.watermark;
        return {};
    }

    // The journal's newer part is applied to a copy, as an owner would apply it to the store.
    Status judge_journal_with_store() {
        PERDURE_TAKE(const StoreCopy copy, StoreCopy::make(files_, place_.store(), scratch_));
        copy_ = copy.path();
        store::SqliteStoreOptions options;
        options.path = copy.path();
        options.world = verdict_.world;
        options.create = false;
        options.throwaway = true;
        const auto opened = store::SqliteStore::open(options);
        if (!opened) {
            PERDURE_TRY(report_or_fail(opened.status()));
            verdict_.stored = {};  // of another world, perhaps
            return judge_journal_alone();
        }
        store::Store& store = **opened;
        PERDURE_TAKE(const store::Watermarks marks, store.watermarks());
        verdict_.stored = marks.visible;
        verdict_.tick = marks.visible.tick;
        PERDURE_TAKE(const auto definitions, store.definitions());
        for (const TableDefinition& definition : definitions) {
            PERDURE_TRY(catalog_.add(definition));
        }
        PERDURE_TAKE(Replay replay, Replay::begin(store));
        PERDURE_TRY(judge_journal(marks.visible, [&](journal::GroupFound&& group) -> Status {
            note_tick(group);
            return group.changes.empty() ? Status() : replay.take(std::move(group));
        }));
        if (!verdict_.whole()) return {};
        if (const Status finished = replay.finish(); !finished.ok()) {
            return report_or_fail(finished);
        }
        return digest(store);
    }

    // From what the store says of itself, or from the journal's own beginning if it says nothing.
    Status judge_journal_alone() {
        Watermark from = verdict_.stored;
        verdict_.tick = from.tick;
        if (from.lsn == 0) {
            PERDURE_TAKE(const journal::Survey found,
                         journal::survey(files_, place_.journal(), verdict_.world));
            if (!found.used.empty()) {
                from.lsn = found.used_file(0).before();
                from.chain = found.used_file(0).header.chain;
                from.epoch = found.epoch;
            }
        }
        return judge_journal(from, [&](journal::GroupFound&& group) -> Status {
            note_tick(group);
            return {};
        });
    }

    void note_tick(const journal::GroupFound& group) {
        for (const ChangeSet& set : group.changes) {
            if (set.tick) verdict_.tick = set.tick;
        }
    }

    Status judge_journal(const Watermark& from, const journal::Visitor& visit) {
        const auto found = journal::recover(files_, place_.journal(), verdict_.world, from,
                                            catalog_, visit, journal::Access::onlooker);
        if (!found) return report_or_fail(found.status());
        verdict_.journal_bytes = found->bytes_read;
        verdict_.last = std::max(found->last, from.lsn);
        verdict_.remarks.insert(verdict_.remarks.end(), found->remarks.begin(),
                                found->remarks.end());
        return {};
    }

    Status digest(store::Store& store) {
        PERDURE_TAKE(const Contents contents, walk_tables(store, [](Batch&) { return Status(); }));
        verdict_.digest = contents.digest;
        verdict_.rows = contents.rows;
        return {};
    }

    io::FileSystem& files_;
    engine::WorldDirectory place_;
    const std::string& scratch_;
    std::string copy_;  // its path; empty: none was made
    Catalog catalog_;
    Verdict verdict_;
};

}  // namespace

Result<Verdict> verify(io::FileSystem& files, const io::Clock& clock, const std::string& directory,
                       const std::string& scratch) {
    Verification verification(files, directory, scratch);
    Result<Verdict> verdict = verification.run(clock);
    if (!verdict) return verification.of_world(verdict.status());
    return verdict;
}

}  // namespace perdure::jobs
