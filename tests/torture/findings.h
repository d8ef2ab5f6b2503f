// Findings: what a world holds when it was opened, and what is wrong with it.
//
// Thread rule: one thread, the world's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "perdure/world.h"
#include "torture/deeds.h"

namespace perdure::torture {

struct Findings {
    std::array<std::uint64_t, callers> transfers{};  // the last one of each caller
    std::array<std::uint64_t, callers> seen{};       // how far each had seen its neighbour
    std::uint64_t tick = 0;
    std::vector<std::string> faults;
};

// The caller whose acknowledgements a caller writes into its rows: what it saw acknowledged must be
// there with the row.
[[nodiscard]] constexpr std::uint32_t neighbour(std::uint32_t caller) {
    return (caller + 1) % callers;
}

// Reads and judges: rows from `checked` on, without a hole and with the content that is theirs;
// accounts and counter as those transfers leave them; beings all of the last tick.
[[nodiscard]] Result<Findings> examine(World& world,
                                       const std::array<std::uint64_t, callers>& checked);

}  // namespace perdure::torture
