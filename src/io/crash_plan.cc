#include "io/crash_plan.h"

namespace perdure::io {

CrashPlan CrashPlan::losing_everything() {
    return {.new_chance = 0, .torn_chance = 0, .garbage_chance = 0, .name_chance = 0};
}

CrashPlan CrashPlan::keeping_everything() {
    return {.new_chance = 256, .torn_chance = 0, .garbage_chance = 0, .name_chance = 256};
}

CrashPlan CrashPlan::draw(Random& random) {
    const std::uint64_t character = random.below(16);
    if (character < 2) return losing_everything();
    if (character < 4) return keeping_everything();

    CrashPlan plan;
    if (character < 8) plan.order = CrashOrder::in_order;
    if (character == 8) plan.order = CrashOrder::newest_only;
    std::uint32_t rest = 256;
    plan.new_chance = static_cast<std::uint32_t>(random.below(rest + 1));
    rest -= plan.new_chance;
    plan.torn_chance = random.chance(1, 2) ? static_cast<std::uint32_t>(random.below(rest + 1)) : 0;
    rest -= plan.torn_chance;
    plan.garbage_chance =
        random.chance(1, 2) ? static_cast<std::uint32_t>(random.below(rest + 1)) : 0;
    plan.name_chance = static_cast<std::uint32_t>(random.below(257));
    return plan;
}

}  // namespace perdure::io
