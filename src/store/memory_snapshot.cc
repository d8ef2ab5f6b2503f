#include "store/memory_snapshot.h"

#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "model/batch_builder.h"

namespace perdure::store {
namespace {

Result<Batch> no_rows(const TableDefinition& table) {
    return BatchBuilder(table, Operation::upsert).finish();
}

}  // namespace

MemorySnapshot::MemorySnapshot(std::shared_ptr<MemoryStorage> storage, const io::Clock& clock)
    : storage_(std::move(storage)),
      clock_(clock),
      opened_ns_(clock.monotonic_ns()),
      state_(storage_->now_) {
    PERDURE_ASSERT(storage_->snapshots_ > 0);  // it is counted already
    PERDURE_ASSERT(storage_->snapshots_ <= snapshots_open_max);
    PERDURE_ASSERT(state_.definitions <= storage_->catalog_->count());
}

// Under the lock, so that a writer who finds itself alone with a table has seen all our reading
// end.
MemorySnapshot::~MemorySnapshot() {
    const std::lock_guard lock(storage_->mutex_);
    state_.tables.clear();
    PERDURE_ASSERT(storage_->snapshots_ > 0);
    --storage_->snapshots_;
}

Result<MemorySnapshot::Known> MemorySnapshot::known(const TableDefinition& table) const {
    if (clock_.monotonic_ns() - opened_ns_ > snapshot_age_ns_max) {
        return error(Code::expired,
                     "a snapshot at LSN {} was held for more than {} s; open a new one",
                     state_.watermark.lsn, snapshot_age_ns_max / 1'000'000'000);
    }
    const auto found = state_.tables.find(table.id);
    if (found == state_.tables.end()) return Known();
    const TableDefinition* const in_force =
        storage_->catalog_->in_force(table.id, state_.definitions);
    PERDURE_ASSERT(in_force != nullptr);
    PERDURE_ASSERT(in_force->id == table.id);
    PERDURE_TRY(check_readable(table, *in_force));
    return Known{found->second.get(), in_force};
}

Result<Batch> MemorySnapshot::find(const TableDefinition& table, const Batch& keys) {
    PERDURE_TAKE(const Known at, known(table));
    return at.rows == nullptr ? no_rows(table) : at.rows->find(table, *at.in_force, keys);
}

Result<Batch> MemorySnapshot::scan(const TableDefinition& table, const Batch* after,
                                   std::uint32_t after_row, std::uint32_t limit) {
    PERDURE_TAKE(const Known at, known(table));
    if (at.rows == nullptr) return no_rows(table);
    return at.rows->scan(table, *at.in_force, after, after_row, limit);
}

Result<Batch> MemorySnapshot::last(const TableDefinition& table) {
    PERDURE_TAKE(const Known at, known(table));
    return at.rows == nullptr ? no_rows(table) : at.rows->last(table, *at.in_force);
}

Result<std::uint64_t> MemorySnapshot::count(const TableDefinition& table) {
    PERDURE_TAKE(const Known at, known(table));
    return at.rows == nullptr ? 0 : at.rows->count();
}

}  // namespace perdure::store
