// The SQL for tables: how a TableDefinition becomes a table, and the statements that write and read
// it.
//
// Every text is made from definitions alone: names were checked by TableDefinition::validate, and
// are quoted. docs/format/sqlite.md, "Tables".
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "perdure/status.h"
#include "perdure/table.h"
#include "store/store.h"

namespace perdure::store::sqlite {

// Where SQLite keeps the rows. Chosen when a table is made, from its first definition, and never
// changed.
enum class Form {
    row_id,     // one integer key: it is the row id
    clustered,  // WITHOUT ROWID: small rows in the tree of their key
    indexed,    // rows by row id, and an index by key
};
[[nodiscard]] Form form_of(const TableDefinition& first);
// Whether cells of this kind are INTEGER in SQL.
[[nodiscard]] bool is_sql_integer(ColumnKind kind);

[[nodiscard]] std::string quoted_name(std::string_view name);
// The table's name in SQL, not quoted: its own, or with a '_' before it where SQLite reserves it.
[[nodiscard]] std::string sql_name(const TableDefinition& table);
[[nodiscard]] std::string removed_name(const Column& column);

[[nodiscard]] std::string create_table(const TableDefinition& table);
// The default of a column as a literal, as near as SQL can say it. "NULL" for null, NaN and -0.
[[nodiscard]] std::string default_literal(const Column& column);
// "ALTER TABLE …" for each step from one version to the next. Widening touches rows only where what
// SQLite keeps changes: NOT NULL goes by way of a new column, entries in `_exact` become wider.
// `has_exact`: the hidden column is there already. `is_exact` says whether SQLite reads a column's
// default_literal bit for bit; where it does not, rows from before the column hold NULL, which
// reads as the default.
[[nodiscard]] std::vector<std::string> alter_table(
    const TableDefinition& from, const TableDefinition& to, bool has_exact,
    const std::function<bool(const Column&)>& is_exact);

// For good. No view may be there.
[[nodiscard]] std::string drop_column(const TableDefinition& table, std::string_view column);

// Statements that read perdure_batch(?1).
[[nodiscard]] std::string insert_rows(const TableDefinition& table);  // a key twice is an error
[[nodiscard]] std::string upsert_rows(const TableDefinition& table, Form form);
[[nodiscard]] std::string erase_rows(const TableDefinition& table);

// "id, x, y, NULL, _exact": the columns of `wanted` as a table of `in_force` has them, from `alias`
// (with its dot). _exact comes last, if the table has reals.
[[nodiscard]] std::string column_list(const TableDefinition& wanted,
                                      const TableDefinition& in_force, std::string_view alias);
// ?1, …: the key to begin after, where `after`; then the limit.
[[nodiscard]] std::string scan_rows(const TableDefinition& wanted, const TableDefinition& in_force,
                                    bool after);
// The row with the greatest key.
[[nodiscard]] std::string last_row(const TableDefinition& wanted, const TableDefinition& in_force);
[[nodiscard]] std::string find_rows(const TableDefinition& wanted, const TableDefinition& in_force);

[[nodiscard]] std::string create_view(const View& view);

}  // namespace perdure::store::sqlite
