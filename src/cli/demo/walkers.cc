#include "cli/demo/walkers.h"

#include <algorithm>

#include "cli/demo/crops.h"
#include "cli/demo/trades.h"

namespace perdure::cli::demo {

namespace {

constexpr std::int16_t hungry_below = 200;
constexpr std::int16_t rest_gives = 2;
constexpr std::uint32_t turn_once_in = 24;
constexpr std::uint32_t fish_once_in = 5;
constexpr std::uint32_t apple_once_in = 2;

// Eats one of what the bag has most of. False if there is nothing.
bool eat(TickWork& work, Entity entity, Walker& walker) {
    const Bag held = *work.entities.get<Bag>(entity);
    const Good* meal = &goods[0];
    for (const Good& good : goods) {
        if (held.*good.held > held.*meal->held) meal = &good;
    }
    if (held.*meal->held == 0) return false;
    work.edit<Bag>(entity).*meal->held -= 1;
    work.totals.*meal->eaten += 1;
    work.counts.meals += 1;
    walker.energy = static_cast<std::int16_t>(walker.energy + meal->energy);
    return true;
}

void take(TickWork& work, Entity entity, const Good& good, std::uint32_t amount) {
    const std::uint32_t held = work.entities.get<Bag>(entity)->*good.held;
    amount = std::min(amount, held < bag_room ? bag_room - held : 0);
    if (amount == 0) return;
    work.edit<Bag>(entity).*good.held += amount;
    work.totals.*good.produced += amount;
}

// What the land gives here: wheat on a ripe field, apples beside broadleaves, fish beside water.
void gather(TickWork& work, Entity entity, CellIndex here) {
    if (const std::uint32_t wheat = work_field(work, work.terrain.at(here)); wheat > 0) {
        work.counts.harvests += 1;
        take(work, entity, goods[0], wheat);
    }
    if (work.rolls.once_in(apple_once_in) && work.terrain.borders(here, Land::broadleaf)) {
        take(work, entity, goods[1], 1);
    }
    if (work.rolls.once_in(fish_once_in) && work.terrain.borders(here, Land::water)) {
        take(work, entity, goods[2], 1);
    }
}

void turn(TickWork& work, Walker& walker) {
    walker.heading = static_cast<std::uint8_t>(work.rolls.below(4));
}

}  // namespace

Walkers::Walkers(Entities& entities, const Terrain& terrain) {
    entities.each<Walker, Position>([&](Entity entity, const Walker&, const Position& at) {
        walkers_.push_back({entity, terrain.index(at.x, at.z)});
    });
    std::sort(walkers_.begin(), walkers_.end(),
              [](const Place& left, const Place& right) { return left.walker < right.walker; });
}

Status Walkers::act(TickWork& work) {
    for (std::size_t at = work.tick % walker_pace; at < walkers_.size(); at += walker_pace) {
        if (Status done = act_one(work, walkers_[at]); !done.ok()) return done;
    }
    return {};
}

Status Walkers::act_one(TickWork& work, Place& place) {
    const Walker before = *work.entities.get<Walker>(place.walker);
    Walker walker = before;
    Status done;
    if (walker.energy < hungry_below) eat(work, place.walker, walker);
    if (walker.energy <= 0) {
        walker.energy = rest_gives;
    } else {
        done = walk(work, place, walker);
    }
    if (walker.heading != before.heading || walker.energy != before.energy) {
        work.edit<Walker>(place.walker) = walker;
    }
    return done;
}

Status Walkers::walk(TickWork& work, Place& place, Walker& walker) {
    Terrain& terrain = work.terrain;
    if (work.rolls.once_in(turn_once_in)) turn(work, walker);
    const CellIndex next = terrain.neighbour(place.cell, walker.heading);
    if (!terrain.can_step(place.cell, next)) {
        turn(work, walker);
        return {};
    }
    if (const Entity other = terrain.at(next).walker) {
        turn(work, walker);
        return bargain(work, place.walker, other);
    }
    terrain.at(place.cell).walker = no_entity;
    terrain.at(next).walker = place.walker;
    place.cell = next;
    work.edit<Position>(place.walker) = {
        terrain.x_of(next), static_cast<float>(terrain.at(next).height + 1), terrain.z_of(next)};
    walker.energy = static_cast<std::int16_t>(walker.energy - 1);
    work.counts.moves += 1;
    gather(work, place.walker, next);
    return {};
}

}  // namespace perdure::cli::demo
