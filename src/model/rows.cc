#include "model/rows.h"

#include <array>
#include <cstring>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "model/batch_builder.h"
#include "model/cell.h"
#include "model/row_cells.h"

namespace perdure {
namespace {

constexpr std::size_t columns_on_stack = 16;  // tables beyond ask the heap once more

// `count` values: on the stack if they are few.
template <typename T>
class PerColumn {
public:
    explicit PerColumn(std::size_t count) : count_(count) {
        if (count > columns_on_stack) many_.resize(count);
    }
    [[nodiscard]] std::span<T> get() noexcept {
        return {many_.empty() ? few_.data() : many_.data(), count_};
    }

private:
    std::size_t count_;
    std::array<T, columns_on_stack> few_{};
    std::vector<T> many_;
};

// One column of all the rows, on its way into the frame.
struct Copy {
    std::span<const RowOf> rows;
    std::size_t column;
    BatchFrame& frame;

    [[nodiscard]] bool is_null(const RowOf& row) const noexcept {
        return row.batch->is_null(column, row.row);
    }
};

template <std::size_t width>
void copy_width(const Copy& copy) {
    std::byte* to = copy.frame.data(copy.column);
    for (const RowOf& row : copy.rows) {
        std::memcpy(to, row.batch->data() + row.batch->layout(copy.column).data + width * row.row,
                    width);
        to += width;
    }
}

void copy_wide(const Copy& copy) {
    std::byte* to = copy.frame.data(copy.column);
    for (const RowOf& row : copy.rows) {
        const auto cell = row.batch->cell(copy.column, row.row);
        std::memcpy(to, cell.data(), cell.size());
        to += cell.size();
    }
}

void copy_booleans(const Copy& copy) {
    std::byte* bits = copy.frame.data(copy.column);
    for (std::size_t index = 0; index < copy.rows.size(); ++index) {
        if (copy.rows[index].batch->boolean(copy.column, copy.rows[index].row))
            set_bit(bits, index);
    }
}

void copy_variable(const Copy& copy) {
    std::byte* data = copy.frame.data(copy.column);
    std::uint32_t* offsets = copy.frame.offsets(copy.column);
    std::uint32_t end = 0;
    for (const RowOf& row : copy.rows) {
        const auto cell = row.batch->cell(copy.column, row.row);
        if (!cell.empty()) std::memcpy(data + end, cell.data(), cell.size());
        end += static_cast<std::uint32_t>(cell.size());
        *++offsets = end;
    }
}

void copy_column(const Copy& copy, const ColumnType& type) {
    if (std::byte* validity = copy.frame.validity(copy.column)) {
        for (std::size_t index = 0; index < copy.rows.size(); ++index) {
            if (!copy.is_null(copy.rows[index])) set_bit(validity, index);
        }
    }
    if (type.is_variable()) return copy_variable(copy);
    if (type.kind == ColumnKind::boolean) return copy_booleans(copy);
    switch (type.width()) {
        case 1: return copy_width<1>(copy);
        case 2: return copy_width<2>(copy);
        case 4: return copy_width<4>(copy);
        case 8: return copy_width<8>(copy);
        case 16: return copy_width<16>(copy);
        default: return copy_wide(copy);
    }
}

ColumnNeed need_of(const Column& column, std::size_t index, std::span<const RowOf> rows) {
    ColumnNeed need;
    if (column.nullable) {
        for (const RowOf& row : rows) need.validity |= row.batch->is_null(index, row.row);
    }
    if (column.type.is_variable()) {
        for (const RowOf& row : rows) need.variable_bytes += row.batch->cell(index, row.row).size();
    }
    return need;
}

// The value that goes into the row, or nullptr for null, zero and empty.
const Value* value_for(const Column& column, const Value* given) {
    const Value* value = given != nullptr ? given : &column.default_value;
    return value->is_null() ? nullptr : value;
}

void write_value(BatchFrame& frame, std::size_t index, const Column& column, const Value* value) {
    std::byte* data = frame.data(index);
    if (value == nullptr) {
        std::memset(data, 0, frame.data_bytes(index));
    } else {
        write_cell(column.type, *value, data);  // the bit of a bool is its byte
    }
    if (value != nullptr && frame.validity(index) != nullptr) set_bit(frame.validity(index), 0);
    if (std::uint32_t* offsets = frame.offsets(index)) offsets[1] = frame.data_bytes(index);
}

Batch copy_row(const Batch& batch, std::uint32_t row, Operation operation) {
    PERDURE_ASSERT(row < batch.rows());
    const RowOf one{&batch, row};
    Result<Batch> copy = gather_rows(batch.table(), operation, {&one, 1});
    PERDURE_ASSERT(copy.ok());  // a part of a batch is no larger than it
    PERDURE_ASSERT(copy->rows() == 1);
    return *std::move(copy);
}

}  // namespace

Result<Batch> gather_rows(const TableDefinition& table, Operation operation,
                          std::span<const RowOf> rows, BlockPool* pool) {
    for (const RowOf& row : rows) {
        const TableDefinition& from = row.batch->table();
        PERDURE_ASSERT(from.id == table.id && from.version == table.version);
        PERDURE_ASSERT(row.row < row.batch->rows());
        PERDURE_ASSERT(operation == Operation::erase || row.batch->operation() == operation);
    }
    if (rows.size() > batch_rows_max) {
        return error(Code::no_space,
                     "table {}: {} rows in one batch; at most {} fit, commit in pieces", table.name,
                     rows.size(), batch_rows_max);
    }
    const std::size_t columns =
        operation == Operation::erase ? table.key_columns : table.columns.size();
    PerColumn<ColumnNeed> needs(columns);
    for (std::size_t index = 0; index < columns; ++index) {
        needs.get()[index] = need_of(table.columns[index], index, rows);
    }
    PERDURE_TAKE(BatchFrame frame,
                 BatchFrame::make(table, operation, static_cast<std::uint32_t>(rows.size()),
                                  needs.get(), pool));
    for (std::size_t index = 0; index < columns; ++index) {
        copy_column({rows, index, frame}, table.columns[index].type);
    }
    return std::move(frame).finish();
}

Batch single_row(const Batch& batch, std::uint32_t row) {
    return copy_row(batch, row, batch.operation());
}

Batch key_row(const Batch& batch, std::uint32_t row) {
    return copy_row(batch, row, Operation::erase);
}

Result<Batch> make_row(const TableDefinition& table, Operation operation,
                       std::span<const Cell> cells) {
    const std::size_t columns =
        operation == Operation::erase ? table.key_columns : table.columns.size();
    PerColumn<const Value*> values(columns);
    PerColumn<ColumnNeed> needs(columns);
    PERDURE_TRY(match_cells(table, cells, values.get()));
    for (std::size_t index = 0; index < columns; ++index) {
        const Column& column = table.columns[index];
        const Value*& value = values.get()[index];
        value = value_for(column, value);
        ColumnNeed& need = needs.get()[index];
        need.validity = column.nullable && value == nullptr;
        if (column.type.is_variable() && value != nullptr) {
            need.variable_bytes = cell_bytes(column.type, *value);
        }
    }
    PERDURE_TAKE(BatchFrame frame, BatchFrame::make(table, operation, 1, needs.get()));
    for (std::size_t index = 0; index < columns; ++index) {
        write_value(frame, index, table.columns[index], values.get()[index]);
    }
    return std::move(frame).finish();
}

}  // namespace perdure
