#include "store/sqlite/table_schema.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "model/cell.h"
#include "store/sqlite/table_sql.h"

namespace perdure::store::sqlite {
namespace {

// Whether SQLite reads the default's literal as the very same number.
bool is_exact_literal(Connection& connection, const Column& column) {
    Result<Statement> select = connection.prepare("SELECT " + default_literal(column));
    if (!select.ok()) return false;
    const Result<bool> is_row = select->step();
    if (!is_row.ok() || !*is_row || select->is_null(0)) return false;
    const double read = sqlite3_column_double(select->handle(), 0);
    std::vector<std::byte> cell;
    append_default(column, cell);
    const double wanted = column.type.kind == ColumnKind::f32
                              ? static_cast<double>(load_le<float>(cell.data()))
                              : load_le<double>(cell.data());
    return std::bit_cast<std::uint64_t>(read) == std::bit_cast<std::uint64_t>(wanted);
}

Result<bool> has_exact_column(Connection& connection, const TableDefinition& table) {
    PERDURE_TAKE(Statement select, connection.prepare("SELECT count(*) FROM pragma_table_info(?1)"
                                                      " WHERE name = '_exact'"));
    const std::string name = sql_name(table);
    select.bind(1, std::string_view(name));
    PERDURE_TAKE(const bool is_row, select.step());
    PERDURE_ASSERT(is_row);
    return select.integer(0) > 0;
}

using ViewTexts = std::map<std::string, std::string>;

Result<ViewTexts> stored_views(Connection& connection) {
    PERDURE_TAKE(Statement select,
                 connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'view'"));
    ViewTexts views;
    for (;;) {
        PERDURE_TAKE(const bool is_row, select.step());
        if (!is_row) return views;
        views.emplace(select.text(0), select.text(1));
    }
}

Status check_view(const View& view) {
    PERDURE_TRY(validate_name("view", view.name));
    PERDURE_ASSERT(view.base != nullptr);
    if (view.joined.size() > view_tables_max) {
        return error(Code::invalid, "view {} joins {} tables; at most {}: make several", view.name,
                     view.joined.size(), view_tables_max);
    }
    for (const TableDefinition* const table : view.joined) {
        PERDURE_ASSERT(table != nullptr);
        bool fits = table->key_columns == view.base->key_columns;
        for (std::size_t column = 0; fits && column < table->key_columns; ++column) {
            fits = table->columns[column].type == view.base->columns[column].type;
        }
        if (fits) continue;
        return error(Code::invalid, "view {}: the key of {} is not like that of {}", view.name,
                     table->name, view.base->name);
    }
    return {};
}

}  // namespace

Status change_table(Connection& connection, const TableDefinition* from,
                    const TableDefinition& to) {
    PERDURE_ASSERT(connection.is_in_transaction());
    if (from == nullptr)
        return connection.run(create_table(to)).with_context("making table " + to.name);
    PERDURE_ASSERT(from->id == to.id);
    PERDURE_ASSERT(from->version < to.version);
    PERDURE_TAKE(const bool has_exact, has_exact_column(connection, *from));
    const auto is_exact = [&](const Column& column) {
        return is_exact_literal(connection, column);
    };
    const std::vector<std::string> steps = alter_table(*from, to, has_exact, is_exact);
    const auto drops = [](const std::string& step) {
        return step.find(" DROP COLUMN ") != std::string::npos;
    };
    if (std::any_of(steps.begin(), steps.end(), drops)) PERDURE_TRY(replace_views(connection, {}));
    for (const std::string& step : steps) {
        PERDURE_TRY(connection.run(step).with_context("changing table " + to.name));
    }
    return {};
}

// SQLite lets no column go while a view is there that it cannot make sense of meanwhile: views go
// first, and are declared anew by whoever opens the world next.
Status drop_removed_columns(Connection& connection, const TableDefinition& in_force,
                            std::span<const std::uint16_t> numbers) {
    std::vector<std::string> names;
    {
        PERDURE_TAKE(Statement select,
                     connection.prepare("SELECT name FROM pragma_table_info(?1)"));
        const std::string table = sql_name(in_force);
        select.bind(1, std::string_view(table));
        for (;;) {
            PERDURE_TAKE(const bool is_row, select.step());
            if (!is_row) break;
            const std::string name(select.text(0));
            const bool chosen =
                std::any_of(numbers.begin(), numbers.end(), [&](std::uint16_t number) {
                    return name.starts_with(text::format("_removed_{}_", number));
                });
            if (chosen) names.push_back(name);
        }
    }
    if (names.empty()) return {};
    PERDURE_TRY(replace_views(connection, {}));
    for (const std::string& name : names) {
        PERDURE_TRY(connection.run(drop_column(in_force, name))
                        .with_context("dropping a column of table " + in_force.name));
    }
    return {};
}

Result<bool> views_are(Connection& connection, std::span<const View> views) {
    ViewTexts wanted;
    for (const View& view : views) {
        PERDURE_TRY(check_view(view));
        if (!wanted.emplace(view.name, create_view(view)).second) {
            return error(Code::invalid, "two views are named {}", view.name);
        }
    }
    PERDURE_TAKE(const ViewTexts stored, stored_views(connection));
    return stored == wanted;
}

Status replace_views(Connection& connection, std::span<const View> views) {
    PERDURE_ASSERT(connection.is_in_transaction());
    PERDURE_TAKE(const ViewTexts stored, stored_views(connection));
    for (const auto& [name, sql] : stored)
        PERDURE_TRY(connection.run("DROP VIEW " + quoted_name(name)));
    for (const View& view : views) {
        PERDURE_TRY(connection.run(create_view(view)).with_context("making view " + view.name));
    }
    return {};
}

}  // namespace perdure::store::sqlite
