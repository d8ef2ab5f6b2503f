#include "cli/world_schema.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/store_view.h"
#include "engine/world_directory.h"
#include "io/posix_file_system.h"
#include "model/catalog.h"

namespace perdure::cli {

namespace {

constexpr std::uint64_t dump_bytes_max = 64ULL << 20;
constexpr const char* catalog_query =
    "SELECT lsn, definition FROM _perdure_catalog ORDER BY sequence";
constexpr const char* tables_query = "SELECT name, sql FROM sqlite_schema WHERE type = 'table'";

using Json = nlohmann::ordered_json;

void find_removed(SchemaTable& table) {
    std::map<std::uint16_t, RemovedColumn> removed;
    for (std::size_t at = 1; at < table.versions.size(); ++at) {
        const SchemaVersion& to = table.versions[at];
        for (const Column& column : table.versions[at - 1].definition.columns) {
            if (column.name.front() == '_' || to.definition.find_number(column.number)) continue;
            removed[column.number] = {column, to.lsn, false};
        }
    }
    for (auto& [number, column] : removed) table.removed.push_back(std::move(column));
}

Result<WorldSchema> read_world(const std::string& directory) {
    io::PosixFileSystem files;
    const engine::WorldDirectory world(files, directory);
    PERDURE_TRY(world.read_identity().status());
    PERDURE_TAKE(const StoreView store, StoreView::open(files, world));
    PERDURE_TAKE(const auto catalog, store.ask(catalog_query));
    std::map<TableId, SchemaTable> tables;
    for (const auto& row : catalog.rows) {
        const auto* lsn = row[0].get_if<std::int64_t>();
        const auto* bytes = row[1].get_if<Bytes>();
        if (lsn == nullptr || bytes == nullptr) {
            return error(Code::corrupt, "{}: a row of _perdure_catalog is not of our making",
                         world.store());
        }
        ByteSpan encoded(*bytes);
        PERDURE_TAKE(TableDefinition definition, decode_definition(encoded));
        const TableId id = definition.id;
        tables[id].versions.push_back({std::move(definition), static_cast<std::uint64_t>(*lsn)});
    }
    PERDURE_TAKE(const auto in_sql, store.ask(tables_query));
    WorldSchema schema;
    for (auto& [id, table] : tables) {
        find_removed(table);
        for (const auto& row : in_sql.rows) {
            const auto* name = row[0].get_if<std::string>();
            const auto* sql = row[1].get_if<std::string>();
            if (name == nullptr || sql == nullptr) continue;
            if (*name != table.now().name && *name != "_" + table.now().name) continue;
            for (RemovedColumn& one : table.removed) {
                const std::string kept =
                    fmt::format("\"_removed_{}_{}\"", one.column.number, one.column.name);
                one.is_in_sql = one.is_in_sql || sql->find(kept) != std::string::npos;
            }
        }
        schema.push_back(std::move(table));
    }
    return schema;
}

Json column_json(const Column& column) {
    return {{"number", column.number},
            {"name", column.name},
            {"type", column.type.name()},
            {"nullable", column.nullable}};
}

std::optional<ColumnType> parse_type(const std::string& name) {
    for (int kind = 1; kind <= static_cast<int>(ColumnKind::uuid); ++kind) {
        const ColumnType type{static_cast<ColumnKind>(kind), ColumnKind::u8, 0};
        if (type.name() == name) return type;
        const std::string array = fmt::format("array<{},", type.name());
        if (!name.starts_with(array)) continue;
        const std::string count = name.substr(array.size());
        if (count.size() < 2 || count.size() > 6 || count.back() != '>' ||
            count.find_first_not_of("0123456789") != count.size() - 1) {
            return std::nullopt;
        }
        return ColumnType{ColumnKind::array, type.kind,
                          static_cast<std::uint32_t>(std::stoul(count))};
    }
    return std::nullopt;
}

Result<Column> parse_column(const Json& json) {
    Column column;
    column.number = json.at("number").get<std::uint16_t>();
    column.name = json.at("name").get<std::string>();
    column.nullable = json.at("nullable").get<bool>();
    const auto type = parse_type(json.at("type").get<std::string>());
    if (!type) return error(Code::invalid, "{} is of no type that is known", column.name);
    column.type = *type;
    return column;
}

Result<SchemaTable> parse_table(const Json& json) {
    SchemaTable table;
    SchemaVersion now;
    TableDefinition& definition = now.definition;
    definition.id = json.at("id").get<TableId>();
    definition.name = json.at("name").get<std::string>();
    definition.version = json.at("version").get<std::uint32_t>();
    definition.category = json.at("category").get<std::string>();
    definition.append_only = json.at("append_only").get<bool>();
    definition.resident = json.at("component").get<bool>() || json.value("relation", false);
    definition.key_columns = json.at("key_columns").get<std::uint16_t>();
    now.lsn = json.at("lsn").get<std::uint64_t>();
    for (const Json& one : json.at("columns")) {
        PERDURE_TAKE(Column column, parse_column(one));
        definition.columns.push_back(std::move(column));
    }
    table.versions.push_back(std::move(now));
    return table;
}

Result<WorldSchema> parse_dump(const std::string& path) {
    io::PosixFileSystem files;
    PERDURE_TAKE(const std::string text, io::read_file(files, path, dump_bytes_max));
    try {
        WorldSchema schema;
        const Json dump = Json::parse(text);
        for (const Json& one : dump.at("tables")) {
            PERDURE_TAKE(SchemaTable table, parse_table(one));
            schema.push_back(std::move(table));
        }
        return schema;
    } catch (const nlohmann::json::exception& wrong) {
        return error(Code::invalid, "{} is not what perdure schema show --json prints: {}", path,
                     wrong.what());
    }
}

}  // namespace

std::uint64_t SchemaTable::since(std::uint16_t number) const {
    for (const SchemaVersion& version : versions) {
        if (version.definition.find_number(number)) return version.lsn;
    }
    return 0;
}

Result<WorldSchema> read_schema(const std::string& place) {
    io::PosixFileSystem files;
    PERDURE_TAKE(const bool is_world, files.exists(io::join_path(place, "identity")));
    if (!is_world && place.ends_with(".json")) return parse_dump(place);
    return read_world(place);
}

Json schema_json(const WorldSchema& schema) {
    Json tables = Json::array();
    for (const SchemaTable& table : schema) {
        const TableDefinition& now = table.now();
        Json json{{"id", now.id},
                  {"name", now.name},
                  {"version", now.version},
                  {"lsn", table.versions.back().lsn},
                  {"since", table.versions.front().lsn},
                  {"category", now.category},
                  {"append_only", now.append_only},
                  {"component", now.resident && !is_relation(now)},
                  {"relation", is_relation(now)},
                  {"key_columns", now.key_columns},
                  {"conversions", now.conversions},
                  {"columns", Json::array()},
                  {"removed", Json::array()}};
        for (const Column& column : now.columns) {
            Json one = column_json(column);
            one["since"] = table.since(column.number);
            json["columns"].push_back(std::move(one));
        }
        for (const RemovedColumn& removed : table.removed) {
            Json one = column_json(removed.column);
            one["until"] = removed.lsn;
            one["in_sql"] = removed.is_in_sql;
            json["removed"].push_back(std::move(one));
        }
        tables.push_back(std::move(json));
    }
    return {{"tables", std::move(tables)}};
}

bool is_relation(const TableDefinition& table) noexcept {
    return table.resident && table.key_columns == 2;
}

std::string column_text(const Column& column) {
    return column.type.name() + (column.nullable ? ", may be null" : "");
}

}  // namespace perdure::cli
