#include "store/memory_store.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/key.h"
#include "store/fence.h"
#include "store/memory_snapshot.h"

namespace perdure::store {
namespace {

constexpr std::string_view memory_name = "the store in memory";

}  // namespace

MemoryStorage::MemoryStorage(Crashes crashes) : crashes_(crashes) { commit(); }

// The table, not shared with anyone: a copy if somebody still looks at it.
MemoryTable& MemoryStorage::writable(TableId table) {
    std::shared_ptr<MemoryTable>& rows = now_.tables.at(table);
    if (rows.use_count() > 1) rows = std::make_shared<MemoryTable>(*rows);
    PERDURE_ASSERT(rows.use_count() == 1);
    return *rows;
}

void MemoryStorage::commit() {
    PERDURE_ASSERT(safe_ <= now_.watermark.lsn);
    PERDURE_ASSERT(now_.definitions <= catalog_->count());
    if (crashes_ == Crashes::no) return;
    // What did not move the watermark belongs to the state that is there.
    if (!states_.empty() && states_.back().watermark.lsn == now_.watermark.lsn) states_.pop_back();
    PERDURE_ASSERT(states_.empty() || states_.back().watermark.lsn < now_.watermark.lsn);
    states_.push_back(now_);
}

std::vector<Lsn> MemoryStorage::survivable() const {
    PERDURE_ASSERT(crashes_ == Crashes::yes);
    const std::lock_guard lock(mutex_);
    std::vector<Lsn> lsns;
    for (const State& state : states_) lsns.push_back(state.watermark.lsn);
    return lsns;
}

void MemoryStorage::survive(Lsn lsn) {
    PERDURE_ASSERT(crashes_ == Crashes::yes);
    const std::lock_guard lock(mutex_);
    PERDURE_ASSERT(snapshots_ == 0);
    PERDURE_ASSERT(lsn >= safe_);
    while (states_.back().watermark.lsn > lsn) states_.pop_back();
    PERDURE_ASSERT(!states_.empty());
    PERDURE_ASSERT(states_.back().watermark.lsn >= safe_);
    now_ = states_.back();
    catalog_->cut(now_.definitions);
}

MemoryStore::MemoryStore() : MemoryStore(std::make_shared<MemoryStorage>()) {}

MemoryStore::MemoryStore(std::shared_ptr<MemoryStorage> storage, const io::Clock* clock)
    : storage_(std::move(storage)), clock_(clock != nullptr ? *clock : system_clock_) {}

Result<Watermarks> MemoryStore::watermarks() {
    const std::lock_guard lock(storage_->mutex_);
    return Watermarks{storage_->now_.watermark, storage_->safe_, storage_->owner_epoch_};
}

Result<std::vector<TableDefinition>> MemoryStore::definitions() {
    return storage_->catalog_->all();
}

Status MemoryStore::check(const Fence& fence) const {
    return check_fence(memory_name, storage_->owner_epoch_, storage_->now_.watermark, fence);
}

// All that can be wrong with a change is found before the first row is touched.
Status MemoryStore::check(const Change& change) const {
    PERDURE_ASSERT(change.table != nullptr);
    PERDURE_TRY(storage_->catalog_->check_known(*change.table));
    for (const Batch& batch : change.upserted) {
        PERDURE_TRY(storage_->catalog_->check_known(batch.table()));
        if (!change.table->append_only) continue;
        const MemoryTable& rows = *storage_->now_.tables.at(change.table->id);
        const std::optional<std::uint32_t> row = rows.find_duplicate(batch);
        if (!row) continue;
        return error(
            Code::conflict,
            "table {}: the row with key {} is there already; rows of an append-only table are "
            "written once",
            change.table->name, key_text(batch, *row));
    }
    return {};
}

Status MemoryStore::apply(const Fence& fence, const Watermark& after,
                          std::span<const Change> changes) {
    PERDURE_ASSERT(after.lsn >= fence.expected.lsn);
    const std::lock_guard lock(storage_->mutex_);
    PERDURE_TRY(check(fence));
    for (const Change& change : changes) PERDURE_TRY(check(change));
    for (const Change& change : changes) {
        MemoryTable& table = storage_->writable(change.table->id);
        for (const Batch& batch : change.erased) table.erase(batch);
        for (const Batch& batch : change.upserted) {
            table.upsert(batch, *storage_->catalog_->find(batch.table().id, batch.table().version));
        }
    }
    if (seeded_bug("store: rows are there before the watermark")) storage_->commit();
    storage_->owner_epoch_ = fence.owner_epoch;
    storage_->now_.watermark = after;
    storage_->commit();
    return {};
}

Status MemoryStore::apply(const Fence& fence, const Watermark& after,
                          std::span<const TableDefinition> definitions) {
    PERDURE_ASSERT(after.lsn >= fence.expected.lsn);
    const std::lock_guard lock(storage_->mutex_);
    PERDURE_TRY(check(fence));
    StoreCatalog& catalog = *storage_->catalog_;
    const std::uint64_t known = catalog.count();
    for (const TableDefinition& definition : definitions) {
        const Result<bool> is_new = catalog.is_new(definition);
        if (!is_new.ok()) {
            catalog.cut(known);
            PERDURE_ASSERT(catalog.count() == known);
            return is_new.status();
        }
        if (*is_new) catalog.add(definition);
    }
    for (const TableDefinition& definition : definitions) {
        std::shared_ptr<MemoryTable>& rows = storage_->now_.tables[definition.id];
        if (rows == nullptr) rows = std::make_shared<MemoryTable>();
    }
    storage_->owner_epoch_ = fence.owner_epoch;
    PERDURE_ASSERT(storage_->now_.definitions <= catalog.count());
    storage_->now_.definitions = catalog.count();
    storage_->now_.watermark = after;
    storage_->commit();
    return {};
}

Status MemoryStore::empty(const Fence& fence, std::span<const TableDefinition* const> tables) {
    const std::lock_guard lock(storage_->mutex_);
    PERDURE_TRY(check(fence));
    for (const TableDefinition* const table : tables) {
        PERDURE_TRY(storage_->catalog_->check_known(*table));
    }
    for (const TableDefinition* const table : tables) storage_->writable(table->id).clear();
    storage_->owner_epoch_ = fence.owner_epoch;
    storage_->commit();
    return {};
}

// Rows that are older than the version in force still have the cells.
Status MemoryStore::drop_removed(const Fence& fence, const TableDefinition& table,
                                 std::span<const std::uint16_t> numbers) {
    const std::lock_guard lock(storage_->mutex_);
    PERDURE_TRY(check(fence));
    PERDURE_TRY(storage_->catalog_->check_known(table));
    const TableDefinition* const in_force =
        storage_->catalog_->in_force(table.id, storage_->now_.definitions);
    PERDURE_TRY(check_removed(*in_force, numbers));
    PERDURE_TRY(storage_->writable(table.id).rewrite(*in_force));
    storage_->owner_epoch_ = fence.owner_epoch;
    storage_->commit();
    return {};
}

Status MemoryStore::take_over(std::uint64_t owner_epoch) {
    const std::lock_guard lock(storage_->mutex_);
    PERDURE_TRY(check_take_over(memory_name, storage_->owner_epoch_, owner_epoch));
    storage_->owner_epoch_ = owner_epoch;
    return {};
}

Result<std::unique_ptr<Snapshot>> MemoryStore::snapshot() {
    const std::lock_guard lock(storage_->mutex_);
    if (storage_->snapshots_ >= snapshots_open_max) {
        return error(Code::busy, "{}: {} snapshots are open, and no more may be; close one",
                     memory_name, snapshots_open_max);
    }
    ++storage_->snapshots_;
    return std::unique_ptr<Snapshot>(std::make_unique<MemorySnapshot>(storage_, clock_));
}

Status MemoryStore::declare_views(const Fence&, std::span<const View>) {
    return error(Code::unsupported, "{} answers no SQL, and has no views", memory_name);
}

Result<bool> MemoryStore::checkpoint_step() {
    const std::lock_guard lock(storage_->mutex_);
    PERDURE_ASSERT(storage_->safe_ <= storage_->now_.watermark.lsn);
    storage_->safe_ = storage_->now_.watermark.lsn;
    storage_->states_.clear();
    storage_->commit();
    return false;
}

Result<std::uint64_t> MemoryStore::bytes() {
    const std::lock_guard lock(storage_->mutex_);
    std::uint64_t bytes = 0;
    for (const auto& [id, rows] : storage_->now_.tables) bytes += rows->bytes();
    return bytes;
}

Capabilities MemoryStore::capabilities() const {
    return {.sql = false,
            .persistent = false,
            .name = "memory",
            .durability = "none: gone with the process"};
}

}  // namespace perdure::store
