// Character: what kind of run a seed draws: sizes and limits, the versions of the program, what
// goes wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

struct PlannedFault {
    FaultPlan plan = FaultPlan::none;
    std::uint64_t at = 0;  // counted in operations of the run
    std::uint64_t length = 0;
    FaultTarget target = FaultTarget::anything;
};

struct Character {
    LifeOptions options;
    Variant variant;
    bool may_evolve = false;      // reopened as other versions of the program
    bool may_interleave = false;  // other threads' steps in the middle of an operation
    std::uint32_t steps = 0;
    std::vector<PlannedFault> faults;  // of one run up to three, in any order
    bool may_cut_transfers = false;    // reads and writes are done in two halves

    static Character draw(Random& random, StoreKind kind);
    [[nodiscard]] std::string describe() const;
};

[[nodiscard]] Variant draw_variant(Random& random);
// One that hits within the first operations of a recovery, more or less.
[[nodiscard]] PlannedFault draw_fault_of_recovery(Random& random, StoreKind kind);
// How many operations an opening has, more or less.
[[nodiscard]] constexpr std::uint64_t operations_of_recovery(StoreKind kind) noexcept {
    return kind == StoreKind::sqlite ? 200 : 40;
}

}  // namespace perdure::simulation
