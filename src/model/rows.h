// Rows: batches of rows that other batches have, in any order; and batches of one row. Faster than
// a BatchBuilder where the rows are known beforehand: one allocation, column by column.
#pragma once

#include <cstdint>
#include <span>

#include "perdure/batch.h"
#include "perdure/value.h"

namespace perdure {

class BlockPool;

struct RowOf {
    const Batch* batch;
    std::uint32_t row;
};

// A batch of these rows, in this order. All are of this table and version; for an erase their keys
// are taken, else they are upserts. `no_space` if they are too many for one batch.
Result<Batch> gather_rows(const TableDefinition& table, Operation operation,
                          std::span<const RowOf> rows, BlockPool* pool = nullptr);

// A batch of one row of a batch, and one of that row's key, as an erase.
[[nodiscard]] Batch single_row(const Batch& batch, std::uint32_t row);
[[nodiscard]] Batch key_row(const Batch& batch, std::uint32_t row);

// A batch of one row from named cells; what BatchBuilder::add says holds here too.
Result<Batch> make_row(const TableDefinition& table, Operation operation,
                       std::span<const Cell> cells);

}  // namespace perdure
