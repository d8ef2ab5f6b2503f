#include "store/sqlite/table_sql.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/assert.h"
#include "base/text.h"
#include "model/cell.h"
#include "model/evolve.h"
#include "model/kinds.h"
#include "model/widen.h"
#include "store/sqlite/cell_view.h"
#include "store/sqlite/exact.h"
#include "store/sqlite/format.h"

namespace perdure::store::sqlite {
namespace {

// SQLite advises WITHOUT ROWID for rows of up to a twentieth of a page.
constexpr std::uint32_t clustered_bytes_max = page_bytes / 20;
constexpr std::uint32_t short_text_bytes = 24;  // what a name in a key is taken to have

std::string_view sql_type(ColumnKind kind) {
    if (is_sql_integer(kind)) return "INTEGER";
    if (is_real(kind)) return "REAL";
    const bool is_text = kind == ColumnKind::text || kind == ColumnKind::json;
    return is_text ? "TEXT" : "BLOB";
}

// "a, b", each made by `part` from a column.
template <typename Part>
std::string list(std::span<const Column> columns, std::string_view separator, Part part) {
    std::string joined;
    for (std::size_t index = 0; index < columns.size(); ++index) {
        if (index > 0) joined += separator;
        joined += part(columns[index], index);
    }
    return joined;
}

std::string key_names(const TableDefinition& table, std::string_view alias = {}) {
    return list(table.key(), ", ", [&](const Column& column, std::size_t) {
        return std::string(alias) + quoted_name(column.name);
    });
}

// NaN is NULL in SQL, so that no column of reals can be NOT NULL.
std::string constraints(const Column& column) {
    if (is_real(column.type.kind)) return {};
    if (column.nullable) return {};
    return " NOT NULL DEFAULT " + default_literal(column);
}

std::string column_clause(const Column& column) {
    return text::format("{} {}{}", quoted_name(column.name), sql_type(column.type.kind),
                        constraints(column));
}

const Column* same_column(const TableDefinition& table, const Column& column) {
    const auto found = table.find_number(column.number);
    return found ? &table.columns[*found] : nullptr;
}

std::string blob_literal(ByteSpan bytes) {
    std::string literal = "X'";
    for (const std::byte byte : bytes)
        literal += text::format("{:02X}", std::to_integer<unsigned>(byte));
    return literal + "'";
}

std::string text_literal(std::string_view words) {
    std::string literal = "'";
    for (const char letter : words)
        literal += letter == '\'' ? std::string("''") : std::string(1, letter);
    return literal + "'";
}

// A batch of this table has the columns c0, c1, …; with them, what to insert.
std::string insert_select(const TableDefinition& table, std::string_view verb) {
    std::string names = list(table.columns, ", ", [](const Column& column, std::size_t) {
        return quoted_name(column.name);
    });
    std::string cells = list(table.columns, ", ", [](const Column&, std::size_t index) {
        return text::format("c{}", index);
    });
    if (has_reals(table)) {
        names += ", _exact";
        cells += ", exact";
    }
    return text::format("{} INTO {}({}) SELECT {} FROM perdure_batch(?1)", verb,
                        quoted_name(sql_name(table)), names, cells);
}

std::string batch_key(const TableDefinition& table) {
    return list(table.key(), ", ",
                [](const Column&, std::size_t index) { return text::format("c{}", index); });
}

bool loses_not_null(const Column& from, const Column& to) {
    return !from.nullable && to.nullable && !is_real(from.type.kind);
}

// NULL in a column of reals that may not be null is a NaN, which has an entry, or a row from before
// the column. Once null may be, the latter gets an entry too.
void widen_reals(const TableDefinition& table, const Column& from, const Column& to,
                 std::vector<std::string>& steps) {
    if (!is_real(from.type.kind)) return;
    const std::string statement =
        text::format("UPDATE {} SET _exact = ", quoted_name(sql_name(table)));
    if (from.type != to.type) {
        steps.push_back(text::format("{}perdure_widen_exact(_exact, {}) WHERE _exact IS NOT NULL",
                                     statement, from.number));
    }
    if (from.nullable || !to.nullable) return;
    std::vector<std::byte> cell;
    append_default(from, cell);
    std::vector<std::byte> bits;
    append_widened(from.type, to.type, cell, bits);
    bits.resize(sizeof(std::uint64_t));
    steps.push_back(text::format("{}perdure_set_exact(_exact, {}, {}) WHERE {} IS NULL", statement,
                                 from.number, blob_literal(bits), quoted_name(to.name)));
}

}  // namespace

bool is_sql_integer(ColumnKind kind) {
    return kind == ColumnKind::boolean || is_integer(kind) || kind == ColumnKind::id;
}

Form form_of(const TableDefinition& first) {
    PERDURE_ASSERT(first.key_columns > 0);
    PERDURE_ASSERT(first.key_columns <= first.columns.size());
    if (first.key_columns == 1 && is_sql_integer(first.columns[0].type.kind)) return Form::row_id;
    std::uint32_t bytes = 0;
    for (std::size_t index = 0; index < first.columns.size(); ++index) {
        const ColumnType& type = first.columns[index].type;
        const bool is_key = index < first.key_columns;
        if (type.is_variable() && !is_key) return Form::indexed;
        bytes += type.is_variable() ? short_text_bytes : std::max(type.width(), 1U);
    }
    return bytes <= clustered_bytes_max ? Form::clustered : Form::indexed;
}

std::string quoted_name(std::string_view name) {
    PERDURE_ASSERT(name.find('"') == std::string_view::npos);
    return text::format("\"{}\"", name);
}

std::string sql_name(const TableDefinition& table) {
    const bool reserved = table.name.size() >= 7 && same_name(table.name.substr(0, 7), "sqlite_");
    return reserved ? "_" + table.name : table.name;
}

std::string removed_name(const Column& column) {
    return text::format("_removed_{}_{}", column.number, column.name);
}

std::string create_table(const TableDefinition& table) {
    const Form form = form_of(table);
    std::string columns = list(table.columns, ", ", [&](const Column& column, std::size_t index) {
        if (index >= table.key_columns) return column_clause(column);
        const std::string clause =
            quoted_name(column.name) + " " + std::string(sql_type(column.type.kind));
        return clause + (form == Form::row_id ? " PRIMARY KEY" : " NOT NULL");
    });
    if (has_reals(table)) columns += ", _exact BLOB";
    if (form != Form::row_id) columns += text::format(", PRIMARY KEY ({})", key_names(table));
    return text::format("CREATE TABLE {} ({}) STRICT{}", quoted_name(sql_name(table)), columns,
                        form == Form::clustered ? ", WITHOUT ROWID" : "");
}

std::string drop_column(const TableDefinition& table, std::string_view column) {
    return text::format("ALTER TABLE {} DROP COLUMN {}", quoted_name(sql_name(table)),
                        quoted_name(column));
}

// Removals first, and renames by way of names that nobody has, so that names may change hands.
std::vector<std::string> alter_table(const TableDefinition& from, const TableDefinition& to,
                                     bool has_exact,
                                     const std::function<bool(const Column&)>& is_exact) {
    PERDURE_ASSERT(from.id == to.id);
    const std::string alter = text::format("ALTER TABLE {} ", quoted_name(sql_name(from)));
    const auto rename = [&](const std::string& old_name, const std::string& new_name) {
        return text::format("{}RENAME COLUMN {} TO {}", alter, quoted_name(old_name),
                            quoted_name(new_name));
    };
    std::vector<std::string> steps;
    std::vector<std::string> last_steps;
    std::vector<const Column*> late_reals;  // new, may be null, and yet with a default for old rows
    for (const Column& column : from.columns) {
        const Column* const kept = same_column(to, column);
        if (kept == nullptr && is_converting(column)) {
            steps.push_back(drop_column(from, column.name));
        } else if (kept == nullptr) {
            steps.push_back(rename(column.name, removed_name(column)));
        } else if (loses_not_null(column, *kept)) {
            const std::string between = text::format("_renamed_{}", column.number);
            steps.push_back(rename(column.name, between));
            last_steps.push_back(text::format("{}ADD COLUMN {}", alter, column_clause(*kept)));
            last_steps.push_back(text::format("UPDATE {} SET {} = {}", quoted_name(sql_name(from)),
                                              quoted_name(kept->name), quoted_name(between)));
            last_steps.push_back(drop_column(from, between));
        } else if (kept->name != column.name) {
            const std::string between = text::format("_renamed_{}", column.number);
            steps.push_back(rename(column.name, between));
            last_steps.push_back(rename(between, kept->name));
        }
        if (kept != nullptr && has_exact) widen_reals(from, column, *kept, last_steps);
    }
    for (const Column& column : to.columns) {
        if (same_column(from, column) != nullptr) continue;
        std::string clause = column_clause(column);
        if (is_real(column.type.kind) && !column.nullable && is_exact(column)) {
            clause += " DEFAULT " + default_literal(column);
        }
        const bool late = column.nullable && !is_null_by_default(column);
        if (late && is_real(column.type.kind)) {
            late_reals.push_back(&column);
        } else if (late) {
            clause += " DEFAULT " + default_literal(column);
        }
        last_steps.push_back(text::format("{}ADD COLUMN {}", alter, clause));
    }
    if (has_reals(to) && !has_exact) last_steps.push_back(alter + "ADD COLUMN _exact BLOB");
    for (const Column* column : late_reals) {
        Column before = *column;
        before.nullable = false;
        widen_reals(from, before, *column, last_steps);
    }
    if (sql_name(from) != sql_name(to)) {
        last_steps.push_back(alter + "RENAME TO " + quoted_name(sql_name(to)));
    }
    steps.insert(steps.end(), last_steps.begin(), last_steps.end());
    return steps;
}

std::string default_literal(const Column& column) {
    if (is_null_by_default(column)) return "NULL";
    std::vector<std::byte> cell;
    append_default(column, cell);
    struct Literal {
        std::string words = "NULL";
        void null() {}
        void integer(std::int64_t value) { words = text::format("{}", value); }
        void real(double value) {
            if (std::isfinite(value) && !is_inexact(value)) words = text::format("{:.16e}", value);
        }
        void text(ByteSpan bytes) { words = text_literal(as_text(bytes)); }
        void blob(ByteSpan bytes) { words = blob_literal(bytes); }
    };
    Literal literal;
    const std::array<std::uint32_t, 2> ends{0, static_cast<std::uint32_t>(cell.size())};
    CellView view;
    view.kind = column.type.kind;
    view.width = column.type.width();
    view.data = cell.data();
    if (column.type.is_variable()) view.offsets = reinterpret_cast<const std::byte*>(ends.data());
    send_cell(view, 0, literal);
    return literal.words;
}

std::string insert_rows(const TableDefinition& table) { return insert_select(table, "INSERT"); }

std::string upsert_rows(const TableDefinition& table, Form form) {
    // Without a second index SQLite overwrites the row in place. With one it would erase and
    // insert.
    if (form != Form::indexed) return insert_select(table, "INSERT OR REPLACE");
    std::string sets = list(std::span(table.columns).subspan(table.key_columns), ", ",
                            [](const Column& column, std::size_t) {
                                return text::format("{0} = excluded.{0}", quoted_name(column.name));
                            });
    if (has_reals(table)) sets += ", _exact = excluded._exact";
    // "WHERE true" tells SQLite's parser that ON does not belong to a join.
    return text::format("{} WHERE true ON CONFLICT ({}) DO {}", insert_select(table, "INSERT"),
                        key_names(table), sets.empty() ? "NOTHING" : "UPDATE SET " + sets);
}

std::string erase_rows(const TableDefinition& table) {
    return text::format("DELETE FROM {} WHERE ({}) IN (SELECT {} FROM perdure_batch(?1))",
                        quoted_name(sql_name(table)), key_names(table), batch_key(table));
}

std::string column_list(const TableDefinition& wanted, const TableDefinition& in_force,
                        std::string_view alias) {
    std::string columns = list(wanted.columns, ", ", [&](const Column& column, std::size_t) {
        const Column* const stored = same_column(in_force, column);
        return stored == nullptr ? std::string("NULL")
                                 : std::string(alias) + quoted_name(stored->name);
    });
    if (has_reals(wanted)) {
        columns += has_reals(in_force) ? text::format(", {}_exact", alias) : std::string(", NULL");
    }
    return columns;
}

std::string scan_rows(const TableDefinition& wanted, const TableDefinition& in_force, bool after) {
    const std::string key = key_names(in_force);
    std::string condition;
    if (after) {
        const std::string marks = list(in_force.key(), ", ", [](const Column&, std::size_t index) {
            return text::format("?{}", index + 1);
        });
        condition = text::format(" WHERE ({}) > ({})", key, marks);
    }
    const int limit_number = after ? in_force.key_columns + 1 : 1;
    return text::format("SELECT {} FROM {}{} ORDER BY {} LIMIT ?{}",
                        column_list(wanted, in_force, ""), quoted_name(sql_name(in_force)),
                        condition, key, limit_number);
}

std::string last_row(const TableDefinition& wanted, const TableDefinition& in_force) {
    const std::string key = list(in_force.key(), ", ", [](const Column& column, std::size_t) {
        return quoted_name(column.name) + " DESC";
    });
    return text::format("SELECT {} FROM {} ORDER BY {} LIMIT 1", column_list(wanted, in_force, ""),
                        quoted_name(sql_name(in_force)), key);
}

// CROSS JOIN: SQLite keeps this order, so that rows come as the keys do.
std::string find_rows(const TableDefinition& wanted, const TableDefinition& in_force) {
    const std::string condition =
        list(in_force.key(), " AND ", [](const Column& column, std::size_t index) {
            return text::format("t.{} = k.c{}", quoted_name(column.name), index);
        });
    return text::format("SELECT {} FROM perdure_batch(?1) AS k CROSS JOIN {} AS t WHERE {}",
                        column_list(wanted, in_force, "t."), quoted_name(sql_name(in_force)),
                        condition);
}

std::string create_view(const View& view) {
    PERDURE_ASSERT(view.joined.size() <= view_tables_max);
    std::string columns = list(view.base->columns, ", ", [](const Column& column, std::size_t) {
        return text::format("b.{0} AS {0}", quoted_name(column.name));
    });
    std::string joins;
    for (std::size_t number = 0; number < view.joined.size(); ++number) {
        const TableDefinition& table = *view.joined[number];
        const std::string alias = text::format("j{}", number);
        for (const Column& column : std::span(table.columns).subspan(table.key_columns)) {
            columns += text::format(", {}.{} AS {}", alias, quoted_name(column.name),
                                    quoted_name(table.name + "_" + column.name));
        }
        // A tag has no columns: whether it is there is what there is to see.
        if (table.columns.size() == table.key_columns) {
            columns += text::format(", {}.{} IS NOT NULL AS {}", alias,
                                    quoted_name(table.columns[0].name), quoted_name(table.name));
        }
        const std::string condition =
            list(table.key(), " AND ", [&](const Column& column, std::size_t index) {
                return text::format("{}.{} = b.{}", alias, quoted_name(column.name),
                                    quoted_name(view.base->columns[index].name));
            });
        joins += text::format(" LEFT JOIN {} AS {} ON {}", quoted_name(sql_name(table)), alias,
                              condition);
    }
    return text::format("CREATE VIEW {} AS SELECT {} FROM {} AS b{}", quoted_name(view.name),
                        columns, quoted_name(sql_name(*view.base)), joins);
}

}  // namespace perdure::store::sqlite
