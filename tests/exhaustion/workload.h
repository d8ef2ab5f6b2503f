// Workload: a short sequence of deeds in one of a few worlds. Short ones can be counted, and so all
// of them can be tried.
//
//     for (std::uint64_t number = 0; number < Workload::count(3); ++number)
//     …(Workload::of(number));
//
// "died:put+flush+die" is a workload in words. Only what its last deed does is new: the others are
// those of a shorter one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/deed.h"

namespace perdure::exhaustion {

using simulation::Deed;

// Where it begins.
enum class Beginning : std::uint8_t {
    closed,  // a small world that was closed cleanly
    died,    // one whose process died, opened again and given rows until its journal file is full
    empty,   // nothing at all: opening makes the world
};
inline constexpr std::uint64_t beginnings_counted = 2;  // of those that workloads are counted for

struct Workload {
    Beginning beginning = Beginning::closed;
    std::vector<Deed> deeds;  // without any the opening itself is what matters

    // All workloads of at most so many deeds.
    [[nodiscard]] static std::uint64_t count(std::size_t length_max);
    [[nodiscard]] static Workload of(std::uint64_t number);  // shorter ones first
    // From nothing through everything that an engine can do, and back.
    [[nodiscard]] static Workload grand_tour();

    [[nodiscard]] std::string text() const;
    [[nodiscard]] static std::optional<Workload> parse(std::string_view text);
};

}  // namespace perdure::exhaustion
