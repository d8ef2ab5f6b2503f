// LongRun: exhaustion and the random simulator by turns, in pieces of a few seconds, without an
// end. Pieces are numbered; what number n does follows from n and the seed alone, so that several
// processes share them and none is done twice.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "exhaustion/exhaustion.h"
#include "exhaustion/spoilt_journal.h"
#include "exhaustion/spoilt_store.h"
#include "simulation/simulation.h"

namespace perdure::exhaustion {

// Numbers only: it goes through a pipe.
struct LongFigures {
    std::uint64_t runs = 0;          // workloads, of both kinds, and runs with a fault
    std::uint64_t crash_states = 0;  // that were recovered and judged
    std::uint64_t operations = 0;    // on disk and store, of the workloads themselves
    std::uint64_t recoveries = 0;
    std::uint64_t faults = 0;
    std::uint64_t exhausted = 0;  // workloads of up to three deeds, of the memory store
    std::uint64_t simulated = 0;  // random ones
    std::uint64_t flips = 0;      // and truncations, judged by recovery or by the store

    void add(const LongFigures& other);
};

class LongRun {
public:
    explicit LongRun(std::uint64_t seed) : seed_(seed) {}

    // Until `enough` says so; what failed, and how to do it again.
    [[nodiscard]] std::optional<std::string> piece(std::uint64_t number,
                                                   const std::function<bool()>& enough);
    // Since it was last asked.
    [[nodiscard]] LongFigures take_figures();

private:
    std::optional<std::string> crashes(simulation::StoreKind store, std::uint64_t round,
                                       const std::function<bool()>& enough);
    std::optional<std::string> faults(simulation::StoreKind store, std::uint64_t round,
                                      const std::function<bool()>& enough);
    std::optional<std::string> tour(simulation::StoreKind store, std::uint64_t round);
    std::optional<std::string> simulate(simulation::StoreKind store, std::uint64_t number,
                                        const std::function<bool()>& enough);
    std::optional<std::string> spoil_journal(std::uint64_t round,
                                             const std::function<bool()>& enough);
    std::optional<std::string> spoil_store(std::uint64_t round,
                                           const std::function<bool()>& enough);
    void note(const Exhaustion& exhaustion);

    const std::uint64_t seed_;
    LongFigures figures_;
    std::unique_ptr<SpoiltJournal> journal_;
    std::unique_ptr<SpoiltStore> store_;
};

// Seconds of all this by so many processes; prints figures every ten seconds and at the end. 0: all
// is well, 1: something is not.
int run_long(std::uint64_t seconds, std::uint64_t seed, std::uint64_t jobs);

}  // namespace perdure::exhaustion
