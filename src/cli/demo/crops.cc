#include "cli/demo/crops.h"

#include <algorithm>

namespace perdure::cli::demo {

namespace {

constexpr std::uint32_t harvest_max = 3;
constexpr std::uint32_t sow_once_in = 8;

}  // namespace

void grow_crops(TickWork& work) {
    // The order of rows may differ after a restart, so nothing here draws from the world's chance.
    work.entities.each<Crop>([&](Entity node, const Crop& crop) {
        const std::uint64_t age = work.tick - crop.planted_tick;
        const auto stage = static_cast<std::uint8_t>(
            std::min<std::uint64_t>(age / crop_stage_ticks, crop_stage_ripe));
        if (stage != crop.stage) work.edit<Crop>(node).stage = stage;
    });
}

std::uint32_t work_field(TickWork& work, const Cell& cell) {
    if (!traits(cell.land).fertile) return 0;
    const Crop* crop = work.entities.get<Crop>(cell.node);
    if (crop == nullptr) {
        if (work.rolls.once_in(sow_once_in)) {
            work.entities.set(cell.node, Crop{0, work.tick});
            ++work.counts.changes;
        }
        return 0;
    }
    if (crop->stage < crop_stage_ripe) return 0;
    work.entities.remove<Crop>(cell.node);
    ++work.counts.changes;
    return 1 + work.rolls.below(harvest_max);
}

}  // namespace perdure::cli::demo
