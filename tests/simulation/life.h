// Life: one life of a simulated world: engine and entities together, as the world layer keeps them,
// but on a machine whose disk and store outlive it, and without threads.
//
// Thread rule: one thread. It must end before its surroundings.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "entities/registry.h"
#include "io/clock.h"
#include "io/file_system.h"
#include "perdure/entities.h"
#include "perdure/snapshot.h"
#include "perdure/transaction.h"
#include "simulation/small_world.h"

namespace perdure::simulation {

struct LifeOptions {
    journal::Options journal;
    engine::PendingLimits pending;
    std::uint32_t drain_interval_ms = 20;
    std::uint64_t drain_bytes = 64ULL << 10;
};

class Life {
public:
    // Opens, or makes, the store of this world in a file of this path.
    using OpenStore = std::function<Result<std::unique_ptr<store::Store>>(const std::string& path,
                                                                          const Uuid& world)>;

    // Opens the engine: what it recovered can be read now. Nothing is declared, nobody lives yet.
    static Result<std::unique_ptr<Life>> open(io::FileSystem& files, const io::Clock& clock,
                                              const LifeOptions& options, OpenStore open_store);
    // Declares what the variant knows and brings its entities to life. `reserve` is asked to commit
    // ids.
    Status start(Variant variant, std::function<Status(const Batch&)> reserve);

    // As World::commit().
    Result<Token> commit(const CommitOptions& options);
    [[nodiscard]] Transaction begin();
    // As World::poll().
    void poll();

    [[nodiscard]] engine::Engine& engine() noexcept { return *engine_; }
    [[nodiscard]] Entities& entities() noexcept { return *entities_; }
    [[nodiscard]] Transaction& tick() noexcept { return *tick_; }
    // What the registry had to repair when it was loaded.
    [[nodiscard]] const std::vector<std::string>& remarks() const noexcept { return remarks_; }

private:
    Life() = default;
    void settle_reservation();

    // Ids that the tick of this token reserves: they may be handed out once it is durable.
    std::optional<std::pair<Token, std::uint64_t>> reservation_;
    std::unique_ptr<engine::Engine> engine_;
    std::unique_ptr<entities::Registry> registry_;
    std::unique_ptr<Entities> entities_;
    std::unique_ptr<Transaction> tick_;
    std::vector<std::string> remarks_;
};

}  // namespace perdure::simulation
