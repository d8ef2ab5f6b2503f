#include "c/cells.h"

#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "c/answer.h"
#include "c/sized.h"
#include "c/tables.h"
#include "model/cell.h"

namespace perdure::c {
namespace {

bool bit(const void* bits, std::uint64_t row) noexcept {
    return ((static_cast<const std::uint8_t*>(bits)[row / 8] >> (row % 8)) & 1U) != 0;
}

Status check_offsets(const perdure_cells& cells, std::uint64_t rows) {
    if (cells.offsets == nullptr) {
        return error(Code::invalid, "column {}: text, json and bytes need offsets", cells.column);
    }
    for (std::uint64_t row = 0; row < rows; ++row) {
        if (cells.offsets[row] <= cells.offsets[row + 1]) continue;
        return error(Code::invalid, "column {}: the offsets go backwards at row {}", cells.column,
                     row);
    }
    return {};
}

Status check_arrays(const perdure_cells& cells, const ColumnType& type, std::uint64_t rows) {
    if (rows == 0) return {};
    bool empty = false;
    if (type.is_variable()) {
        PERDURE_TRY(check_offsets(cells, rows));
        empty = cells.offsets[0] == cells.offsets[rows];
    }
    if (cells.data != nullptr || empty) return {};
    return error(Code::invalid, "column {}: its data is null", cells.column);
}

Value value_at(const perdure_cells& cells, const ColumnType& type, std::uint64_t row) {
    if (cells.validity != nullptr && !bit(cells.validity, row)) return {};
    if (type.kind == ColumnKind::boolean) return Value(bit(cells.data, row));
    const auto* data = static_cast<const std::byte*>(cells.data);
    if (!type.is_variable()) return cell_value(type, {data + type.width() * row, type.width()});
    const std::size_t begin = cells.offsets[row];
    const std::size_t bytes = cells.offsets[row + 1] - begin;
    return cell_value(type, bytes == 0 ? ByteSpan() : ByteSpan(data + begin, bytes));
}

}  // namespace

Result<GivenCells> GivenCells::make(const TableDefinition& table, const perdure_cells* cells,
                                    std::uint64_t count, std::uint64_t rows) {
    if (count > columns_max) {
        return error(Code::invalid, "{} columns are given; table {} has {}", count, table.name,
                     table.columns.size());
    }
    if (count > 0) PERDURE_TRY(need(cells, "the cells"));
    GivenCells made;
    for (std::uint64_t index = 0; index < count; ++index) {
        const perdure_cells& given = cells[index];
        PERDURE_TRY(need(given.column, "a column's name"));
        const auto column = table.find_column(given.column);
        if (!column) {
            return error(Code::not_found, "table '{}' has no column '{}'", table.name,
                         given.column);
        }
        const ColumnType& type = table.columns[*column].type;
        ColumnType given_type;
        PERDURE_TRY(read_type(given.type, given_type));
        if (given_type != type) {
            return error(Code::invalid, "column {} of table {} is {}, not {}; give it as it is",
                         given.column, table.name, type.name(), given_type.name());
        }
        PERDURE_TRY(check_arrays(given, type, rows));
        made.columns_.push_back({given, type});
        made.row_.push_back({given.column, {}});
    }
    return made;
}

std::span<const Cell> GivenCells::row(std::uint64_t row) {
    for (std::size_t index = 0; index < columns_.size(); ++index) {
        row_[index].value = value_at(columns_[index].cells, columns_[index].type, row);
    }
    return row_;
}

Result<GivenCondition> GivenCondition::make(const TableDefinition& table,
                                            const perdure_condition* condition,
                                            std::uint64_t rows) {
    perdure_condition asked;
    PERDURE_TRY(take_options(condition, "perdure_condition", asked));
    PERDURE_TRY(check_number(asked.kind, PERDURE_IF_EQUAL, "condition"));
    if (asked.kind != PERDURE_IF_EQUAL && asked.cell_count != 0) {
        return error(Code::invalid, "only PERDURE_IF_EQUAL has cells; leave them null");
    }
    GivenCondition made;
    PERDURE_TAKE(made.cells_, GivenCells::make(table, asked.cells, asked.cell_count, rows));
    made.condition_.kind = static_cast<Condition::Kind>(asked.kind);
    return made;
}

const Condition& GivenCondition::row(std::uint64_t row) {
    const std::span<const Cell> cells = cells_.row(row);
    condition_.cells.assign(cells.begin(), cells.end());
    return condition_;
}

perdure_cells cells_of(const Batch& batch, std::size_t column) noexcept {
    const Batch::Layout& at = batch.layout(column);
    const std::byte* data = batch.data();
    perdure_cells cells{};
    cells.column = batch.table().columns[column].name.c_str();
    cells.type = type_of(batch.table().columns[column].type);
    cells.data = data + at.data;
    if (at.offsets != 0) {
        cells.offsets = reinterpret_cast<const std::uint32_t*>(data + at.offsets);
    }
    if (at.validity != 0) {
        cells.validity = reinterpret_cast<const std::uint8_t*>(data + at.validity);
    }
    return cells;
}

}  // namespace perdure::c
