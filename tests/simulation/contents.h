// Reading what a world holds, in plain text, to be compared with the model.
#pragma once

#include "engine/engine.h"
#include "simulation/model.h"

namespace perdure::simulation {

// Rows of a scan that come at once; small, so that worlds of a few rows have several pages.
inline constexpr std::uint32_t page_rows = 3;

// Where the columns of `expected` are in the table; `wrong` if they are not just those.
Result<std::vector<std::size_t>> match_columns(const TableDefinition& table, const State& expected);
void take_rows(const Batch& batch, const std::vector<std::size_t>& columns, Rows& to);

// Every row of every table as of now: user tables through a view, the tables of components as a
// world reads them when it opens, so before the first commit. Cells come in the order of
// `expected`'s columns; `corrupt` if the columns differ.
Result<Contents> read_all(engine::Engine& engine, const State& expected);
// User tables only; at any time. `lsn` is the change set that the view shows.
Result<Contents> read_user_tables(engine::Engine& engine, const State& expected, bool durable_only,
                                  Lsn& lsn);
// The rows of one table as the store has them, without what is pending. `expected` is how it is
// known.
Result<Rows> read_stored(engine::Engine& engine, const ModelTable& expected);

}  // namespace perdure::simulation
