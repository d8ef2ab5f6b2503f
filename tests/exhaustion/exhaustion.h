// Exhaustion: everything that can go wrong in a workload, one after the other. The power fails
// before each operation of its last deed, and of what was not flushed every choice is kept; or one
// operation fails, once or from then on. What is left is recovered and judged by the model.
//
//     Exhaustion exhaustion({});
//     if (auto finding = exhaustion.crash(Workload::of(17))) …      // and .fail(…)
//     finding->text()                                               // how to do it again
//
// It stands on the simulator's Player and Model, and draws nothing but what is kept of more than
// `parts_max` sectors. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exhaustion/workload.h"
#include "simulation/machine.h"
#include "simulation/model.h"
#include "simulation/player.h"
#include "simulation/seeded_bugs.h"

namespace perdure::exhaustion {

struct ExhaustionOptions {
    simulation::StoreKind store = simulation::StoreKind::memory;
    simulation::SeededBug bug = simulation::SeededBug::none;
    std::size_t parts_max =
        8;                     // unsynced names, lengths and sectors of which every choice is tried
    std::uint64_t sample = 8;  // choices drawn where there are more, besides none and all
    std::uint64_t seed = 1;    // of what is drawn
    bool log = false;
};

// One thing that went wrong in a workload.
struct Case {
    Workload workload;
    bool whole = false;           // from its beginning on, not only in its last deed
    std::uint64_t operation = 0;  // before which the power failed, or which failed
    std::string kept{};           // of what was unsynced: 1 for each part that was kept
    std::size_t store_calls = 0;  // of the memory store that survived
    std::optional<simulation::Mishap> mishap{};

    [[nodiscard]] std::string text() const;
    [[nodiscard]] static std::optional<Case> parse(std::string_view text);
};

struct Finding {
    simulation::StoreKind store = simulation::StoreKind::memory;
    Case at;
    Status status;
    std::vector<std::string> log;

    [[nodiscard]] std::string text() const;
};

struct Counts {
    std::uint64_t workloads = 0;  // with the power failing, and again with faults
    std::uint64_t crash_points = 0;
    std::uint64_t whole_points = 0;  // of those, where every choice was tried
    std::uint64_t crash_states = 0;
    std::uint64_t faults = 0;  // runs with one
};

class Exhaustion {
public:
    explicit Exhaustion(ExhaustionOptions options) : options_(options) {}

    // The power fails before each operation of the last deed, and behind it.
    [[nodiscard]] std::optional<Finding> crash(const Workload& workload);
    // Each operation of the last deed fails; `whole`: of all of it, the opening included. Only
    // every `stride`th fault, from number `first` on.
    [[nodiscard]] std::optional<Finding> fail(const Workload& workload, bool whole = false,
                                              std::uint64_t stride = 1, std::uint64_t first = 0);
    // One of them again, and told line by line.
    [[nodiscard]] std::optional<Finding> replay(const Case& one);

    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
    [[nodiscard]] const simulation::Figures& figures() const noexcept { return figures_; }
    [[nodiscard]] const std::vector<std::string>& log() const noexcept { return log_; }

private:
    struct World {
        simulation::Machine machine;
        simulation::Model model;
    };
    struct Run;

    Result<const World*> begin(Beginning beginning);
    Status live(Run& run);
    void crash_here(Run& run);
    Status recover(World world, bool live_on, simulation::RunLog& log);
    std::optional<Finding> fail_once(const Case& one);
    Status judge_after_fault(Run& run);
    [[nodiscard]] Finding finding(const Run& run, Status status) const;

    const ExhaustionOptions options_;
    std::map<Beginning, World> beginnings_;
    Counts counts_;
    simulation::Figures figures_;
    std::vector<std::string> log_;
};

// What is being done just now, for when an assertion of the engine ends the program.
[[nodiscard]] const Case& case_at_hand() noexcept;

}  // namespace perdure::exhaustion
