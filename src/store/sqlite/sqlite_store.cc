#include "store/sqlite/sqlite_store.h"

#include <algorithm>
#include <utility>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "store/fence.h"
#include "store/sqlite/batch_rows.h"
#include "store/sqlite/checked_file.h"
#include "store/sqlite/companions.h"
#include "store/sqlite/exact.h"
#include "store/sqlite/format.h"
#include "store/sqlite/log_renewal.h"
#include "store/sqlite/raw_file.h"
#include "store/sqlite/store_file.h"
#include "store/sqlite/table_schema.h"
#include "store/sqlite/table_sql.h"

namespace perdure::store {

using sqlite::Connection;
using sqlite::Statement;
using sqlite::TableWriter;
using sqlite::WorldRow;

namespace {

constexpr std::uint32_t cache_mib_max = 4096;
// A log larger than this is cut when nobody reads: a quiet world does not keep the disk of a busy
// hour.
constexpr std::uint64_t log_bytes_kept = std::uint64_t{64} << 20;

// After each commit.
int count_frames(void* to, sqlite3*, const char*, int frames) {
    static_cast<sqlite::LogMarker*>(to)->committed(static_cast<std::uint64_t>(frames));
    return SQLITE_OK;
}

}  // namespace

Status SqliteStoreOptions::validate() const {
    if (path.empty()) return error(Code::invalid, "the store has no path");
    if (cache_mib < 1 || cache_mib > cache_mib_max || reader_cache_mib < 1 ||
        reader_cache_mib > cache_mib_max) {
        return error(Code::invalid, "SQLite caches of {} and {} MiB; give 1 to {}", cache_mib,
                     reader_cache_mib, cache_mib_max);
    }
    return {};
}

SqliteStore::SqliteStore(SqliteStoreOptions options) : options_(std::move(options)) {}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(SqliteStoreOptions options) {
    PERDURE_TRY(options.validate());
    std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(options)));
    PERDURE_TRY(store->start());
    return store;
}

Status SqliteStore::start() {
    PERDURE_TAKE(std::unique_ptr<sqlite::ChecksumVfs> vfs,
                 sqlite::ChecksumVfs::make(options_.base_vfs));
    vfs_ = std::move(vfs);
    if (options_.create) PERDURE_TRY(refuse_lone_log());
    PERDURE_TRY(sqlite::renew_log(options_.base_vfs, options_.path));
    PERDURE_TAKE(const sqlite::StoreAtRest found,
                 sqlite::look_at_log(options_.base_vfs, options_.path));
    PERDURE_TRY(sqlite::refuse_cut(found, options_.path));
    if (found.cut.mark_is_over) {
        const Status forgotten =
            sqlite::forget_mark(options_.base_vfs, options_.path, !options_.throwaway);
        if (!forgotten.ok()) return forgotten.with_context("taking back the mark of its log");
    }
    marker_ = std::make_unique<sqlite::LogMarker>(options_.base_vfs, options_.path,
                                                  found.log.committed_frames);
    sqlite::ConnectionOptions connecting{.path = options_.path,
                                         .vfs = vfs_->name(),
                                         .write = true,
                                         .create = options_.create,
                                         .busy_timeout_ms = options_.busy_timeout_ms,
                                         .cache_kib = options_.cache_mib * 1024};
    PERDURE_TAKE(writer_, Connection::open(connecting));
    sqlite3_wal_hook(writer_.handle(), count_frames, marker_.get());
    PERDURE_TRY(sqlite::prepare_file(writer_, options_.world, options_.create));
    if (options_.throwaway) {
        PERDURE_TRY(writer_.run("PRAGMA synchronous = OFF"));
    } else {
        sqlite::ask_before_copying(writer_.handle(),
                                   [marker = marker_.get()] { return marker->before_copy(); });
    }
    if (options_.pages_max > 0) {
        PERDURE_TRY(writer_.run(text::format("PRAGMA max_page_count = {}", options_.pages_max)));
    }
    PERDURE_TRY(load());
    PERDURE_ASSERT(row_.world == options_.world);
    PERDURE_ASSERT(row_.definitions == catalog_->count());
    connecting.write = false;
    connecting.create = false;
    connecting.cache_kib = options_.reader_cache_mib * 1024;
    const io::Clock& clock = options_.clock != nullptr ? *options_.clock : system_clock_;
    readers_ = std::make_shared<sqlite::ReaderPool>(vfs_, connecting, catalog_, clock);
    started_ = true;
    return {};
}

// SQLite would remove a log that lies beside no file, whatever is in it. One without a frame holds
// nothing: the power failed while the file was being made, and again while that was rolled back.
Status SqliteStore::refuse_lone_log() const {
    sqlite3_vfs* const vfs = sqlite3_vfs_find(options_.base_vfs.c_str());
    PERDURE_TAKE(const bool there, sqlite::raw_exists(vfs, options_.path));
    if (there) return {};
    for (const char* ending : {sqlite::log_ending, sqlite::renewal_ending}) {
        PERDURE_TAKE(const bool lone, sqlite::raw_exists(vfs, options_.path + ending));
        if (!lone) continue;
        PERDURE_TAKE(const auto file, sqlite::RawFile::open(vfs, options_.path + ending));
        PERDURE_TAKE(const std::uint64_t bytes, file->size());
        if (!sqlite::misses_its_file(ending, bytes)) continue;
        return error(Code::corrupt,
                     "{}{} is here, and {} is not: the store was taken away, or a repair was cut "
                     "short; bring it back, or see what `perdure repair` offers",
                     options_.path, ending, options_.path);
    }
    return {};
}

Status SqliteStore::load() {
    PERDURE_TRY(sqlite::add_batch_rows(writer_));
    PERDURE_TRY(sqlite::add_exact_functions(writer_));
    PERDURE_TAKE(begin_, writer_.prepare("BEGIN IMMEDIATE"));
    PERDURE_TAKE(commit_, writer_.prepare("COMMIT"));
    PERDURE_TAKE(update_world_, writer_.prepare(sqlite::update_world_row()));
    PERDURE_TAKE(data_version_, writer_.prepare("PRAGMA data_version"));
    PERDURE_TAKE(Statement select, writer_.prepare(sqlite::select_world_row()));
    PERDURE_TAKE(WorldRow row, sqlite::read_world_row(select));
    if (row.world != options_.world) {
        return error(Code::conflict, "{} belongs to world {}, not to {}; put back the right file",
                     options_.path, to_text(row.world), to_text(options_.world));
    }
    PERDURE_TRY(sqlite::read_definitions(
        writer_, [this](const TableDefinition& definition) { catalog_->add(definition); }));
    if (catalog_->count() != row.definitions) {
        return error(Code::corrupt,
                     "{}: _perdure_catalog has {} rows, and {} are counted; restore a backup",
                     options_.path, catalog_->count(), row.definitions);
    }
    // Nothing in the log: all of it went through a completed checkpoint.
    PERDURE_TAKE(const sqlite::FileSizes sizes, sqlite::file_sizes(writer_));
    if (sizes.log == 0) row.safe = row.watermark.lsn;
    behind_ = sizes.log != 0;
    PERDURE_TAKE(seen_version_, writer_.number("PRAGMA data_version"));
    publish(row);
    measure();
    return {};
}

SqliteStore::~SqliteStore() {
    readers_.reset();
    if (writer_.handle() == nullptr || options_.throwaway) return;
    if (broken_.ok() && behind_ && row_.world == options_.world) {
        const int outcome = sqlite3_wal_checkpoint_v2(writer_.handle(), nullptr,
                                                      SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        if (outcome != SQLITE_OK) note_failed_flush(writer_.failure(outcome, "checkpoint"));
    }
    // A file that was refused is left as it is, log and all; so is a log that could not be flushed,
    // which SQLite would try once more.
    if (broken_.ok() && started_) sqlite::let_close_remove_log(writer_);
}

Result<Watermarks> SqliteStore::watermarks() {
    const std::lock_guard lock(mutex_);
    return Watermarks{row_.watermark, row_.safe, row_.owner_epoch};
}

Result<std::vector<TableDefinition>> SqliteStore::definitions() { return catalog_->all(); }

void SqliteStore::publish(const WorldRow& row) {
    const std::lock_guard lock(mutex_);
    PERDURE_ASSERT(row.owner_epoch >= row_.owner_epoch);
    PERDURE_ASSERT(row.watermark.lsn >= row_.watermark.lsn);
    PERDURE_ASSERT(row.safe >= row_.safe);
    PERDURE_ASSERT(row.safe <= row.watermark.lsn);
    PERDURE_ASSERT(row.definitions >= row_.definitions);
    PERDURE_ASSERT(row.definitions == catalog_->count());
    row_ = row;
}

WorldRow SqliteStore::row_after(const Fence& fence, const Watermark& after) const {
    WorldRow row = row_;
    row.owner_epoch = fence.owner_epoch;
    row.watermark = after;
    return row;
}

// Another program that writes here may have changed any row: what the journal says is no longer
// what the tables say.
Status SqliteStore::check_alone() {
    PERDURE_ASSERT(writer_.is_in_transaction());  // else it could change right after
    PERDURE_TAKE(const bool is_row, data_version_.step());
    PERDURE_ASSERT(is_row);
    const std::int64_t version = data_version_.integer(0);
    data_version_.reset();
    if (version == seen_version_ || seeded_bug("sqlite: foreign writes go unnoticed")) return {};
    broken_ =
        error(Code::conflict,
              "{}: another program has written to it, so that its rows may not be what the journal "
              "says; stop that program (read with mode=ro), then restore a backup or verify",
              options_.path);
    return broken_;
}

// A failed flush may have dropped pages that the next flush then takes for written: no later one
// can be trusted. Only opening the store again can, which writes the log anew and copies all of it.
void SqliteStore::note_failed_flush(const Status& status) {
    const int code = sqlite3_extended_errcode(writer_.handle());
    if (seeded_bug("sqlite: goes on after a failed flush")) return;
    if (code != SQLITE_IOERR_FSYNC && code != SQLITE_IOERR_DIR_FSYNC) return;
    broken_ = status;
    const Status noted = sqlite::leave_renewal_note(options_.base_vfs, options_.path);
    if (noted.ok()) return;
    broken_ = error(status.code(),
                    "{}; nor could a note of it be left ({}): restart the machine "
                    "before the store is opened again",
                    status.message(), noted.message());
}

void SqliteStore::undo() {
    if (!writer_.is_in_transaction()) return;  // SQLite has done it
    const Status undone = writer_.run("ROLLBACK");
    if (!undone.ok() && broken_.ok()) broken_ = undone;
    PERDURE_ASSERT(!broken_.ok() || !writer_.is_in_transaction());
}

template <typename Work>
Status SqliteStore::transact(const Fence& fence, const WorldRow& after, Work&& work) {
    if (!broken_.ok()) return broken_;
    PERDURE_ASSERT(!writer_.is_in_transaction());
    PERDURE_TRY(begin_.run());
    Status status = check_alone();
    if (status.ok()) status = sqlite::write_world_row(writer_, update_world_, fence, after);
    if (status.ok() && seeded_bug("sqlite: the watermark goes before its rows"))  // untaken: a bug
        status = writer_.run("COMMIT; BEGIN IMMEDIATE");
    if (status.ok()) status = work();
    if (status.ok()) status = commit_.run();
    if (!status.ok()) {
        note_failed_flush(status);
        undo();
        return status;
    }
    PERDURE_ASSERT(!writer_.is_in_transaction());
    behind_ = true;
    publish(after);
    measure();
    return {};
}

Result<TableWriter*> SqliteStore::writer_of(const TableDefinition& table) {
    PERDURE_TRY(catalog_->check_known(table));
    if (const auto found = tables_.find(table.id); found != tables_.end()) return &found->second;
    const TableDefinition* const in_force = catalog_->in_force(table.id, catalog_->count());
    PERDURE_ASSERT(in_force != nullptr);
    const sqlite::Form form = sqlite::form_of(*catalog_->first(table.id));
    PERDURE_TAKE(TableWriter made, TableWriter::make(writer_, *in_force, form));
    return &tables_.emplace(table.id, std::move(made)).first->second;
}

Status SqliteStore::apply_change(const Change& change) {
    PERDURE_ASSERT(change.table != nullptr);
    PERDURE_TAKE(TableWriter* const table, writer_of(*change.table));
    for (const Batch& batch : change.upserted) PERDURE_TRY(catalog_->check_known(batch.table()));
    if (!change.erased.empty()) PERDURE_TRY(table->erase(change.erased));
    return change.upserted.empty() ? Status() : table->upsert(change.upserted);
}

Status SqliteStore::apply(const Fence& fence, const Watermark& after,
                          std::span<const Change> changes) {
    PERDURE_ASSERT(after.lsn >= fence.expected.lsn);
    return transact(fence, row_after(fence, after), [&]() -> Status {
        for (const Change& change : changes) PERDURE_TRY(apply_change(change));
        return {};
    });
}

Status SqliteStore::apply(const Fence& fence, const Watermark& after,
                          std::span<const TableDefinition> definitions) {
    PERDURE_ASSERT(after.lsn >= fence.expected.lsn);
    tables_.clear();  // their statements are for the versions before
    const std::uint64_t known = catalog_->count();
    Status status = apply_definitions(fence, after, definitions);
    if (!status.ok()) catalog_->cut(known);
    PERDURE_ASSERT(catalog_->count() == row_.definitions);
    return status;
}

// The catalog learns of them before the commit, so that a snapshot opened right after it finds
// them.
Status SqliteStore::apply_definitions(const Fence& fence, const Watermark& after,
                                      std::span<const TableDefinition> definitions) {
    struct Step {
        const TableDefinition* from;
        const TableDefinition* to;
        std::uint64_t sequence;
    };
    std::vector<Step> steps;
    for (const TableDefinition& definition : definitions) {
        PERDURE_TAKE(const bool is_new, catalog_->is_new(definition));
        if (!is_new) continue;
        const TableDefinition* const from = catalog_->in_force(definition.id, catalog_->count());
        PERDURE_ASSERT(from == nullptr || from->version < definition.version);
        catalog_->add(definition);
        steps.push_back({from, &definition, catalog_->count()});
    }
    WorldRow row = row_after(fence, after);
    row.definitions = catalog_->count();
    return transact(fence, row, [&]() -> Status {
        for (const Step& step : steps) {
            PERDURE_TRY(sqlite::change_table(writer_, step.from, *step.to));
            PERDURE_TRY(sqlite::insert_definition(writer_, step.sequence, *step.to, after.lsn));
        }
        return {};
    });
}

Status SqliteStore::empty(const Fence& fence, std::span<const TableDefinition* const> tables) {
    return transact(fence, row_after(fence, fence.expected), [&]() -> Status {
        for (const TableDefinition* const definition : tables) {
            PERDURE_TAKE(TableWriter* const table, writer_of(*definition));
            PERDURE_TRY(table->empty(writer_));
        }
        return {};
    });
}

Status SqliteStore::drop_removed(const Fence& fence, const TableDefinition& table,
                                 std::span<const std::uint16_t> numbers) {
    PERDURE_TRY(catalog_->check_known(table));
    const TableDefinition& in_force = *catalog_->in_force(table.id, catalog_->count());
    PERDURE_TRY(check_removed(in_force, numbers));
    tables_.clear();  // their statements are for the columns before
    return transact(fence, row_after(fence, fence.expected), [&]() -> Status {
        return sqlite::drop_removed_columns(writer_, in_force, numbers);
    });
}

Status SqliteStore::take_over(std::uint64_t owner_epoch) {
    PERDURE_TRY(check_take_over(options_.path, row_.owner_epoch, owner_epoch));
    const Fence fence{owner_epoch, row_.watermark};
    const auto nothing = []() -> Status { return {}; };
    if (options_.throwaway) return transact(fence, row_after(fence, fence.expected), nothing);
    // Flushed: an older owner must not be let in again by a power failure.
    if (!seeded_bug("sqlite: a take-over is not flushed"))
        PERDURE_TRY(writer_.run("PRAGMA synchronous = FULL"));
    const Status status = transact(fence, row_after(fence, fence.expected), nothing);
    PERDURE_ASSERT(!status.ok() || row_.owner_epoch == owner_epoch);
    const Status restored = writer_.run("PRAGMA synchronous = NORMAL");
    return status.ok() ? restored : status;
}

Result<std::unique_ptr<Snapshot>> SqliteStore::snapshot() { return readers_->snapshot(); }

Status SqliteStore::declare_views(const Fence& fence, std::span<const View> views) {
    PERDURE_TAKE(const bool are_there, sqlite::views_are(writer_, views));
    if (are_there) return {};
    return transact(fence, row_after(fence, fence.expected),
                    [&]() -> Status { return sqlite::replace_views(writer_, views); });
}

Result<bool> SqliteStore::checkpoint_step() {
    readers_->expire();
    if (!broken_.ok()) return broken_;
    if (!behind_) return false;
    PERDURE_ASSERT(!writer_.is_in_transaction());
    int frames = 0;
    int copied = 0;
    const int outcome = sqlite3_wal_checkpoint_v2(writer_.handle(), nullptr,
                                                  SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
    if ((outcome & 0xff) == SQLITE_BUSY)
        return false;  // another program copies; it may not, but holds us up
    if (outcome != SQLITE_OK) {
        Status status = writer_.failure(outcome, "checkpoint");
        const Status unmarked = marker_->take_failure();
        if (!unmarked.ok()) status = unmarked.with_context("marking the log");
        note_failed_flush(status);
        return status;
    }
    PERDURE_ASSERT(copied <= frames);
    measure();
    const bool whole = copied == frames || seeded_bug("sqlite: half a checkpoint is taken for all");
    if (!whole) return false;  // a snapshot needs the rest of the log as it is
    return finish_checkpoint(frames);
}

Result<bool> SqliteStore::finish_checkpoint(int frames) {
    behind_ = false;
    {
        const std::lock_guard lock(mutex_);
        PERDURE_ASSERT(row_.safe <= row_.watermark.lsn);
        row_.safe = row_.watermark.lsn;
    }
    const std::uint64_t log_bytes =
        static_cast<std::uint64_t>(std::max(frames, 0)) * sqlite::page_bytes;
    if (log_bytes <= log_bytes_kept || readers_->open_snapshots() > 0) return false;
    sqlite3_busy_timeout(writer_.handle(), 0);  // cutting the log is not worth waiting
    sqlite3_wal_checkpoint_v2(writer_.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                              nullptr);
    sqlite3_busy_timeout(writer_.handle(), options_.busy_timeout_ms);
    measure();
    return false;
}

void SqliteStore::measure() {
    const Result<sqlite::FileSizes> sizes = sqlite::file_sizes(writer_);
    if (sizes.ok()) bytes_.store(sizes->database + sizes->log);
}

std::uint64_t SqliteStore::cache_bytes() const {
    return writer_.cache_bytes() + readers_->cache_bytes();
}

void SqliteStore::give_back_memory() {
    tables_.clear();  // statements; made again by the next change of their table
    readers_->close_idle();
    sqlite3_db_release_memory(writer_.handle());
}

Result<std::uint64_t> SqliteStore::bytes() { return bytes_.load(); }

Capabilities SqliteStore::capabilities() const {
    return {.sql = true,
            .persistent = true,
            .name = std::string("sqlite ") + sqlite3_libversion(),
            .durability =
                "WAL, synchronous=NORMAL: flushed at each checkpoint; the journal covers the rest"};
}

}  // namespace perdure::store
