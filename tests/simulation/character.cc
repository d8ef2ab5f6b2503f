#include "simulation/character.h"

#include "base/text.h"

namespace perdure::simulation {
namespace {

journal::Options draw_journal(Random& random) {
    journal::Options options;
    options.file_bytes = random.range<std::uint64_t>(8, 16) * io::block_bytes;  // 32 to 64 KiB
    options.files_ahead = static_cast<std::uint32_t>(random.range(1, 2));
    options.bytes_max = options.file_bytes * random.range<std::uint64_t>(4, 32);
    options.group_bytes_max =
        static_cast<std::uint32_t>(random.range<std::uint64_t>(1, 4) * io::block_bytes);
    return options;
}

engine::PendingLimits draw_limits(Random& random) {
    engine::PendingLimits limits;
    if (random.chance(1, 3)) limits.resident_bytes_max = random.below(4096);  // rows are read back
    if (random.chance(1, 8)) limits.index_bytes_max = random.range(8192U, 65536U);
    return limits;
}

constexpr std::size_t faults_max = 3;

constexpr std::string_view fault_names[] = {"none",       "failed sync",  "failed write",
                                            "full disk",  "failed names", "store down",
                                            "failed read"};

// A failed flush is what most is made of; it comes twice as often as the others.
PlannedFault draw_fault(Random& random) {
    PlannedFault drawn;
    const std::uint64_t plan = random.range<std::uint64_t>(0, 5);
    drawn.plan = plan == 0 ? FaultPlan::failed_sync : static_cast<FaultPlan>(plan);
    drawn.at = random.range(1U, 160U);
    drawn.length = random.range(1U, 30U);
    if (random.chance(2, 3)) drawn.target = FaultTarget::journal;
    return drawn;
}

// What SQLite adds: it does several times as many operations, and its files can be aimed at.
void aim_at_sqlite(PlannedFault& drawn, Random& random) {
    drawn.at = random.range(1U, 600U);
    drawn.length = random.range(1U, 100U);
    if (random.chance(1, 6)) drawn.plan = FaultPlan::failed_read;
    if (random.chance(2, 3) || drawn.plan == FaultPlan::failed_read) {
        drawn.target = FaultTarget::store;
    }
}

}  // namespace

Variant draw_variant(Random& random) {
    return {random.chance(1, 2), random.chance(1, 2), random.chance(2, 3)};
}

Character Character::draw(Random& random, StoreKind kind) {
    Character drawn;
    drawn.options.journal = draw_journal(random);
    drawn.options.pending = draw_limits(random);
    drawn.options.drain_interval_ms = static_cast<std::uint32_t>(random.range(1, 60));
    drawn.options.drain_bytes = random.chance(1, 4) ? 1024 : 64ULL << 10;
    drawn.variant = draw_variant(random);
    drawn.may_evolve = random.chance(1, 3);
    drawn.may_interleave = random.chance(1, 2);
    drawn.steps = static_cast<std::uint32_t>(random.range(4, 24));
    if (random.chance(2, 5)) {
        do {
            drawn.faults.push_back(draw_fault(random));
            if (kind == StoreKind::sqlite) aim_at_sqlite(drawn.faults.back(), random);
        } while (drawn.faults.size() < faults_max && random.chance(1, 3));
    }
    drawn.may_cut_transfers = random.chance(1, 6);
    return drawn;
}

PlannedFault draw_fault_of_recovery(Random& random, StoreKind kind) {
    PlannedFault drawn = draw_fault(random);
    if (kind == StoreKind::sqlite) aim_at_sqlite(drawn, random);
    drawn.at = random.range<std::uint64_t>(1, operations_of_recovery(kind));
    return drawn;
}

std::string Character::describe() const {
    std::string text = text::format(
        "{} steps; journal files of {} KiB, {} ahead, at most {} KiB, groups of {} KiB; drains "
        "every {} ms or {} "
        "bytes; at most {} resident and {} indexed bytes{}; faults:",
        steps, options.journal.file_bytes / 1024, options.journal.files_ahead,
        options.journal.bytes_max / 1024, options.journal.group_bytes_max / 1024,
        options.drain_interval_ms, options.drain_bytes, options.pending.resident_bytes_max,
        options.pending.index_bytes_max, may_cut_transfers ? "; transfers are cut" : "");
    if (faults.empty()) text += " none";
    for (const PlannedFault& fault : faults) {
        text += text::format(" {} at operation {}",
                             fault_names[static_cast<std::size_t>(fault.plan)], fault.at);
    }
    return text;
}

}  // namespace perdure::simulation
