#include "engine/check.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "model/key.h"
#include "model/rows.h"

namespace perdure::engine {
namespace {

bool same_cell(const Batch& left, std::uint32_t left_row, const Batch& right,
               std::uint32_t right_row, std::size_t column) {
    if (left.is_null(column, left_row) || right.is_null(column, right_row)) {
        return left.is_null(column, left_row) && right.is_null(column, right_row);
    }
    if (left.table().columns[column].type.kind == ColumnKind::boolean) {
        return left.boolean(column, left_row) == right.boolean(column, right_row);
    }
    const auto first = left.cell(column, left_row);
    const auto second = right.cell(column, right_row);
    return std::equal(first.begin(), first.end(), second.begin(), second.end());
}

}  // namespace

Result<Check> make_check(const TableDefinition& table, const Batch& row,
                         const Condition& condition) {
    PERDURE_ASSERT(row.rows() == 1);
    PERDURE_ASSERT(row.table().id == table.id);
    Check check;
    check.table = &table;
    check.kind = condition.kind;
    encode_key(row, 0, check.key);
    check.key_row = key_row(row, 0);
    if (condition.kind != Condition::Kind::equal) return check;

    // The expected cells as a row, so that they are checked and compared like any other.
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < table.key_columns; ++i) {
        cells.push_back({table.columns[i].name, row.value(i, 0)});
    }
    for (const Cell& cell : condition.cells) {
        const auto column = table.find_column(cell.column);
        if (!column) {
            return error(Code::not_found, "table '{}' has no column '{}'", table.name, cell.column);
        }
        if (*column < table.key_columns) continue;  // the key is what it is
        check.columns.push_back(*column);
        cells.push_back(cell);
    }
    PERDURE_TAKE(check.expected, make_row(table, Operation::upsert, cells));
    PERDURE_ASSERT(check.expected.rows() == 1);
    return check;
}

Status judge(const Check& check, const Batch* there, std::uint32_t at) {
    const auto refuse = [&](std::string_view what) {
        return error(Code::conflict, "table '{}', {}: {}", check.table->name,
                     key_text(check.key_row, 0), what);
    };
    switch (check.kind) {
        case Condition::Kind::none: return {};
        case Condition::Kind::absent: return there ? refuse("the row is there already") : Status();
        case Condition::Kind::present: return there ? Status() : refuse("there is no such row");
        case Condition::Kind::equal: break;
    }
    if (!there) return refuse("there is no such row");
    PERDURE_ASSERT(at < there->rows());
    PERDURE_ASSERT(check.expected.rows() == 1);
    for (const std::size_t column : check.columns) {
        if (!same_cell(check.expected, 0, *there, at, column)) {
            return refuse("column '" + check.table->columns[column].name + "' is not as expected");
        }
    }
    return {};
}

}  // namespace perdure::engine
