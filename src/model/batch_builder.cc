#include "model/batch_builder.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "model/cell.h"
#include "model/row_cells.h"

namespace perdure {
namespace {

// Bits from bytes that are 0 or 1, the first in the lowest bit. `bits` is zero before.
void pack_bits(std::span<const std::byte> flags, std::byte* bits) noexcept {
    for (std::size_t row = 0; row < flags.size(); ++row) {
        bits[row / 8] |= flags[row] << (row % 8);
    }
}

void append_zeros(std::vector<std::byte>& to, std::size_t bytes) { to.resize(to.size() + bytes); }

}  // namespace

BatchBuilder::BatchBuilder(const TableDefinition& table, Operation operation)
    : table_(&table),
      operation_(operation),
      columns_(operation == Operation::erase ? table.key_columns : table.columns.size()) {}

const Column& BatchBuilder::column(std::size_t index) const noexcept {
    PERDURE_ASSERT(index < columns_.size());
    return table_->columns[index];
}

Status BatchBuilder::add(std::span<const Cell> cells) {
    matched_.resize(columns_.size());
    PERDURE_TRY(match_cells(*table_, cells, matched_));
    for (std::size_t index = 0; index < columns_.size(); ++index) {
        if (matched_[index] == nullptr) {
            append_default_cell(index);
        } else {
            append_checked(index, *matched_[index]);
        }
    }
    end_row();
    return {};
}

void BatchBuilder::add(const Batch& from, std::uint32_t row) {
    PERDURE_ASSERT(from.table().id == table_->id && from.table().version == table_->version);
    PERDURE_ASSERT(from.columns() >= columns_.size());
    for (std::size_t index = 0; index < columns_.size(); ++index) {
        if (from.is_null(index, row)) {
            add_null(index);
        } else if (column(index).type.kind == ColumnKind::boolean) {
            add_boolean(index, from.boolean(index, row));
        } else {
            add_bytes(index, from.cell(index, row));
        }
    }
    end_row();
}

void BatchBuilder::add_null(std::size_t index) {
    PERDURE_ASSERT(column(index).nullable);
    const ColumnType& type = column(index).type;
    Gathered& gathered = columns_[index];
    gathered.null_rows.resize(rows_, 0);
    gathered.null_rows.push_back(1);
    if (type.is_variable()) {
        gathered.ends.push_back(static_cast<std::uint32_t>(gathered.data.size()));
    } else {
        append_zeros(gathered.data, type.kind == ColumnKind::boolean ? 1 : type.width());
    }
}

void BatchBuilder::add_bytes(std::size_t index, ByteSpan cell) {
    const ColumnType& type = column(index).type;
    Gathered& gathered = columns_[index];
    PERDURE_ASSERT(type.is_variable() || (cell.size() == type.width() && !cell.empty()));
    gathered.data.insert(gathered.data.end(), cell.begin(), cell.end());
    end_cell(index);
}

void BatchBuilder::add_boolean(std::size_t index, bool value) {
    PERDURE_ASSERT(column(index).type.kind == ColumnKind::boolean);
    columns_[index].data.push_back(std::byte{value});
    end_cell(index);
}

// After a cell that is not null.
void BatchBuilder::end_cell(std::size_t index) {
    Gathered& gathered = columns_[index];
    if (!gathered.null_rows.empty()) gathered.null_rows.push_back(0);
    if (column(index).type.is_variable()) {
        // What does not fit in 32 bits is refused by finish().
        gathered.ends.push_back(static_cast<std::uint32_t>(gathered.data.size()));
    }
}

Status BatchBuilder::add_value(std::size_t index, const Value& value) {
    PERDURE_TRY(check_cell(column(index), value).with_context("table " + table_->name));
    append_checked(index, value);
    return {};
}

void BatchBuilder::append_checked(std::size_t index, const Value& value) {
    if (value.is_null()) return add_null(index);
    append_cell(column(index).type, value, columns_[index].data);
    end_cell(index);
}

void BatchBuilder::append_default_cell(std::size_t index) {
    if (is_null_by_default(column(index))) return add_null(index);
    append_default(column(index), columns_[index].data);
    end_cell(index);
}

void BatchBuilder::abandon_row() {
    for (std::size_t index = 0; index < columns_.size(); ++index) {
        const ColumnType& type = column(index).type;
        Gathered& gathered = columns_[index];
        if (gathered.null_rows.size() > rows_) gathered.null_rows.resize(rows_);
        if (type.is_variable()) {
            gathered.ends.resize(rows_);
            gathered.data.resize(rows_ == 0 ? 0 : gathered.ends.back());
        } else {
            const std::size_t width = type.kind == ColumnKind::boolean ? 1 : type.width();
            gathered.data.resize(rows_ * width);
        }
    }
}

std::uint64_t BatchBuilder::bytes() const noexcept {
    std::uint64_t total = 0;
    for (const Gathered& gathered : columns_) {
        total += gathered.data.size() + gathered.ends.size() * 4 + gathered.null_rows.size();
    }
    return total;
}

Result<Batch> BatchBuilder::finish(BlockPool* pool) {
    std::vector<ColumnNeed> needs(columns_.size());
    for (std::size_t index = 0; index < columns_.size(); ++index) {
        const Gathered& gathered = columns_[index];
        const bool variable = column(index).type.is_variable();
        const std::size_t width = std::max<std::size_t>(column(index).type.width(), 1);
        PERDURE_ASSERT(variable ? gathered.ends.size() == rows_
                                : gathered.data.size() == rows_ * width);
        needs[index].validity = !gathered.null_rows.empty();
        needs[index].variable_bytes = variable ? gathered.data.size() : 0;
    }
    PERDURE_TAKE(BatchFrame frame, BatchFrame::make(*table_, operation_, rows_, needs, pool));
    for (std::size_t index = 0; index < columns_.size(); ++index) copy_column(index, frame);
    for (Gathered& gathered : columns_) {
        gathered.data.clear();
        gathered.ends.clear();
        gathered.null_rows.clear();
    }
    rows_ = 0;
    return std::move(frame).finish();
}

void BatchBuilder::copy_column(std::size_t index, BatchFrame& frame) const {
    const Gathered& gathered = columns_[index];
    if (std::byte* validity = frame.validity(index)) {
        PERDURE_ASSERT(gathered.null_rows.size() == rows_);
        for (std::size_t row = 0; row < rows_; ++row) {
            if (gathered.null_rows[row] == 0) set_bit(validity, row);
        }
    }
    if (column(index).type.kind == ColumnKind::boolean) {
        pack_bits(gathered.data, frame.data(index));
    } else {
        if (std::uint32_t* offsets = frame.offsets(index)) {
            std::copy(gathered.ends.begin(), gathered.ends.end(), offsets + 1);
        }
        std::copy(gathered.data.begin(), gathered.data.end(), frame.data(index));
    }
}

}  // namespace perdure
