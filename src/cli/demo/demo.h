// The demonstration: a world that lives at some ticks a second, one commit a tick, until it is
// stopped or killed; started again it says what it found and goes on at the very next tick.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/exit_code.h"

namespace perdure::cli::demo {

struct DemoOptions {
    std::string directory = "demo-world";
    std::uint64_t ticks = 0;  // stop after so many; 0: do not
    double seconds = 0;       // likewise
    double rate = 20;         // ticks a second; 0: as fast as it goes
    bool plain = false;       // no map, even on a terminal
    // For a world that is made now; one that exists must have been made so.
    std::optional<std::uint64_t> seed;
    std::optional<std::uint32_t> walkers;
    std::optional<std::uint32_t> side;  // a square of the ground, so many columns each way
    int report_descriptor = -1;         // of a crash test: where the supervisor listens
};

[[nodiscard]] ExitCode run_demo(const DemoOptions& options);

}  // namespace perdure::cli::demo
