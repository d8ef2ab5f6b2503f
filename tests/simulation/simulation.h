// Simulation: runs a short random workload and lets the power fail before every operation on disk
// or store that could matter; each time what is left is recovered, judged by the model, and lived
// in for a while. With SQLite, whose operations are many, before some of them.
//
//     Simulation simulation({});
//     for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
//         if (auto failure = simulation.run(seed)) …     // and again with {.log = true} to see
//         what happened
//     }
//
// Everything follows from the seed. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "perdure/status.h"
#include "simulation/character.h"
#include "simulation/machine.h"
#include "simulation/player.h"
#include "simulation/seeded_bugs.h"

namespace perdure::simulation {

struct SimulationOptions {
    StoreKind store = StoreKind::memory;
    std::optional<std::uint64_t> crash_at{};  // only before this operation
    bool log = false;
    SeededBug bug = SeededBug::none;
    // Of so many states that a crash leaves, one has damage as well; 0: none.
    std::uint64_t states_per_damage = 4;
};

struct Failure {
    StoreKind store = StoreKind::memory;
    std::uint64_t seed = 0;
    std::uint64_t operation = 0;  // before which the power failed; 0: it did not
    CrashState state = CrashState::nothing;
    Status status;
    std::vector<std::string> log;

    [[nodiscard]] std::string text() const;
};

// Where a run is just now; readable when an assertion of the engine ends the program.
struct Whereabouts {
    StoreKind store = StoreKind::memory;
    std::uint64_t seed = 0;
    std::uint64_t operation = 0;
    CrashState state = CrashState::nothing;
};
[[nodiscard]] const Whereabouts& whereabouts() noexcept;
[[nodiscard]] std::string_view state_name(CrashState state) noexcept;
[[nodiscard]] std::string_view kind_name(StoreKind kind) noexcept;
[[nodiscard]] std::optional<StoreKind> find_kind(std::string_view name) noexcept;

class Simulation {
public:
    explicit Simulation(SimulationOptions options) : options_(std::move(options)) {}

    [[nodiscard]] std::optional<Failure> run(std::uint64_t seed);
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
    // Of the last run, if it was asked for.
    [[nodiscard]] const std::vector<std::string>& log() const noexcept { return log_; }

private:
    struct Run;

    Status live(Run& run);
    void crash_here(Run& run, Player& player);
    // The disk damages what it had flushed as well: what is wrong is said, and nothing is made up.
    Status judge_damage(Run& run, const Machine& machine, const Model& model, Random random);
    Status recover(Run& run, Machine machine, Model model, Random random, bool may_crash_again);

    const SimulationOptions options_;
    Figures figures_;
    std::vector<std::string> log_;
};

}  // namespace perdure::simulation
