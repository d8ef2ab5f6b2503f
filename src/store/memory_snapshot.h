// MemorySnapshot: the tables of a MemoryStore as they were when it was opened, shared until someone
// writes.
//
// Thread rule: as Snapshot.
#pragma once

#include <cstdint>
#include <memory>

#include "io/clock.h"
#include "store/memory_store.h"

namespace perdure::store {

class MemorySnapshot final : public Snapshot {
public:
    // `storage.mutex_` is held; the clock outlives the snapshot.
    MemorySnapshot(std::shared_ptr<MemoryStorage> storage, const io::Clock& clock);
    ~MemorySnapshot() override;

    [[nodiscard]] const Watermark& watermark() const override { return state_.watermark; }
    Result<Batch> find(const TableDefinition& table, const Batch& keys) override;
    Result<Batch> scan(const TableDefinition& table, const Batch* after, std::uint32_t after_row,
                       std::uint32_t limit) override;
    Result<Batch> last(const TableDefinition& table) override;
    Result<std::uint64_t> count(const TableDefinition& table) override;

private:
    // A table and the version in force in it; both null if the store did not know it.
    struct Known {
        const MemoryTable* rows = nullptr;
        const TableDefinition* in_force = nullptr;
    };
    Result<Known> known(const TableDefinition& table) const;

    const std::shared_ptr<MemoryStorage> storage_;
    const io::Clock& clock_;
    const std::uint64_t opened_ns_;
    MemoryStorage::State state_;
};

}  // namespace perdure::store
