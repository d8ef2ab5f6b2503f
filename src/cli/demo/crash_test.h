// The crash test: a supervisor starts the demonstration's world as a process of its own, kills it
// with SIGKILL at random moments, starts it again, and judges what came back; beside it, at the
// same moments, a game that is saved the usual way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/exit_code.h"

namespace perdure::cli::demo {

struct CrashTestOptions {
    std::string directory = "crash-test-world";  // the peer's files are beside it
    std::uint32_t kills = 20;
    double interval = 3;                // seconds between kills, on average
    double rate = 20;                   // ticks a second
    std::optional<std::uint64_t> seed;  // of the moments; default: by chance
    std::optional<std::uint32_t> walkers;
    std::optional<std::uint32_t> side;
};

// `no` if the world lost anything; `refused` before the first kill if it cannot live so, or is
// open.
[[nodiscard]] ExitCode run_crash_test(const CrashTestOptions& options);

}  // namespace perdure::cli::demo
