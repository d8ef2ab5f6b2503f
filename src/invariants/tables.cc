#include "invariants/tables.h"

#include <array>
#include <string>
#include <utility>

#include "base/error.h"
#include "model/rows.h"

namespace perdure::invariants {
namespace {

void add_column(TableDefinition& table, const char* name, ColumnKind kind, bool nullable = false) {
    Column column;
    column.name = name;
    column.type.kind = kind;
    column.nullable = nullable;
    table.columns.push_back(std::move(column));
}

// "Purse.gold + Chest.gold - mint.issued", "Item.owner refers to Player".
std::string rule_text(const Invariant& invariant) {
    std::string rule;
    for (const WatchedColumn& column : invariant.plus) {
        rule += text::format("{}{}.{}", rule.empty() ? "" : " + ", column.table, column.column);
    }
    for (const WatchedColumn& column : invariant.minus) {
        rule += text::format(" - {}.{}", column.table, column.column);
    }
    if (invariant.kind == Invariant::Kind::refer) rule += " refers to " + invariant.target;
    return rule;
}

}  // namespace

TableDefinition invariants_definition() {
    TableDefinition table;
    table.name = "_invariants";
    add_column(table, "name", ColumnKind::text);
    add_column(table, "rule", ColumnKind::text);
    add_column(table, "identity", ColumnKind::text);
    add_column(table, "expected", ColumnKind::text);
    add_column(table, "tolerance", ColumnKind::f64);
    add_column(table, "alarm_beyond", ColumnKind::f64);
    add_column(table, "refuse", ColumnKind::boolean);
    table.key_columns = 1;
    return table;
}

TableDefinition log_definition() {
    TableDefinition table;
    table.name = "_invariant_log";
    add_column(table, "tick", ColumnKind::u64);
    add_column(table, "invariant", ColumnKind::text);
    add_column(table, "expected", ColumnKind::text);
    add_column(table, "found", ColumnKind::text);
    add_column(table, "residual", ColumnKind::f64, true);
    add_column(table, "grade", ColumnKind::text);
    table.key_columns = 2;
    table.append_only = true;
    return table;
}

Result<std::optional<Amount>> read_expected(const Batch& row, std::string_view identity,
                                            bool is_real) {
    if (row.text(2, 0) != identity) return std::optional<Amount>();
    const auto expected = Amount::parse(row.text(3, 0), is_real);
    if (expected) return expected;
    return error(Code::corrupt, "table '_invariants', {}: '{}' is no number that is expected",
                 row.text(0, 0), row.text(3, 0));
}

Result<Batch> invariant_row(const TableDefinition& table, const Invariant& invariant,
                            std::string_view identity, const Amount& expected) {
    const std::array<Cell, 7> cells{{{"name", invariant.name},
                                     {"rule", rule_text(invariant)},
                                     {"identity", identity},
                                     {"expected", expected.text()},
                                     {"tolerance", invariant.tolerance},
                                     {"alarm_beyond", invariant.alarm_beyond},
                                     {"refuse", invariant.refuse}}};
    return make_row(table, Operation::upsert, cells);
}

bool is_same_row(const Batch& one, const Batch& other) {
    for (std::size_t column = 0; column < one.columns(); ++column) {
        if (!(one.value(column, 0) == other.value(column, 0))) return false;
    }
    return true;
}

}  // namespace perdure::invariants
