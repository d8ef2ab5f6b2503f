// What the demonstration's world is made of: plain structs, and the schema that makes them tables.
//
// One entity per column of the ground (Position, Node, perhaps Crop), one per walker (Position,
// Walker, Purse, Bag); what exists once is on the world itself (Settings, Dice, Calendar, Totals).
#pragma once

#include <cstdint>
#include <string>

#include "perdure/component.h"
#include "perdure/schema.h"

namespace perdure::cli::demo {

struct Position {
    float x = 0;
    float y = 0;  // height
    float z = 0;
};
PERDURE_COMPONENT(Position, x, y, z);

struct Node {
    std::string name;  // "default:dirt_with_grass"
};
PERDURE_COMPONENT(Node, name);

struct Crop {
    std::uint8_t stage = 0;  // crop_stage_ripe: may be harvested
    std::uint64_t planted_tick = 0;
};
PERDURE_COMPONENT(Crop, stage, planted_tick);

struct Walker {
    std::uint8_t heading = 0;  // 0 east, 1 north, 2 west, 3 south
    std::int16_t energy = 0;
};
PERDURE_COMPONENT(Walker, heading, energy);

struct Purse {
    std::int64_t coins = 0;
};
PERDURE_COMPONENT(Purse, coins);

struct Bag {
    std::uint32_t wheat = 0;
    std::uint32_t apples = 0;
    std::uint32_t fish = 0;
};
PERDURE_COMPONENT(Bag, wheat, apples, fish);

struct Settings {
    std::uint64_t seed = 0;
    std::uint32_t width = 0;
    std::uint32_t depth = 0;
    std::uint32_t walkers = 0;
};
PERDURE_COMPONENT(Settings, seed, width, depth, walkers);

struct Dice {
    std::uint64_t state = 0;
};
PERDURE_COMPONENT(Dice, state);

struct Calendar {
    std::uint32_t day = 1;
    std::uint32_t minute = 0;  // of the day; a tick is a minute
};
PERDURE_COMPONENT(Calendar, day, minute);

// The books of the whole world. Coins stay what they were; of every kind of goods, what is in the
// bags is what was produced less what was eaten. `ledger` is the sum of the hashes of all rows in
// `trades`.
struct Totals {
    std::int64_t coins = 0;
    std::uint64_t wheat_produced = 0;
    std::uint64_t wheat_eaten = 0;
    std::uint64_t apples_produced = 0;
    std::uint64_t apples_eaten = 0;
    std::uint64_t fish_produced = 0;
    std::uint64_t fish_eaten = 0;
    std::uint64_t trades = 0;
    std::int64_t coins_traded = 0;
    std::uint64_t ledger = 0;
};
PERDURE_COMPONENT(Totals, coins, wheat_produced, wheat_eaten, apples_produced, apples_eaten,
                  fish_produced, fish_eaten, trades, coins_traded, ledger);

// A kind of goods: where it is counted, what it costs and what eating one is worth.
struct Good {
    const char* name;
    std::uint32_t Bag::*held;
    std::uint64_t Totals::*produced;
    std::uint64_t Totals::*eaten;
    std::int64_t price;
    std::int16_t energy;
};
inline constexpr Good goods[] = {
    {"wheat", &Bag::wheat, &Totals::wheat_produced, &Totals::wheat_eaten, 2, 90},
    {"apples", &Bag::apples, &Totals::apples_produced, &Totals::apples_eaten, 3, 80},
    {"fish", &Bag::fish, &Totals::fish_produced, &Totals::fish_eaten, 4, 120},
};

// The components above, and the tables `trades` (one row per trade) and `tick_summaries` (one per
// tick).
[[nodiscard]] Schema demo_schema();

}  // namespace perdure::cli::demo
