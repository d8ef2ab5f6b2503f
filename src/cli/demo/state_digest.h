// The digest of the demonstration's state in memory: all of its components, as the tick that is
// being made would leave them.
//
// Unlike the registry's own digest it leaves out which ids are reserved: every life of a world
// reserves anew, at its first commit. So the same tick has the same digest in every life.
//
// Thread rule: the world's thread.
#pragma once

#include "base/checksum.h"
#include "perdure/world.h"

namespace perdure::cli::demo {

[[nodiscard]] Hash128 state_digest(World& world);

}  // namespace perdure::cli::demo
