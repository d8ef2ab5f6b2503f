// Crops: sown by walkers on fertile columns, ripe after a while, gone when harvested.
#pragma once

#include <cstdint>

#include "cli/demo/tick_work.h"

namespace perdure::cli::demo {

inline constexpr std::uint8_t crop_stage_ripe = 4;
inline constexpr std::uint64_t crop_stage_ticks = 200;

// Crops whose time has come go to their next stage.
void grow_crops(TickWork& work);

// Harvests what is ripe at the walker's feet, or perhaps sows; into the bag. Returns the wheat.
std::uint32_t work_field(TickWork& work, const Cell& cell);

}  // namespace perdure::cli::demo
