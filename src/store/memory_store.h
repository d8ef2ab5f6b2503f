// MemoryStore: the same tables in memory: for tests, for the simulator, for World::open("memory:").
//
// MemoryStorage is what it holds. A test keeps the storage while engines, and the stores they own,
// come and go, and may let it crash: then it comes back as some state between its safe and its
// visible watermark.
//
//     auto storage = std::make_shared<MemoryStorage>(MemoryStorage::Crashes::yes);
//     { MemoryStore store(storage); … }
//     storage->survive(lsn);
//
// Thread rule: as Store. Lifetime: stores and snapshots share the storage.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "io/clock.h"
#include "store/memory_table.h"
#include "store/store.h"
#include "store/store_catalog.h"

namespace perdure::store {

class MemoryStorage {
public:
    // Only one that may crash keeps the states since its last checkpoint, and so copies each table
    // that an apply touches.
    enum class Crashes { no, yes };

    explicit MemoryStorage(Crashes crashes = Crashes::no);

    // The LSNs that it may come back at, in order: safe first, visible last.
    [[nodiscard]] std::vector<Lsn> survivable() const;
    // A crash, with no store and no snapshot alive: what is left is the newest state at or before
    // `lsn`, which must not be less than safe.
    void survive(Lsn lsn);

private:
    friend class MemoryStore;
    friend class MemorySnapshot;

    struct State {
        Watermark watermark;
        std::uint64_t definitions = 0;
        std::map<TableId, std::shared_ptr<MemoryTable>>
            tables;  // shared with snapshots and older states
    };

    MemoryTable& writable(TableId table);
    void commit();

    const Crashes crashes_;
    const std::shared_ptr<StoreCatalog> catalog_ = std::make_shared<StoreCatalog>();

    mutable std::mutex mutex_;
    State now_;
    std::vector<State> states_;  // of one that crashes: from safe to now
    Lsn safe_ = 0;
    std::uint64_t owner_epoch_ = 0;
    std::size_t snapshots_ = 0;
};

class MemoryStore final : public Store {
public:
    MemoryStore();
    // A null clock is the system's; it ages snapshots and outlives the store.
    explicit MemoryStore(std::shared_ptr<MemoryStorage> storage, const io::Clock* clock = nullptr);

    Result<Watermarks> watermarks() override;
    Result<std::vector<TableDefinition>> definitions() override;
    Status apply(const Fence& fence, const Watermark& after,
                 std::span<const Change> changes) override;
    Status apply(const Fence& fence, const Watermark& after,
                 std::span<const TableDefinition> definitions) override;
    Status empty(const Fence& fence, std::span<const TableDefinition* const> tables) override;
    Status drop_removed(const Fence& fence, const TableDefinition& table,
                        std::span<const std::uint16_t> numbers) override;
    Status take_over(std::uint64_t owner_epoch) override;
    Result<std::unique_ptr<Snapshot>> snapshot() override;
    Status declare_views(const Fence& fence, std::span<const View> views) override;
    Result<bool> checkpoint_step() override;
    Result<std::uint64_t> bytes() override;
    [[nodiscard]] Capabilities capabilities() const override;

private:
    Status check(const Fence& fence) const;
    Status check(const Change& change) const;

    const std::shared_ptr<MemoryStorage> storage_;
    const io::SystemClock system_clock_;
    const io::Clock& clock_;
};

}  // namespace perdure::store
