// Rules: how the demonstration's world is founded and what happens in it, tick by tick. They know
// the public API only, and everything they go by is in the world: stopped and opened again, it goes
// on as if nothing had happened.
//
//     if (world.next_tick() == 1) { found(world, surface, {.seed = 7}); world.commit(); }
//     Rules rules(world);
//     for (;;) { rules.step(); world.commit(); }
//
// Thread rule: the world's thread. The world must outlive the rules.
#pragma once

#include <cstdint>

#include "cli/demo/ground.h"
#include "cli/demo/terrain.h"
#include "cli/demo/tick_work.h"
#include "cli/demo/walkers.h"
#include "perdure/status.h"
#include "perdure/world.h"

namespace perdure::cli::demo {

inline constexpr std::int64_t coins_at_first = 100;  // in every purse

inline constexpr std::uint32_t walkers_usual = 10'000;

struct Founding {
    std::uint64_t seed = 1;
    std::uint32_t walkers = 0;  // 0: as many as are usual on such a ground, at most walkers_usual
};

// How many walkers there will be: so many, or, for 0, what is usual. `invalid` if the ground has
// too little room: every second walkable column may hold a walker.
[[nodiscard]] Result<std::uint32_t> choose_walkers(const Surface& surface, std::uint32_t walkers);

// Makes ground and walkers of an empty world; the caller commits, and that is the first tick.
// `invalid` as choose_walkers() says.
[[nodiscard]] Status found(World& world, const Surface& surface, const Founding& founding);

// Whether found() made this world. An empty one is not.
[[nodiscard]] bool is_founded(World& world);

class Rules {
public:
    // Of a founded world.
    explicit Rules(World& world);

    // Stages the next tick: components changed, rows appended. Call once, then commit until
    // accepted.
    [[nodiscard]] Result<TickCounts> step();

    [[nodiscard]] const Terrain& terrain() const noexcept { return terrain_; }
    [[nodiscard]] std::size_t walkers() const noexcept { return walkers_.count(); }

private:
    World& world_;
    Terrain terrain_;
    Walkers walkers_;
};

}  // namespace perdure::cli::demo
