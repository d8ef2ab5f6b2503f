// Reading what a world holds, in plain text, to be compared with the model.
#pragma once

#include "engine/engine.h"
#include "simulation/model.h"

namespace perdure::simulation {

// Every row of every table as of now: user tables through a view, the tables of components as a
// world reads them when it opens, so before the first commit. Cells come in the order of
// `expected`'s columns; `corrupt` if the columns differ.
Result<Contents> read_all(engine::Engine& engine, const State& expected);
// User tables only; at any time. `lsn` is the change set that the view shows.
Result<Contents> read_user_tables(engine::Engine& engine, const State& expected, bool durable_only,
                                  Lsn& lsn);

}  // namespace perdure::simulation
