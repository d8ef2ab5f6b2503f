// The hidden column `_exact`: what REAL columns cannot hold bit for bit, NaN and -0.
//
// NULL when a row has nothing of the kind. Else one entry of 10 bytes per such cell: the column's
// number (2 bytes), the value's bits (8 bytes, an f32's in the lower four), little endian.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "perdure/batch.h"
#include "store/sqlite/cell_view.h"
#include "store/sqlite/connection.h"

namespace perdure::store::sqlite {

inline constexpr std::size_t exact_entry_bytes = 10;

// Whether a table of these columns has the hidden column.
[[nodiscard]] bool has_reals(const TableDefinition& table) noexcept;

// The REAL columns of one batch.
class ExactCells {
public:
    explicit ExactCells(const Batch& batch);
    // Nothing in the whole batch needs an entry: the usual case, found out beforehand.
    [[nodiscard]] bool none() const noexcept { return reals_.empty(); }
    // The row's entries; empty for NULL. Valid until the next call.
    [[nodiscard]] ByteSpan of_row(std::uint32_t row);

private:
    struct Real {
        std::uint16_t number;
        CellView view;
    };
    std::vector<Real> reals_;
    std::vector<std::byte> entries_;
};

// SQL functions for changes of a table: perdure_widen_exact(_exact, number) with the bits of an f32
// as those of an f64; perdure_set_exact(_exact, number, bits) with an entry, if it has none for
// that column. `bits`: 8 bytes.
Status add_exact_functions(Connection& connection);

}  // namespace perdure::store::sqlite
