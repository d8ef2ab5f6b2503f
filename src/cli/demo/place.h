// Whether the demonstration can live in a directory, found out before anything there is opened or
// made.
//
// Thread rule: any thread.
#pragma once

#include "cli/demo/demo.h"
#include "cli/demo/ground.h"
#include "perdure/status.h"
#include "perdure/world.h"

namespace perdure::cli::demo {

// `invalid` if there is a world that is not the demonstration's, or one that was made otherwise
// than the options ask. Looks only at what the store holds; check_founded() has the last word.
[[nodiscard]] Status check_place(const DemoOptions& options);

// The same of an open world that has been founded.
[[nodiscard]] Status check_founded(World& world, const DemoOptions& options);

// The ground for a new world; `invalid` if the options ask for more than there is.
[[nodiscard]] Result<Surface> ground_for(const DemoOptions& options);

}  // namespace perdure::cli::demo
