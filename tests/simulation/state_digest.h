// StateDigest: the digest of what the model keeps, as docs/format/digest.md says, byte by byte from
// plain text. It shares no code with the engine's but the hash function.
//
// Thread rule: pure functions.
#pragma once

#include "base/checksum.h"
#include "simulation/model.h"

namespace perdure::simulation {

// What these rows of the table add to the state's digest.
[[nodiscard]] Hash128 digest_of(const ModelTable& table, const Rows& rows);

}  // namespace perdure::simulation
