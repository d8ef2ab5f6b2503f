// The store's own tables: `_perdure_world`, one row that every transaction moves, and
// `_perdure_catalog`, one row per version of a table. docs/format/sqlite.md, "Our own tables".
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "perdure/status.h"
#include "perdure/table.h"
#include "perdure/value.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace perdure::store::sqlite {

struct WorldRow {
    Uuid world;
    std::uint64_t owner_epoch = 0;
    Watermark watermark;
    Lsn safe = 0;                   // at the time of writing: never less later
    std::uint64_t definitions = 0;  // how many rows of the catalog belong to this state
};

// Makes both tables, in an empty database, and the row. Within the caller's transaction.
Status create_world_tables(Connection& connection, const Uuid& world);

[[nodiscard]] std::string select_world_row();
// The row that a statement of select_world_row() finds. `corrupt` if there is none.
Result<WorldRow> read_world_row(Statement& select);
// Moves the row to `after` if it is what the fence expects; else `conflict` names both.
Status write_world_row(Connection& connection, Statement& update, const Fence& fence,
                       const WorldRow& after);
[[nodiscard]] std::string update_world_row();

Status insert_definition(Connection& connection, std::uint64_t sequence,
                         const TableDefinition& definition, Lsn lsn);
// Calls `visit` with each, oldest first.
Status read_definitions(Connection& connection,
                        const std::function<void(const TableDefinition&)>& visit);

}  // namespace perdure::store::sqlite
