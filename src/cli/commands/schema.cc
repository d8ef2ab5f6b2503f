#include "cli/commands/schema.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/text_table.h"
#include "cli/value_text.h"
#include "cli/world_schema.h"
#include "perdure/world.h"

namespace perdure::cli {

namespace {

struct Difference {
    std::string table;
    std::string field;  // empty: of the table itself
    std::string what;
    std::uint64_t lsn = 0;  // of the change, in a world's own history
};
using Differences = std::vector<Difference>;

const char* kind_text(const TableDefinition& table) {
    if (table.resident) return is_relation(table) ? "relation" : "component";
    return table.append_only ? "append-only" : "table";
}

void show_table(const SchemaTable& table) {
    const TableDefinition& now = table.now();
    fmt::print("{} ({}, id {}, category {}): version {} since LSN {}\n", now.name, kind_text(now),
               now.id, now.category, now.version, table.versions.back().lsn);
    TextTable columns({"number", "field", "type", "since LSN", "state"});
    for (std::size_t index = 0; index < now.columns.size(); ++index) {
        const Column& column = now.columns[index];
        columns.add({std::to_string(column.number), column.name, column_text(column),
                     std::to_string(table.since(column.number)),
                     index < now.key_columns ? "key" : ""});
    }
    for (const RemovedColumn& removed : table.removed) {
        const char* state = removed.is_in_sql ? "kept in SQL" : "dropped";
        columns.add({std::to_string(removed.column.number), removed.column.name,
                     column_text(removed.column),
                     std::to_string(table.since(removed.column.number)),
                     fmt::format("removed at LSN {}, {}", removed.lsn, state)});
    }
    fmt::print("{}", columns.text());
    for (const std::string& name : now.conversions) fmt::print("row conversion {}\n", name);
    fmt::print("\n");
}

// Columns are the same ones by number within one world, and by name between two.
void compare(const TableDefinition& one, const TableDefinition& other, bool by_number,
             std::uint64_t lsn, Differences& found) {
    const auto say = [&](const std::string& field, std::string what) {
        found.push_back({one.name, field, std::move(what), lsn});
    };
    const auto find = [&](const TableDefinition& table, const Column& column) {
        return by_number ? table.find_number(column.number) : table.find_column(column.name);
    };
    if (one.name != other.name) say("", "becomes " + other.name);
    if (one.category != other.category) {
        say("", fmt::format("category {}, then {}", one.category, other.category));
    }
    if (kind_text(one) != std::string_view(kind_text(other))) {
        say("", fmt::format("{}, then {}", kind_text(one), kind_text(other)));
    }
    for (const Column& column : one.columns) {
        const auto place = find(other, column);
        if (!place) {
            say(column.name, "is gone: " + column_text(column));
            continue;
        }
        const Column* const same = &other.columns[*place];
        if (column.name != same->name) say(column.name, "becomes " + same->name);
        if (column_text(column) != column_text(*same)) {
            say(column.name, fmt::format("{}, then {}", column_text(column), column_text(*same)));
        }
        if (column.number != same->number) {
            say(column.name, fmt::format("number {}, then {}", column.number, same->number));
        }
        const bool was_key = &column - one.columns.data() < one.key_columns;
        const bool is_key = *place < other.key_columns;
        if (was_key != is_key) say(column.name, is_key ? "joins the key" : "leaves the key");
    }
    for (const Column& column : other.columns) {
        if (!find(one, column)) say(column.name, "is new: " + column_text(column));
    }
}

Differences between(const WorldSchema& one, const WorldSchema& other) {
    Differences found;
    const auto find = [](const WorldSchema& schema, const SchemaTable& table) {
        return std::find_if(schema.begin(), schema.end(), [&](const SchemaTable& each) {
            return same_name(each.now().name, table.now().name);
        });
    };
    for (const SchemaTable& table : one) {
        const auto same = find(other, table);
        if (same == other.end()) {
            found.push_back({table.now().name, "", "is gone", 0});
        } else {
            compare(table.now(), same->now(), false, 0, found);
        }
    }
    for (const SchemaTable& table : other) {
        if (find(one, table) == one.end()) found.push_back({table.now().name, "", "is new", 0});
    }
    return found;
}

Differences history(const WorldSchema& schema) {
    Differences found;
    for (const SchemaTable& table : schema) {
        found.push_back(
            {table.versions.front().definition.name, "", "is new", table.versions.front().lsn});
        for (std::size_t at = 1; at < table.versions.size(); ++at) {
            compare(table.versions[at - 1].definition, table.versions[at].definition, true,
                    table.versions[at].lsn, found);
        }
    }
    std::stable_sort(
        found.begin(), found.end(),
        [](const Difference& left, const Difference& right) { return left.lsn < right.lsn; });
    return found;
}

void print(const Differences& differences, bool json) {
    for (const Difference& one : differences) {
        if (json) {
            nlohmann::ordered_json line{{"table", one.table}};
            if (!one.field.empty()) line["field"] = one.field;
            line["what"] = one.what;
            if (one.lsn != 0) line["lsn"] = one.lsn;
            fmt::print("{}", json_line(line));
            continue;
        }
        const std::string at = one.lsn != 0 ? fmt::format("LSN {}: ", one.lsn) : std::string();
        const std::string where = one.field.empty() ? one.table : one.table + "." + one.field;
        fmt::print("{}{} {}\n", at, where, one.what);
    }
}

Status drop(const SchemaDropOptions& options) {
    const auto dot = options.field.find('.');
    if (dot == std::string::npos) {
        return error(Code::invalid, "'{}' is no table.field", options.field);
    }
    const std::string table_name = options.field.substr(0, dot);
    const std::string field = options.field.substr(dot + 1);
    PERDURE_TAKE(const WorldSchema schema, read_schema(options.directory));
    const auto table = std::find_if(schema.begin(), schema.end(), [&](const SchemaTable& each) {
        return same_name(each.now().name, table_name);
    });
    if (table == schema.end()) {
        return error(Code::invalid, "there is no table {} in this world; see perdure schema show",
                     table_name);
    }
    const bool in_use = table->now().find_column(field).has_value();
    const bool is_there = std::any_of(
        table->removed.begin(), table->removed.end(), [&](const RemovedColumn& removed) {
            return removed.is_in_sql && same_name(removed.column.name, field);
        });
    if (!in_use && !is_there) {
        return error(Code::invalid,
                     "table {} has no removed field {} that is kept; see perdure schema show",
                     table->now().name, field);
    }
    Schema dropping;
    dropping.drop(table_name, field);
    WorldOptions opening;
    opening.create = false;
    PERDURE_TAKE(const auto world, World::open(options.directory, dropping, opening));
    return world->close();
}

}  // namespace

ExitCode run_schema_show(const SchemaShowOptions& options) {
    const auto schema = read_schema(options.directory);
    if (!schema) return report(schema.status());
    if (options.json) {
        fmt::print("{}", json_line(schema_json(*schema)));
        return ExitCode::done;
    }
    for (const SchemaTable& table : *schema) show_table(table);
    return ExitCode::done;
}

ExitCode run_schema_diff(const SchemaDiffOptions& options) {
    const auto schema = read_schema(options.directory);
    if (!schema) return report(schema.status());
    if (options.other.empty()) {
        print(history(*schema), options.json);
        return ExitCode::done;
    }
    const auto other = read_schema(options.other);
    if (!other) return report(other.status());
    const Differences found = between(*schema, *other);
    print(found, options.json);
    return found.empty() ? ExitCode::done : ExitCode::no;
}

ExitCode run_schema_drop(const SchemaDropOptions& options) {
    const Status dropped = drop(options);
    if (!dropped.ok()) return report(dropped);
    fmt::print("dropped what {} held\n", options.field);
    return ExitCode::done;
}

}  // namespace perdure::cli
