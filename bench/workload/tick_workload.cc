#include "workload/tick_workload.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "workload/random_values.h"

namespace perdure::bench {
namespace {

constexpr std::size_t index_set_bytes_max = std::size_t{256} << 20;

enum ComponentNumber : std::uint64_t {
    position_number,
    velocity_number,
    health_number,
    inventory_number,
    choice_number
};

// `count` distinct numbers below `limit`, ascending. Draws the smaller of the set and its
// complement into a bitmap.
std::vector<std::uint32_t> draw_ascending(std::uint32_t limit, std::uint32_t count,
                                          const ValueStream& stream) {
    const bool complement = count > limit / 2;
    const std::uint32_t draws = complement ? limit - count : count;
    std::vector<std::uint64_t> bitmap((limit + 63) / 64, 0);
    std::uint64_t number = 0;
    for (std::uint32_t drawn = 0; drawn < draws;) {
        const std::uint64_t index = ((stream.word(number++) >> 32) * limit) >> 32;
        const std::uint64_t bit = std::uint64_t{1} << (index % 64);
        if ((bitmap[index / 64] & bit) == 0) {
            bitmap[index / 64] |= bit;
            ++drawn;
        }
    }
    std::vector<std::uint32_t> chosen;
    chosen.reserve(count);
    for (std::uint32_t index = 0; index < limit; ++index) {
        const bool marked = ((bitmap[index / 64] >> (index % 64)) & 1) != 0;
        if (marked != complement) {
            chosen.push_back(index);
        }
    }
    return chosen;
}

template <typename Value>
std::optional<std::string> first_difference_in(const char* component,
                                               const std::vector<Value>& expected,
                                               const std::vector<Value>& found) {
    if (expected.size() != found.size()) {
        return std::string(component) + ": " + std::to_string(found.size()) + " rows instead of " +
               std::to_string(expected.size());
    }
    for (std::size_t entity = 0; entity < expected.size(); ++entity) {
        if (std::memcmp(&expected[entity], &found[entity], sizeof(Value)) != 0) {
            return std::string(component) + " of entity " + std::to_string(entity);
        }
    }
    return std::nullopt;
}

}  // namespace

WorldArrays WorldArrays::of_size(std::size_t entities) {
    return {std::vector<Position>(entities), std::vector<Velocity>(entities),
            std::vector<Health>(entities), std::vector<Inventory>(entities)};
}

std::optional<std::string> first_difference(const WorldArrays& expected, const WorldArrays& found) {
    if (auto difference = first_difference_in("position", expected.positions, found.positions))
        return difference;
    if (auto difference = first_difference_in("velocity", expected.velocities, found.velocities))
        return difference;
    if (auto difference = first_difference_in("health", expected.healths, found.healths))
        return difference;
    return first_difference_in("inventory", expected.inventories, found.inventories);
}

std::size_t TickChanges::updates() const {
    return positions.size() + velocities.size() + healths.size() + inventories.size();
}

std::size_t TickChanges::payload_bytes() const {
    return positions.values.size_bytes() + velocities.values.size_bytes() +
           healths.values.size_bytes() + inventories.values.size_bytes();
}

TickWorkloadOptions TickWorkloadOptions::with_fraction(std::uint32_t entities, double fraction) {
    const auto share = [&](double part) {
        return static_cast<std::uint32_t>(entities * part + 0.5);
    };
    TickWorkloadOptions options;
    options.entities = entities;
    options.moved = share(fraction);
    options.hurt = share(fraction / 10);
    options.looted = share(fraction / 100);
    return options;
}

TickWorkload::TickWorkload(const TickWorkloadOptions& options) : options_(options) {
    if (options.entities == 0 ||
        std::max({options.moved, options.hurt, options.looted}) > options.entities) {
        throw std::invalid_argument(
            "tick workload: a tick cannot change more entities than there are");
    }
    const std::size_t set_bytes =
        sizeof(std::uint32_t) * (std::size_t{1} + options.moved + options.hurt + options.looted);
    const std::size_t affordable = std::max<std::size_t>(1, index_set_bytes_max / set_bytes);
    index_sets_.resize(std::clamp<std::size_t>(options.index_sets, 1, affordable));
    for (std::size_t number = 0; number < index_sets_.size(); ++number) {
        const auto draw = [&](std::uint32_t count, std::uint64_t purpose) {
            return draw_ascending(options.entities, count,
                                  {options.seed, number, choice_number + purpose});
        };
        index_sets_[number] = {draw(options.moved, 0), draw(options.hurt, 1),
                               draw(options.looted, 2)};
    }
    new_positions_.resize(options.moved);
    new_velocities_.resize(options.moved);
    new_healths_.resize(options.hurt);
    new_inventories_.resize(options.looted);
    world_ = WorldArrays::of_size(options.entities);
    restart();
}

void TickWorkload::restart() {
    tick_ = 0;
    const ValueStream position_values(options_.seed, 0, position_number);
    const ValueStream velocity_values(options_.seed, 0, velocity_number);
    const ValueStream health_values(options_.seed, 0, health_number);
    const ValueStream inventory_values(options_.seed, 0, inventory_number);
    for (std::uint32_t entity = 0; entity < options_.entities; ++entity) {
        world_.positions[entity] = position_values.position(entity);
        world_.velocities[entity] = velocity_values.velocity(entity);
        world_.healths[entity] = health_values.health(entity);
        world_.inventories[entity] = inventory_values.inventory(entity);
    }
}

TickChanges TickWorkload::next_tick() {
    ++tick_;
    const IndexSet& set = index_sets_[tick_ % index_sets_.size()];
    const ValueStream position_values(options_.seed, tick_, position_number);
    const ValueStream velocity_values(options_.seed, tick_, velocity_number);
    for (std::size_t row = 0; row < set.moved.size(); ++row) {
        const std::uint32_t entity = set.moved[row];
        world_.positions[entity] = new_positions_[row] = position_values.position(entity);
        world_.velocities[entity] = new_velocities_[row] = velocity_values.velocity(entity);
    }
    const ValueStream health_values(options_.seed, tick_, health_number);
    for (std::size_t row = 0; row < set.hurt.size(); ++row) {
        world_.healths[set.hurt[row]] = new_healths_[row] = health_values.health(set.hurt[row]);
    }
    const ValueStream inventory_values(options_.seed, tick_, inventory_number);
    for (std::size_t row = 0; row < set.looted.size(); ++row) {
        world_.inventories[set.looted[row]] = new_inventories_[row] =
            inventory_values.inventory(set.looted[row]);
    }
    return {.tick = tick_,
            .positions = {set.moved, new_positions_},
            .velocities = {set.moved, new_velocities_},
            .healths = {set.hurt, new_healths_},
            .inventories = {set.looted, new_inventories_}};
}

}  // namespace perdure::bench
