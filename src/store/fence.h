// The fence: who may write, and from where. One rule and one wording for all stores.
#pragma once

#include <string_view>

#include "perdure/status.h"
#include "store/store.h"

namespace perdure::store {

// `conflict`, naming both sides, if a store that `owner_epoch` owns and that is at `visible` must
// refuse.
[[nodiscard]] Status check_fence(std::string_view store, std::uint64_t owner_epoch,
                                 const Watermark& visible, const Fence& fence);
[[nodiscard]] Status check_take_over(std::string_view store, std::uint64_t owner_epoch,
                                     std::uint64_t wanted_epoch);

}  // namespace perdure::store
