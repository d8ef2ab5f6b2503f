// perdure_simulate: crashes the simulated kernel at every operation of one random workload after
// the other.
//
//     perdure_simulate [--runs N] [--seconds S] [--first-seed S]
//     perdure_simulate --seed S [--crash-at K]        one run, told line by line: without K with
//                                                     all its crashes, with 0 without any
//     … --bug NAME                                    with a seeded bug: it must be found
//     … --store sqlite                                on SQLite, crashed at some operations
//     … --states-per-damage N                         one state of N is damaged, too; 4, 0: none
//
// Exit codes: 0 all is well, 1 something is not, 2 bad arguments.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "io/clock.h"
#include "simulation/last_words.h"
#include "simulation/simulation.h"

namespace perdure::simulation {
namespace {

struct Arguments {
    std::uint64_t runs = 1000;
    std::optional<std::uint64_t> seconds;
    std::uint64_t first_seed = 1;
    std::optional<std::uint64_t> seed;
    std::optional<std::uint64_t> crash_at;
    SeededBug bug = SeededBug::none;
    StoreKind store = StoreKind::memory;
    std::uint64_t states_per_damage = SimulationOptions().states_per_damage;
};

// The line behind a failure says `--seed` and `--crash-at`; with the rest the same it comes again.
SimulationOptions options_of(const Arguments& arguments) {
    SimulationOptions options;
    options.store = arguments.store;
    options.bug = arguments.bug;
    options.states_per_damage = arguments.states_per_damage;
    return options;
}

std::optional<Arguments> parse(int count, char** words) {
    Arguments arguments;
    bool runs_given = false;
    for (int at = 1; at < count; at += 2) {
        const std::string_view name = words[at];
        if (at + 1 == count) return std::nullopt;
        if (name == "--bug") {
            const auto bug = find_bug(words[at + 1]);
            if (!bug) return std::nullopt;
            arguments.bug = *bug;
            continue;
        }
        if (name == "--store") {
            const auto store = find_kind(words[at + 1]);
            if (!store) return std::nullopt;
            arguments.store = *store;
            continue;
        }
        char* end = nullptr;
        const std::uint64_t number = std::strtoull(words[at + 1], &end, 10);
        if (end == words[at + 1] || *end != '\0') return std::nullopt;
        if (name == "--runs") {
            arguments.runs = number;
            runs_given = true;
        } else if (name == "--seconds") {
            arguments.seconds = number;
        } else if (name == "--first-seed") {
            arguments.first_seed = number;
        } else if (name == "--seed") {
            arguments.seed = number;
        } else if (name == "--states-per-damage") {
            arguments.states_per_damage = number;
        } else if (name == "--crash-at") {
            arguments.crash_at = number;
        } else {
            return std::nullopt;
        }
    }
    if (arguments.seconds && !runs_given) arguments.runs = ~std::uint64_t{0};
    // With a number of runs, a seed is where they begin.
    if (arguments.seed && runs_given) {
        arguments.first_seed = *arguments.seed;
        arguments.seed.reset();
    }
    return arguments;
}

// What was done, and how much of it a second.
void print(const Figures& figures, double seconds) {
    const auto rate = [&](std::uint64_t count) { return static_cast<double>(count) / seconds; };
    std::string text = text::format(
        "{} workloads, {} operations, {} crash points ({} before one of SQLite, {} with its bytes "
        "unflushed), {} crash states, {} crashes in recoveries; {} recoveries ({} with a torn "
        "end), {} change sets replayed; {} journal files prepared, {} trimmed; {} commits, {} "
        "conflicts, {} refused; {} faults ({} of SQLite's), {} transfers cut, {} steps in the "
        "middle of others ({} in SQLite's); {} snapshots read to their end, {} pages; {} digests "
        "compared; ",
        figures.workloads, figures.operations, figures.crash_points, figures.store_crash_points,
        figures.store_unsynced, figures.crashes, figures.nested_crashes, figures.recoveries,
        figures.torn, figures.replayed, figures.files_prepared, figures.files_trimmed,
        figures.commits, figures.conflicts, figures.refused, figures.faults, figures.store_faults,
        figures.cut_transfers, figures.interleaved, figures.store_interleaved, figures.snapshots,
        figures.pages, figures.digests);
    text += text::format(
        "{} damaged worlds: {} said so, {} were whole, {} lost a last group that nothing attests, "
        "{} had an old page of the store; {:.0f} s: {:.1f} "
        "workloads, {:.0f} crash states, {:.0f} "
        "recoveries, {:.0f} operations a second\n",
        figures.damaged, figures.damage_reported, figures.damage_harmless, figures.last_groups_lost,
        figures.stale_pages, seconds, rate(figures.workloads), rate(figures.crashes),
        rate(figures.recoveries), rate(figures.all_operations));
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

// Of a crash and what follows only what it comes to, unless it is the one that was asked for.
void tell(const std::vector<std::string>& lines, bool all) {
    constexpr std::string_view said[] = {"recovered at", "it says", "the disk damages",
                                         "the power fails", "opening failed"};
    for (const std::string& line : lines) {
        const bool inner = line.starts_with("    ");
        const bool told = std::any_of(std::begin(said), std::end(said), [&](std::string_view part) {
            return line.find(part) != std::string::npos;
        });
        if (all || !inner || told) std::puts(line.c_str());
    }
}

// The failure once more, without the crashes that went well.
Failure told_again(const Arguments& arguments, const Failure& failure) {
    SimulationOptions options = options_of(arguments);
    if (failure.operation > 0) options.crash_at = failure.operation;
    options.log = true;
    Simulation again(options);
    auto told = again.run(failure.seed);
    return told ? *std::move(told) : failure;
}

int run_one(const Arguments& arguments) {
    const io::SystemClock clock;
    const std::uint64_t began = clock.monotonic_ns();
    SimulationOptions options = options_of(arguments);
    options.crash_at = arguments.crash_at;
    options.log = true;
    Simulation simulation(options);
    const auto failure = simulation.run(*arguments.seed);
    if (failure) {
        std::fputs(told_again(arguments, *failure).text().c_str(), stdout);
        return 1;
    }
    tell(simulation.log(), arguments.crash_at.has_value());
    print(simulation.figures(), static_cast<double>(clock.monotonic_ns() - began) / 1e9);
    return 0;
}

int run_many(const Arguments& arguments) {
    const io::SystemClock clock;
    const std::uint64_t began = clock.monotonic_ns();
    const auto seconds = [&] { return static_cast<double>(clock.monotonic_ns() - began) / 1e9; };
    constexpr double seconds_per_report = 10;
    double next_report = seconds_per_report;
    Simulation simulation(options_of(arguments));
    for (std::uint64_t run = 0; run < arguments.runs; ++run) {
        const std::uint64_t seed = arguments.first_seed + run;
        if (const auto failure = simulation.run(seed)) {
            std::fputs(told_again(arguments, *failure).text().c_str(), stdout);
            print(simulation.figures(), seconds());
            return 1;
        }
        if (arguments.seconds && seconds() >= static_cast<double>(*arguments.seconds)) break;
        if (seconds() < next_report) continue;
        next_report = seconds() + seconds_per_report;
        print(simulation.figures(), seconds());
    }
    print(simulation.figures(), seconds());
    std::puts("all is well");
    return 0;
}

// An assertion of the engine ends the program; this says how to get there again.
extern "C" void tell_whereabouts(int signal_number) {
    const Whereabouts& at = whereabouts();
    char words[160];
    std::snprintf(words, sizeof words,
                  "perdure_simulate: ended by signal %d: --store %s --seed %llu --crash-at %llu\n",
                  signal_number, kind_name(at.store).data(),
                  static_cast<unsigned long long>(at.seed),
                  static_cast<unsigned long long>(at.operation));
    say_and_die(signal_number, words);
}

int run(int count, char** words) {
    const auto arguments = parse(count, words);
    if (!arguments) {
        std::fputs(
            "usage: perdure_simulate [--runs N] [--seconds S] [--first-seed S] [--seed S "
            "[--crash-at K]] [--store memory|sqlite] [--bug NAME] [--states-per-damage N]\n",
            stderr);
        return 2;
    }
    std::signal(SIGABRT, tell_whereabouts);
    std::signal(SIGSEGV, tell_whereabouts);
    std::signal(SIGTERM, tell_whereabouts);  // of one that does not end
    keep_memory();
    return arguments->seed ? run_one(*arguments) : run_many(*arguments);
}

}  // namespace
}  // namespace perdure::simulation

int main(int count, char** words) { return perdure::simulation::run(count, words); }
