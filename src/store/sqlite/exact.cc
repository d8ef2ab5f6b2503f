#include "store/sqlite/exact.h"

#include <algorithm>

#include "base/assert.h"
#include "base/seeded_bug.h"

namespace perdure::store::sqlite {
namespace {

bool is_inexact_cell(const CellView& view, std::uint32_t row) noexcept {
    return view.kind == ColumnKind::f32 ? is_inexact(view.fixed<float>(row))
                                        : is_inexact(view.fixed<double>(row));
}

// Nulls are zeros, and so exact.
bool has_inexact(const CellView& view, std::uint32_t rows) noexcept {
    bool found = false;
    if (view.kind == ColumnKind::f32) {
        for (std::uint32_t row = 0; row < rows; ++row) found |= is_inexact(view.fixed<float>(row));
    } else {
        for (std::uint32_t row = 0; row < rows; ++row) found |= is_inexact(view.fixed<double>(row));
    }
    return found;
}

}  // namespace

bool is_real(ColumnKind kind) noexcept {
    return kind == ColumnKind::f32 || kind == ColumnKind::f64;
}

bool has_reals(const TableDefinition& table) noexcept {
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [](const Column& column) { return is_real(column.type.kind); });
}

ExactCells::ExactCells(const Batch& batch) {
    for (std::size_t index = 0; index < batch.columns(); ++index) {
        const Column& column = batch.table().columns[index];
        if (!is_real(column.type.kind)) continue;
        const CellView view = CellView::of(batch, index);
        if (has_inexact(view, batch.rows())) reals_.push_back({column.number, view});
    }
}

ByteSpan ExactCells::of_row(std::uint32_t row) {
    PERDURE_ASSERT(!none());
    entries_.clear();
    if (seeded_bug("sqlite: -0 and NaN are not kept")) return entries_;
    for (const Real& real : reals_) {
        if (real.view.is_null(row) || !is_inexact_cell(real.view, row)) continue;
        const std::uint64_t bits = real.view.kind == ColumnKind::f32
                                       ? real.view.fixed<std::uint32_t>(row)
                                       : real.view.fixed<std::uint64_t>(row);
        entries_.resize(entries_.size() + exact_entry_bytes);
        std::byte* const entry = entries_.data() + entries_.size() - exact_entry_bytes;
        store_le(entry, real.number);
        store_le(entry + sizeof real.number, bits);
    }
    return entries_;
}

}  // namespace perdure::store::sqlite
