// Character: what kind of run a seed draws: sizes and limits, the versions of the program, what
// goes wrong.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "simulation/life.h"
#include "simulation/machine.h"
#include "simulation/small_world.h"

namespace perdure::simulation {

enum class FaultPlan : std::uint8_t {
    none,
    failed_sync,   // one flush of a file or directory fails
    failed_write,  // one write fails, having written nothing or half of it
    full_disk,     // all writes fail with no_space, for a while
    failed_names,  // one creation, rename or removal fails
    store_down,    // the store answers `io`, for a while
    failed_read,   // one read of SQLite's files fails
};

// Which files a failed flush, write or name is one of.
enum class FaultTarget : std::uint8_t { anything, journal, store };

struct Character {
    LifeOptions options;
    Variant variant;
    bool may_evolve = false;      // reopened as other versions of the program
    bool may_interleave = false;  // other threads' steps in the middle of an operation
    std::uint32_t steps = 0;
    FaultPlan fault = FaultPlan::none;
    std::uint64_t fault_at = 0;  // counted in operations of the run
    std::uint64_t fault_length = 0;
    FaultTarget fault_target = FaultTarget::anything;

    // For the memory store the seed draws what it always drew; for SQLite some more.
    static Character draw(Random& random, StoreKind kind);
    [[nodiscard]] std::string describe() const;
};

[[nodiscard]] Variant draw_variant(Random& random);

}  // namespace perdure::simulation
