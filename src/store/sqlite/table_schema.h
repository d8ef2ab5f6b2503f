// Changes of the schema: tables that follow their definitions, and the views over them.
//
// Within the caller's transaction.
#pragma once

#include <span>

#include "perdure/status.h"
#include "perdure/table.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace perdure::store::sqlite {

// Makes the table of `to`, or brings it there from the version `from`.
Status change_table(Connection& connection, const TableDefinition* from, const TableDefinition& to);

// What columns of these numbers, removed in earlier versions, still hold; views go too.
Status drop_removed_columns(Connection& connection, const TableDefinition& in_force,
                            std::span<const std::uint16_t> numbers);

// Whether the views in the database are exactly these.
Result<bool> views_are(Connection& connection, std::span<const View> views);
Status replace_views(Connection& connection, std::span<const View> views);

}  // namespace perdure::store::sqlite
