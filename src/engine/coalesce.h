// Coalescer: from a range of change sets to the newest row per key, sorted by key, table by table.
//
// Give it change sets from the newest to the oldest: a key that was seen before is passed over, so
// most rows of older ticks cost one look at a bitmap. Append-only tables keep every row, in LSN
// order.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "model/change_set.h"
#include "store/store.h"

namespace perdure::engine {

class Coalescer {
public:
    Coalescer();
    ~Coalescer();
    Coalescer(const Coalescer&) = delete;
    Coalescer& operator=(const Coalescer&) = delete;

    // A change set older than all before it; it must stay where it is until finish(). Batches whose
    // block was let go are passed over.
    void add(const ChangeSet& changes);
    // The journal's copy of a change set whose resident batches were let go: those, before the
    // rest of it is added. It need not stay.
    void add_resident(const ChangeSet& copy);
    // What is to be applied. The coalescer is empty afterwards.
    Result<std::vector<store::Change>> finish();

    [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }  // kept so far

private:
    class KeptRows;
    class Table;
    void add_batch(const Batch& batch, bool stays);

    std::map<TableId, std::unique_ptr<Table>> tables_;
    std::uint64_t rows_ = 0;
};

}  // namespace perdure::engine
