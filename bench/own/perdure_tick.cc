// Perdure as one of the tick peers: the whole library, its drain into SQLite running beside.
#include "own/perdure_tick.h"

#include <chrono>
#include <memory>
#include <thread>

#include "own/bench_world.h"

namespace perdure::bench {
namespace {

// What the run is given, stated with the results: journal files prepared ahead so that 10,000 ticks
// as fast as they go (2.9 GB) are not a test of zero-filling; at 20 ticks a second the default two
// are plenty.
WorldOptions tick_options(std::uint64_t ticks) {
    WorldOptions options;
    options.journal_bytes_max = 8ULL << 30;
    options.journal_files_ahead = static_cast<std::uint32_t>(2 + ticks * 300'000 / (64U << 20));
    return options;
}

class PerdureTick final : public TickPeer {
public:
    PerdureTick(const TickPeerSetup& setup, bool set_is_timed)
        : directory_((setup.directory / "world").string()),
          options_(tick_options(setup.ticks)),
          set_is_timed_(set_is_timed),
          world_(open_world(directory_, tick_schema(), options_)) {}

    void load(const WorldArrays& world) override {
        ids_ = fill_world(*world_, world);
        wait_until_prepared();
    }

    void change(const TickChanges& changes) override {
        if (!set_is_timed_) change_world(world_->entities(), ids_, changes);
    }

    void commit(const TickChanges& changes, const WorldArrays&) override {
        if (set_is_timed_) change_world(world_->entities(), ids_, changes);
        must(world_->commit({.tick = {}, .level = {}, .wait = true}).status());
    }

    void finish() override { must(world_->close()); }

    WorldArrays read_back() override {
        world_.reset();
        world_ = open_world(directory_, tick_schema(), options_);
        WorldArrays found = WorldArrays::of_size(ids_.size());
        const Entities& entities = world_->entities();
        for (std::size_t i = 0; i < ids_.size(); ++i) {
            if (const auto* value = entities.get<Position>(ids_[i])) found.positions[i] = *value;
            if (const auto* value = entities.get<Velocity>(ids_[i])) found.velocities[i] = *value;
            if (const auto* value = entities.get<Health>(ids_[i])) found.healths[i] = *value;
            if (const auto* value = entities.get<Inventory>(ids_[i])) found.inventories[i] = *value;
        }
        return found;
    }

private:
    void wait_until_prepared() {
        std::uint64_t before = 0;
        for (std::uint64_t now = world_->health().journal_bytes_prepared; now != before;) {
            before = now;
            std::this_thread::sleep_for(std::chrono::milliseconds(500));
            now = world_->health().journal_bytes_prepared;
        }
    }

    const std::string directory_;
    const WorldOptions options_;
    const bool set_is_timed_;
    std::unique_ptr<World> world_;
    std::vector<Entity> ids_;
};

}  // namespace

TickPeerVariants perdure_variants() {
    const auto variant = [](const char* contest, const char* name, bool set_is_timed) {
        return TickPeerVariant{"perdure", contest, name, "flushed each tick",
                               [=](const TickPeerSetup& setup) -> std::unique_ptr<TickPeer> {
                                   return std::make_unique<PerdureTick>(setup, set_is_timed);
                               }};
    };
    return {variant("perdure", "commit, drain to SQLite", false),
            variant("perdure, set", "set and commit, drain to SQLite", true)};
}

}  // namespace perdure::bench
