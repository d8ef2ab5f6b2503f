// The tick workload: the same seeded game world, changed the same way, for Perdure and every peer.
//
// A world of `entities` rows with four components. In each tick some entities move (position and
// velocity change together), some are hurt (health), some are looted (inventory). The defaults are
// 10 %, 1 % and 0.1 % of 100,000: 21,100 component updates and 250,400 raw bytes a tick.
//
//   TickWorkload workload({.seed = 7});
//   peer.load(workload.world());
//   for (int i = 0; i < 300; ++i) {
//       const TickChanges changes = workload.next_tick();   // not timed
//       timed([&] { peer.commit(changes, workload.world()); });
//   }
//   auto difference = first_difference(workload.world(), peer.read_back());
//
// Everything is a pure function of (seed, tick). The values are random, so they do not compress,
// and differ from tick to tick. Which entities change repeats after `index_sets` ticks; the values
// never do. next_tick() costs some 40 us at the defaults; keep it outside of what is timed. One
// thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace perdure::bench {

struct Position {
    float x, y, z;
};
struct Velocity {
    float x, y, z;
};
struct Health {
    std::int32_t points;
};
struct Inventory {
    std::array<std::uint8_t, 64> slots;
};

// The present of the world: one array per component, indexed by entity.
struct WorldArrays {
    std::vector<Position> positions;
    std::vector<Velocity> velocities;
    std::vector<Health> healths;
    std::vector<Inventory> inventories;

    // A world of that many entities, all bytes zero: what a peer reads itself back into.
    static WorldArrays of_size(std::size_t entities);
    std::size_t size() const { return positions.size(); }
};

// Names the first row whose bytes differ, for example "velocity of entity 17"; empty if the worlds
// are equal.
std::optional<std::string> first_difference(const WorldArrays& expected, const WorldArrays& found);

// What one tick changes in one component: ascending distinct entities, and as many new values.
template <typename Value>
struct ComponentChanges {
    std::span<const std::uint32_t> entities;
    std::span<const Value> values;
    std::size_t size() const { return entities.size(); }
};

// The spans are valid until the workload's next next_tick() or restart().
struct TickChanges {
    std::uint64_t tick = 0;  // the first one is 1
    ComponentChanges<Position> positions;
    ComponentChanges<Velocity> velocities;
    ComponentChanges<Health> healths;
    ComponentChanges<Inventory> inventories;

    std::size_t updates() const;        // changed components
    std::size_t payload_bytes() const;  // their values alone, without keys
};

struct TickWorkloadOptions {
    std::uint32_t entities = 100'000;
    std::uint32_t moved =
        10'000;  // absolute counts a tick, so {.entities = 2'000'000} changes as much as 100,000 do
    std::uint32_t hurt = 1'000;
    std::uint32_t looted = 100;
    std::uint32_t index_sets =
        64;  // how many different sets of entities; fewer if they would exceed 256 MiB
    std::uint64_t seed = 1;

    // moved = fraction of the entities, hurt a tenth of that, looted a hundredth.
    static TickWorkloadOptions with_fraction(std::uint32_t entities, double fraction);
};

class TickWorkload {
public:
    // Draws the index sets. Throws std::invalid_argument if a count exceeds the number of entities.
    explicit TickWorkload(const TickWorkloadOptions& options);

    const TickWorkloadOptions& options() const { return options_; }

    // The reference world: initial at first, then as it is after the tick last handed out.
    const WorldArrays& world() const { return world_; }
    std::uint64_t tick() const { return tick_; }

    // Makes the next tick, applies it to the reference world, and says what changed.
    TickChanges next_tick();

    // Back to the initial world, for the next run. The ticks that follow are the same again.
    void restart();

private:
    struct IndexSet {
        std::vector<std::uint32_t> moved;
        std::vector<std::uint32_t> hurt;
        std::vector<std::uint32_t> looted;
    };

    TickWorkloadOptions options_;
    std::vector<IndexSet> index_sets_;
    WorldArrays world_;
    std::uint64_t tick_ = 0;

    std::vector<Position> new_positions_;
    std::vector<Velocity> new_velocities_;
    std::vector<Health> new_healths_;
    std::vector<Inventory> new_inventories_;
};

}  // namespace perdure::bench
