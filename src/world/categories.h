// The categories in force, kept with the world in the table "_categories", so that tools know them
// without the program: which tables are ephemeral, for one.
#pragma once

#include <vector>

#include "engine/engine.h"

namespace perdure {

[[nodiscard]] TableDefinition categories_definition();

// Commits the rows that differ from what the world has; waits until they are durable.
Status keep_categories(engine::Engine& engine, const std::vector<Category>& categories);

// What a row of the table says. `corrupt` if it is not one.
Result<Category> read_category(const Batch& batch, std::uint32_t row);

}  // namespace perdure
