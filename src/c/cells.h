// GivenCells: the columns that a C program handed in, looked at once against their table and then
// read row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "perdure/c.h"
#include "perdure/status.h"
#include "perdure/table.h"
#include "perdure/transaction.h"
#include "perdure/value.h"

namespace perdure::c {

class GivenCells {
public:
    // Of `rows` rows. `not_found`: a column that the table does not have; `invalid`: a type that is
    // not the column's, an array that is missing, offsets that go backwards. Whether each cell fits
    // is found out when its row is staged.
    static Result<GivenCells> make(const TableDefinition& table, const perdure_cells* cells,
                                   std::uint64_t count, std::uint64_t rows);

    // Valid until the next call.
    [[nodiscard]] std::span<const Cell> row(std::uint64_t row);

private:
    struct Given {
        perdure_cells cells;
        ColumnType type;
    };

    std::vector<Given> columns_;
    std::vector<Cell> row_;
};

// A condition on each of `rows` rows, and its cells.
class GivenCondition {
public:
    static Result<GivenCondition> make(const TableDefinition& table,
                                       const perdure_condition* condition, std::uint64_t rows);

    [[nodiscard]] const Condition& row(std::uint64_t row);

private:
    GivenCells cells_;
    Condition condition_;
};

// The column of a batch, for the caller to look at.
[[nodiscard]] perdure_cells cells_of(const Batch& batch, std::size_t column) noexcept;

}  // namespace perdure::c
