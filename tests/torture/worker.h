// Worker: the process that is tortured. It opens the world, judges what it finds, says so, and then
// lives: ticks on the world's thread, transactions on others, every one announced before it is
// committed and acknowledged after, line by line, to whoever keeps the book.
//
//     found 2 731     caller 2's last transfer (before it: faults, if what is there is wrong)
//     found tick 88
//     ready           all was judged
//     try 2 732 · done 2 732 · try tick 89 · done tick 89
//     refused no_space: …       the first of a row of refusals; then "taken" once one is not
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "torture/deeds.h"

namespace perdure::torture {

// How a worker ends.
enum class Ending : int {
    closed = 0,    // asked to by SIGTERM
    failed = 1,    // anything that must not be: a fault in what was found, an error it cannot name
    locked = 3,    // somebody else has the world
    reopen = 4,    // the world is read-only, or cannot say whether something is durable
    no_space = 6,  // the disk is too full to open the world
};

struct WorkerOptions {
    std::string directory;
    std::uint64_t seed = 1;  // sizes of files, pauses
    // Transfers up to here were looked at by an earlier life; their rows are not read again.
    std::array<std::uint64_t, callers> checked{};
    int report_descriptor = 3;
};

[[nodiscard]] Ending run_worker(const WorkerOptions& options);

}  // namespace perdure::torture
