#include "jobs/verify.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "engine/coalesce.h"
#include "engine/world_directory.h"
#include "journal/recovery.h"
#include "journal/survey.h"
#include "model/catalog.h"
#include "model/digest.h"
#include "store/sqlite/private_copy.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/verify.h"
#include "world/categories.h"

namespace perdure::jobs {
namespace {

constexpr std::uint32_t rows_per_batch = 16'384;
// Newer than any owner of the real store: the copy is ours alone.
constexpr std::uint64_t copy_owner_epoch = 1ULL << 62;

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
        PERDURE_TRY(store.take_over(copy_owner_epoch));
        PERDURE_TRY(judge_journal(marks.visible, [&](journal::GroupFound&& group) -> Status {
            return group.changes.empty() ? Status() : apply(store, copy_owner_epoch, group);
        }));
        return verdict_.whole() ? digest(store) : Status();
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
            for (const ChangeSet& set : group.changes) {
                if (set.tick) verdict_.tick = set.tick;
            }
            return {};
        });
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

    Status apply(store::Store& store, std::uint64_t epoch, const journal::GroupFound& group) {
        PERDURE_TAKE(const store::Watermarks marks, store.watermarks());
        Watermark after = marks.visible;
        after.epoch = group.epoch;
        after.lsn = group.last;
        after.chain = group.chain;
        for (const ChangeSet& set : group.changes) {
            if (!set.tick) continue;
            after.tick = set.tick;
            verdict_.tick = set.tick;
        }
        const store::Fence fence{epoch, marks.visible};
        if (!group.changes.front().definitions.empty()) {
            return store.apply(fence, after, group.changes.front().definitions);
        }
        engine::Coalescer coalescer;
        for (auto set = group.changes.rbegin(); set != group.changes.rend(); ++set) {
            PERDURE_TRY(coalescer.add(*set));
        }
        PERDURE_TAKE(const auto changes, coalescer.finish());
        return store.apply(fence, after, changes);
    }

    Status digest(store::Store& store) {
        PERDURE_TAKE(const auto snapshot, store.snapshot());
        std::set<std::string> ephemeral;
        if (const TableDefinition* categories = catalog_.find("_categories")) {
            PERDURE_TAKE(const Batch rows, snapshot->scan(*categories, nullptr, 0, rows_per_batch));
            for (std::uint32_t row = 0; row < rows.rows(); ++row) {
                PERDURE_TAKE(const Category category, read_category(rows, row));
                if (category.durability == Level::ephemeral) ephemeral.insert(category.name);
            }
        }
        Hash128 sum;
        for (const TableDefinition* table : catalog_.tables()) {
            if (ephemeral.count(table->category) != 0) continue;
            Batch page;
            do {
                const bool first = page.rows() == 0;
                PERDURE_TAKE(page, snapshot->scan(*table, first ? nullptr : &page,
                                                  first ? 0 : page.rows() - 1, rows_per_batch));
                sum = sum + batch_digest(page);
                verdict_.rows += page.rows();
            } while (page.rows() == rows_per_batch);
        }
        verdict_.digest = sum;
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
