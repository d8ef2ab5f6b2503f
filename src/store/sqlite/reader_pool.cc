#include "store/sqlite/reader_pool.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "model/batch_builder.h"
#include "store/sqlite/batch_rows.h"

namespace perdure::store::sqlite {
namespace {

// Each keeps four statements of some kilobytes; programs have some hundred tables.
constexpr std::size_t table_readers_max = 1024;

Result<Batch> no_rows(const TableDefinition& table) {
    return BatchBuilder(table, Operation::upsert).finish();
}

}  // namespace

Result<std::unique_ptr<Reader>> Reader::open(const ConnectionOptions& options) {
    auto reader = std::make_unique<Reader>();
    PERDURE_TAKE(reader->connection_, Connection::open(options));
    PERDURE_TRY(add_batch_rows(reader->connection_));
    PERDURE_TAKE(reader->begin_, reader->connection_.prepare("BEGIN"));
    PERDURE_TAKE(reader->end_, reader->connection_.prepare("COMMIT"));
    PERDURE_TAKE(reader->world_, reader->connection_.prepare(select_world_row()));
    return reader;
}

Result<WorldRow> Reader::begin() {
    PERDURE_ASSERT(!is_in_transaction());
    PERDURE_TRY(begin_.run());
    PERDURE_ASSERT(is_in_transaction());
    return read_world_row(world_);
}

// SQLite may have to read the schema again even to end a transaction, and that may fail.
bool Reader::end() { return !is_in_transaction() || end_.run().ok(); }

// A failed read ends the transaction, and what is read after it would be of another state.
bool Reader::is_in_transaction() const { return connection_.is_in_transaction(); }

TableReader& Reader::table(const TableDefinition& wanted, const TableDefinition& in_force) {
    PERDURE_ASSERT(wanted.id == in_force.id);
    const Key key(wanted.id, wanted.version, in_force.version);
    const auto found = tables_.find(key);
    if (found != tables_.end()) return *found->second;
    if (tables_.size() >= table_readers_max) tables_.clear();
    auto made = std::make_unique<TableReader>(connection_, wanted, in_force);
    PERDURE_ASSERT(tables_.size() < table_readers_max);
    return *tables_.emplace(key, std::move(made)).first->second;
}

ReaderPool::ReaderPool(std::shared_ptr<ChecksumVfs> vfs, ConnectionOptions options,
                       std::shared_ptr<const StoreCatalog> catalog, const io::Clock& clock)
    : vfs_(std::move(vfs)),
      options_(std::move(options)),
      catalog_(std::move(catalog)),
      clock_(clock) {
    PERDURE_ASSERT(!options_.write);
    PERDURE_ASSERT(!options_.create);
}

Result<std::unique_ptr<Reader>> ReaderPool::take_idle() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            std::unique_ptr<Reader> reader = std::move(idle_.back());
            idle_.pop_back();
            PERDURE_ASSERT(!reader->is_in_transaction());
            return reader;
        }
    }
    return Reader::open(options_);
}

Result<std::unique_ptr<Snapshot>> ReaderPool::snapshot() {
    {
        const std::lock_guard lock(mutex_);
        if (open_.size() + opening_ >= snapshots_open_max) {
            return error(Code::busy, "{}: {} snapshots are open, and no more may be; close one",
                         options_.path, snapshots_open_max);
        }
        ++opening_;
    }
    Result<std::unique_ptr<Reader>> reader = take_idle();
    Result<WorldRow> row = reader.ok() ? (*reader)->begin() : Result<WorldRow>(reader.status());
    const std::lock_guard lock(mutex_);
    PERDURE_ASSERT(opening_ > 0);
    --opening_;
    if (!row.ok()) return row.status().with_context("opening a snapshot");
    auto snapshot = std::make_unique<SqliteSnapshot>(shared_from_this(), *std::move(reader), *row);
    open_.push_back(snapshot.get());
    PERDURE_ASSERT(open_.size() + opening_ <= snapshots_open_max);
    return std::unique_ptr<Snapshot>(std::move(snapshot));
}

// One whose transaction cannot be ended is closed: that ends it.
void ReaderPool::close(SqliteSnapshot* snapshot, std::unique_ptr<Reader> reader) {
    const bool was_open = reader != nullptr;
    if (was_open && !reader->end()) reader.reset();
    const std::lock_guard lock(mutex_);
    const std::size_t erased = std::erase(open_, snapshot);
    PERDURE_ASSERT(erased == (was_open ? 1U : 0U));
    if (reader != nullptr) idle_.push_back(std::move(reader));
    PERDURE_ASSERT(idle_.size() <= snapshots_open_max);
}

void ReaderPool::expire() {
    const std::lock_guard lock(mutex_);
    for (std::size_t index = open_.size(); index-- > 0;) {
        SqliteSnapshot& snapshot = *open_[index];
        const std::unique_lock reading(snapshot.mutex_, std::try_to_lock);
        if (!reading.owns_lock() || snapshot.reader_ == nullptr || !snapshot.is_too_old()) continue;
        const bool may_serve = snapshot.reader_->end();
        if (may_serve) idle_.push_back(std::move(snapshot.reader_));
        snapshot.reader_.reset();
        open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
    }
}

void ReaderPool::close_idle() {
    std::vector<std::unique_ptr<Reader>> closed;  // after the lock: SQLite closes files
    const std::lock_guard lock(mutex_);
    closed.swap(idle_);
}

std::uint64_t ReaderPool::cache_bytes() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t bytes = 0;
    for (const std::unique_ptr<Reader>& reader : idle_) bytes += reader->cache_bytes();
    return bytes;
}

std::size_t ReaderPool::open_snapshots() const {
    const std::lock_guard lock(mutex_);
    return open_.size() + opening_;
}

SqliteSnapshot::SqliteSnapshot(std::shared_ptr<ReaderPool> pool, std::unique_ptr<Reader> reader,
                               const WorldRow& row)
    : pool_(std::move(pool)),
      watermark_(row.watermark),
      definitions_(row.definitions),
      opened_ns_(pool_->clock_.monotonic_ns()),
      reader_(std::move(reader)) {
    PERDURE_ASSERT(reader_ != nullptr);
    PERDURE_ASSERT(reader_->is_in_transaction());
}

SqliteSnapshot::~SqliteSnapshot() {
    const std::unique_lock lock(mutex_);
    pool_->close(this, std::move(reader_));
}

bool SqliteSnapshot::is_too_old() const {
    return pool_->clock_.monotonic_ns() - opened_ns_ > snapshot_age_ns_max;
}

Result<TableReader*> SqliteSnapshot::reader_of(const TableDefinition& table) {
    if (reader_ != nullptr && is_too_old()) pool_->close(this, std::move(reader_));
    if (reader_ == nullptr) {
        return error(Code::expired,
                     "a snapshot at LSN {} was held for more than {} s; open a new one",
                     watermark_.lsn, snapshot_age_ns_max / 1'000'000'000);
    }
    if (!reader_->is_in_transaction()) {
        return error(Code::io,
                     "a snapshot at LSN {} was lost by an earlier read that failed; open a new one",
                     watermark_.lsn);
    }
    const TableDefinition* const in_force = pool_->catalog_->in_force(table.id, definitions_);
    if (in_force == nullptr) return nullptr;
    PERDURE_ASSERT(in_force->id == table.id);
    PERDURE_TRY(check_readable(table, *in_force));
    return &reader_->table(table, *in_force);
}

Result<Batch> SqliteSnapshot::find(const TableDefinition& table, const Batch& keys) {
    const std::lock_guard lock(mutex_);
    PERDURE_TAKE(TableReader* const reader, reader_of(table));
    return reader == nullptr ? no_rows(table) : reader->find(table, keys);
}

Result<Batch> SqliteSnapshot::scan(const TableDefinition& table, const Batch* after,
                                   std::uint32_t after_row, std::uint32_t limit) {
    const std::lock_guard lock(mutex_);
    PERDURE_TAKE(TableReader* const reader, reader_of(table));
    return reader == nullptr ? no_rows(table) : reader->scan(table, after, after_row, limit);
}

Result<Batch> SqliteSnapshot::last(const TableDefinition& table) {
    const std::lock_guard lock(mutex_);
    PERDURE_TAKE(TableReader* const reader, reader_of(table));
    return reader == nullptr ? no_rows(table) : reader->last(table);
}

Result<std::uint64_t> SqliteSnapshot::count(const TableDefinition& table) {
    const std::lock_guard lock(mutex_);
    PERDURE_TAKE(TableReader* const reader, reader_of(table));
    return reader == nullptr ? Result<std::uint64_t>(0) : reader->count();
}

}  // namespace perdure::store::sqlite
