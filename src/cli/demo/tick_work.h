// TickWork: what the rules share while one tick is made.
#pragma once

#include <cstdint>

#include "cli/demo/components.h"
#include "cli/demo/rolls.h"
#include "cli/demo/terrain.h"
#include "perdure/entities.h"
#include "perdure/transaction.h"

namespace perdure::cli::demo {

struct TickCounts {
    std::uint32_t moves = 0;
    std::uint32_t meals = 0;
    std::uint32_t harvests = 0;
    std::uint32_t trades = 0;
    std::uint32_t changes = 0;  // to components, and rows added
};

struct TickWork {
    std::uint64_t tick;
    Entities& entities;
    Transaction& staged;
    Terrain& terrain;
    Rolls& rolls;
    Totals& totals;  // of the world, as they will be after this tick
    TickCounts& counts;

    // A component to change, counted. It must be there.
    template <typename T>
    [[nodiscard]] T& edit(Entity entity) {
        ++counts.changes;
        return *entities.edit<T>(entity);
    }
};

}  // namespace perdure::cli::demo
