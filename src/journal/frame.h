// Frame: one change set as bytes. docs/format/journal.md, "Frames". frame_decoder.h is the way
// back.
//
// Encoding trusts its caller: what cannot be is an assertion.
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/change_set.h"

namespace perdure::journal {

// What encode_frame() writes at most. Exact but for key columns, which usually shrink.
[[nodiscard]] std::uint64_t frame_bytes_max(const ChangeSet& changes);

// `invalid` if the change set is beyond what a frame can say.
Status check_frame(const ChangeSet& changes);

// Writes the frame of a change set that passed check_frame(); returns its end, at most
// frame_bytes_max() away. Empty batches and ephemeral ones are left out.
std::byte* encode_frame(const ChangeSet& changes, std::byte* to);

}  // namespace perdure::journal
