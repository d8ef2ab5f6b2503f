// WorldSchema: what tables a world has, how they came to be so, and what removed columns still
// hold; from its store, or from what `perdure schema show --json` printed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "perdure/status.h"
#include "perdure/table.h"

namespace perdure::cli {

struct SchemaVersion {
    TableDefinition definition;
    std::uint64_t lsn = 0;  // of the change set that brought it
};

struct RemovedColumn {
    Column column;           // as it was last
    std::uint64_t lsn = 0;   // of the change set that removed it
    bool is_in_sql = false;  // not dropped yet: SQL has it as _removed_<number>_<name>
};

struct SchemaTable {
    std::vector<SchemaVersion> versions;  // oldest first
    std::vector<RemovedColumn> removed;

    [[nodiscard]] const TableDefinition& now() const { return versions.back().definition; }
    // Of the change set that brought the column of this number.
    [[nodiscard]] std::uint64_t since(std::uint16_t number) const;
};

using WorldSchema = std::vector<SchemaTable>;  // by table id

// `place`: a world's directory, or a file with a dump. `invalid` if it is neither. A store that is
// behind its journal shows what it has.
Result<WorldSchema> read_schema(const std::string& place);

[[nodiscard]] nlohmann::ordered_json schema_json(const WorldSchema& schema);
// Of those that live in memory: its rows are of pairs of entities.
[[nodiscard]] bool is_relation(const TableDefinition& table) noexcept;
[[nodiscard]] std::string column_text(const Column& column);  // "i32, may be null"

}  // namespace perdure::cli
