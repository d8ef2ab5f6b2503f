// Definitions one after the other, as they stand at the head of a file and in a frame.
//
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "perdure/status.h"
#include "perdure/table.h"

namespace perdure::journal {

// `bytes` must hold exactly `count` definitions.
Result<std::vector<TableDefinition>> decode_definitions(ByteSpan bytes, std::uint32_t count);

}  // namespace perdure::journal
