#include "exhaustion/long_run.h"

#include <utility>

#include "base/text.h"

namespace perdure::exhaustion {
namespace {

using simulation::StoreKind;

constexpr std::size_t deeds_max = 3;
constexpr std::size_t deeds_max_on_sqlite = 2;
// What a piece does: a second or so of one core.
constexpr std::uint64_t crash_workloads = 16;
constexpr std::uint64_t crash_workloads_on_sqlite = 1;
constexpr std::uint64_t fault_workloads = 6;
constexpr std::uint64_t fault_stride_on_sqlite = 8;
constexpr std::uint64_t tour_stride = 16;
constexpr std::uint64_t tour_stride_on_sqlite = 64;
constexpr std::uint64_t seeds = 40;
constexpr std::uint64_t seeds_on_sqlite = 3;
constexpr std::uint64_t seeds_of_a_piece = 1000;  // each piece has its own
constexpr std::uint64_t journal_flips = 5000;
constexpr std::uint64_t journal_truncations = 625;
constexpr std::uint64_t store_flips = 250;
constexpr std::uint64_t store_truncations = 25;
// Strides with no factor in common with what they stride through touch all of it in the end, and
// every part of it soon.
constexpr std::uint64_t stride = 1'000'003;

enum class Piece : std::uint8_t {
    crashes,
    simulate,
    faults,
    spoil_journal,
    simulate_on_sqlite,
    spoil_store,
    crashes_on_sqlite,
    crashes_again,
    tour,
    faults_on_sqlite,
    tour_on_sqlite,
    count_,
};

}  // namespace

void LongFigures::add(const LongFigures& other) {
    runs += other.runs;
    crash_states += other.crash_states;
    operations += other.operations;
    recoveries += other.recoveries;
    faults += other.faults;
    exhausted += other.exhausted;
    simulated += other.simulated;
    flips += other.flips;
}

LongFigures LongRun::take_figures() { return std::exchange(figures_, {}); }

void LongRun::note(const Exhaustion& exhaustion) {
    figures_.runs += exhaustion.counts().workloads + exhaustion.counts().faults;
    figures_.crash_states += exhaustion.counts().crash_states;
    figures_.operations += exhaustion.figures().operations;
    figures_.recoveries += exhaustion.figures().recoveries;
    figures_.faults += exhaustion.counts().faults;
}

std::optional<std::string> LongRun::piece(std::uint64_t number,
                                          const std::function<bool()>& enough) {
    constexpr auto pieces = static_cast<std::uint64_t>(Piece::count_);
    const std::uint64_t round = number / pieces;
    switch (static_cast<Piece>(number % pieces)) {
        case Piece::crashes: return crashes(StoreKind::memory, 2 * round, enough);
        case Piece::crashes_again: return crashes(StoreKind::memory, 2 * round + 1, enough);
        case Piece::crashes_on_sqlite: return crashes(StoreKind::sqlite, round, enough);
        case Piece::faults: return faults(StoreKind::memory, round, enough);
        case Piece::faults_on_sqlite: return faults(StoreKind::sqlite, round, enough);
        case Piece::tour: return tour(StoreKind::memory, round);
        case Piece::tour_on_sqlite: return tour(StoreKind::sqlite, round);
        case Piece::simulate: return simulate(StoreKind::memory, number, enough);
        case Piece::simulate_on_sqlite: return simulate(StoreKind::sqlite, number, enough);
        case Piece::spoil_journal: return spoil_journal(round, enough);
        case Piece::spoil_store: return spoil_store(round, enough);
        case Piece::count_: break;
    }
    return std::nullopt;
}

std::optional<std::string> LongRun::crashes(StoreKind store, std::uint64_t round,
                                            const std::function<bool()>& enough) {
    const bool memory = store == StoreKind::memory;
    const std::uint64_t all = Workload::count(memory ? deeds_max : deeds_max_on_sqlite);
    const std::uint64_t many = memory ? crash_workloads : crash_workloads_on_sqlite;
    Exhaustion exhaustion({.store = store, .seed = seed_ + round * many / all});
    std::optional<Finding> found;
    for (std::uint64_t at = round * many; at < (round + 1) * many && !found && !enough(); ++at) {
        found = exhaustion.crash(Workload::of(at * stride % all));
        if (memory) ++figures_.exhausted;
    }
    note(exhaustion);
    if (!found) return std::nullopt;
    return found->text();
}

std::optional<std::string> LongRun::faults(StoreKind store, std::uint64_t round,
                                           const std::function<bool()>& enough) {
    const bool memory = store == StoreKind::memory;
    const std::uint64_t all = Workload::count(memory ? deeds_max : deeds_max_on_sqlite);
    const std::uint64_t many = memory ? fault_workloads : 1;
    Exhaustion exhaustion({.store = store, .seed = seed_});
    std::optional<Finding> found;
    for (std::uint64_t at = round * many; at < (round + 1) * many && !found && !enough(); ++at) {
        found = exhaustion.fail(Workload::of(at * stride % all), false,
                                memory ? 1 : fault_stride_on_sqlite, at);
    }
    note(exhaustion);
    if (!found) return std::nullopt;
    return found->text();
}

std::optional<std::string> LongRun::tour(StoreKind store, std::uint64_t round) {
    Exhaustion exhaustion({.store = store, .seed = seed_});
    const auto found =
        exhaustion.fail(Workload::grand_tour(), true,
                        store == StoreKind::memory ? tour_stride : tour_stride_on_sqlite, round);
    note(exhaustion);
    if (!found) return std::nullopt;
    return found->text();
}

std::optional<std::string> LongRun::simulate(StoreKind store, std::uint64_t number,
                                             const std::function<bool()>& enough) {
    simulation::Simulation simulation({.store = store});
    const std::uint64_t many = store == StoreKind::memory ? seeds : seeds_on_sqlite;
    const std::uint64_t first = seed_ + number * seeds_of_a_piece;
    std::optional<simulation::Failure> failure;
    for (std::uint64_t at = 0; at < many && !failure && !enough(); ++at) {
        failure = simulation.run(first + at);
        ++figures_.simulated;
    }
    const simulation::Figures& done = simulation.figures();
    figures_.runs += done.workloads;
    figures_.crash_states += done.crashes;
    figures_.operations += done.operations;
    figures_.recoveries += done.recoveries;
    figures_.faults += done.faults;
    if (!failure) return std::nullopt;
    return failure->text();
}

std::optional<std::string> LongRun::spoil_journal(std::uint64_t round,
                                                  const std::function<bool()>& enough) {
    if (!journal_) journal_ = std::make_unique<SpoiltJournal>();
    Status status;
    for (std::uint64_t at = 0; at < journal_flips && status.ok() && !enough(); ++at) {
        const std::uint64_t number = (round * journal_flips + at) * stride % journal_->flips();
        status = journal_->judge_flip(number);
        ++figures_.flips;
    }
    for (std::uint64_t at = 0; at < journal_truncations && status.ok() && !enough(); ++at) {
        status = journal_->judge_truncation((round * journal_truncations + at) * stride %
                                            journal_->truncations());
        ++figures_.flips;
    }
    if (status.ok()) return std::nullopt;
    return text::format("a spoilt journal: {}\n", status.text());
}

std::optional<std::string> LongRun::spoil_store(std::uint64_t round,
                                                const std::function<bool()>& enough) {
    if (!store_) store_ = std::make_unique<SpoiltStore>();
    Status status;
    for (std::uint64_t at = 0; at < store_flips && status.ok() && !enough(); ++at) {
        status = store_->judge_flip((round * store_flips + at) * stride % store_->flips());
        ++figures_.flips;
    }
    for (std::uint64_t at = 0; at < store_truncations && status.ok() && !enough(); ++at) {
        status = store_->judge_truncation((round * store_truncations + at) * stride %
                                          store_->truncations());
        ++figures_.flips;
    }
    if (status.ok()) return std::nullopt;
    return text::format("a spoilt store: {}\n", status.text());
}

}  // namespace perdure::exhaustion
