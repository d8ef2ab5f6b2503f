// RowGatherer: gathers marked rows of a table into batches. Keeps its scratch memory between ticks,
// so that a steady tick asks the system for nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entities/component_rows.h"
#include "model/structs.h"
#include "perdure/batch.h"
#include "perdure/status.h"

namespace perdure::entities {

class RowGatherer {
public:
    // Adds an upsert batch of the marked rows to `to`, unless there are none.
    Status upserts(const TableDefinition& table, const StructPlan& plan, const ComponentRows& rows,
                   const RowMarks& marks, BlockPool& pool, std::vector<Batch>& to);
    // Adds an erase batch of these ids to `to`, unless there are none.
    static Status erases(const TableDefinition& table, std::span<const std::uint64_t> ids,
                         BlockPool& pool, std::vector<Batch>& to);

    // The ids of the marked rows, by ascending row. They may be written to, and live until the next
    // call of anything here.
    [[nodiscard]] std::span<std::uint64_t> ids(const ComponentRows& rows, const RowMarks& marks);

private:
    template <bool with_rows>
    void find(const ComponentRows& rows, const RowMarks& marks);
    void make_room();

    // What find() found: the first count_ of each. Without rows, rows_ is anything.
    std::size_t count_ = 0;
    std::vector<std::uint64_t> ids_;
    std::vector<const std::byte*> rows_;
};

}  // namespace perdure::entities
