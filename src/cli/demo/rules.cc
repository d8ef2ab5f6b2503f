#include "cli/demo/rules.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "cli/demo/crops.h"

namespace perdure::cli::demo {

namespace {

constexpr std::uint32_t goods_at_first_max = 12;  // of each kind
constexpr std::uint32_t minutes_a_day = 24 * 60;

Position position_of(const Surface& surface, std::size_t column, int height) {
    const std::size_t z = column / surface.width;
    return {static_cast<float>(column % surface.width), static_cast<float>(height),
            static_cast<float>(z)};
}

void found_ground(Entities& entities, const Surface& surface) {
    std::vector<Entity> ids;
    std::vector<Position> positions;
    std::vector<Node> nodes;
    ids.reserve(surface.columns());
    positions.reserve(surface.columns());
    nodes.reserve(surface.columns());
    for (std::size_t column = 0; column < surface.columns(); ++column) {
        ids.push_back(entities.create());
        positions.push_back(position_of(surface, column, surface.heights[column]));
        nodes.push_back({surface.name(column)});
    }
    entities.set_many<Position>(ids, positions);
    entities.set_many<Node>(ids, nodes);
}

std::vector<std::uint32_t> walkable_columns(const Surface& surface) {
    std::vector<bool> walkable;
    for (const std::string& name : surface.names) {
        walkable.push_back(traits(land_of(name)).walkable);
    }
    std::vector<std::uint32_t> columns;
    for (std::uint32_t column = 0; column < surface.columns(); ++column) {
        if (walkable[surface.nodes[column]]) columns.push_back(column);
    }
    return columns;
}

void found_walker(Entities& entities, const Surface& surface, std::uint32_t column, Rolls& rolls,
                  Totals& totals) {
    const Entity walker = entities.create();
    entities.set(walker, position_of(surface, column, surface.heights[column] + 1));
    entities.set(walker, Walker{static_cast<std::uint8_t>(rolls.below(4)),
                                static_cast<std::int16_t>(rolls.below(walker_energy_max))});
    entities.set(walker, Purse{coins_at_first});
    totals.coins += coins_at_first;
    Bag bag;
    for (const Good& good : goods) {
        bag.*good.held = rolls.below(goods_at_first_max + 1);
        totals.*good.produced += bag.*good.held;
    }
    entities.set(walker, bag);
}

const Settings& settings_of(World& world) { return *world.entities().get<Settings>(world_entity); }

}  // namespace

Result<std::uint32_t> choose_walkers(const Surface& surface, std::uint32_t walkers) {
    const auto room = static_cast<std::uint32_t>(walkable_columns(surface).size());
    const std::uint32_t chosen = walkers != 0 ? walkers : std::min(walkers_usual, room / 8);
    if (chosen == 0 || chosen > room / 2) {
        return error(Code::invalid, "{} walkers; this ground has room for 1 to {}", chosen,
                     room / 2);
    }
    return chosen;
}

Status found(World& world, const Surface& surface, const Founding& founding) {
    PERDURE_TAKE(const std::uint32_t walkers, choose_walkers(surface, founding.walkers));
    std::vector<std::uint32_t> room = walkable_columns(surface);
    const auto columns = static_cast<std::uint32_t>(room.size());
    Entities& entities = world.entities();
    found_ground(entities, surface);
    Rolls rolls(founding.seed);
    Totals totals;
    for (std::uint32_t placed = 0; placed < walkers; ++placed) {
        const std::uint32_t rest = columns - placed;
        std::swap(room[placed], room[placed + rolls.below(rest)]);
        found_walker(entities, surface, room[placed], rolls, totals);
    }
    entities.set(world_entity, Settings{founding.seed, surface.width, surface.depth, walkers});
    entities.set(world_entity, Dice{rolls.state()});
    entities.set(world_entity, Calendar{});
    entities.set(world_entity, totals);
    return {};
}

bool is_founded(World& world) { return world.entities().has<Settings>(world_entity); }

Rules::Rules(World& world)
    : world_(world),
      terrain_(world.entities(), settings_of(world).width, settings_of(world).depth),
      walkers_(world.entities(), terrain_) {}

Result<TickCounts> Rules::step() {
    Entities& entities = world_.entities();
    Rolls rolls(entities.get<Dice>(world_entity)->state);
    Totals totals = *entities.get<Totals>(world_entity);
    TickCounts counts;
    TickWork work{world_.next_tick(), entities, world_.tick(), terrain_, rolls, totals, counts};
    grow_crops(work);
    PERDURE_TRY(walkers_.act(work));

    entities.set(world_entity, Dice{rolls.state()});
    entities.set(world_entity, totals);
    Calendar& calendar = work.edit<Calendar>(world_entity);
    counts.changes += 3;  // dice, totals and the summary below
    calendar.minute = (calendar.minute + 1) % minutes_a_day;
    if (calendar.minute == 0) ++calendar.day;
    PERDURE_TRY(work.staged.append("tick_summaries", {{"tick", work.tick},
                                                      {"moves", counts.moves},
                                                      {"meals", counts.meals},
                                                      {"harvests", counts.harvests},
                                                      {"trades", counts.trades},
                                                      {"trades_so_far", totals.trades},
                                                      {"coins_traded_so_far", totals.coins_traded},
                                                      {"ledger", totals.ledger}}));
    return counts;
}

}  // namespace perdure::cli::demo
