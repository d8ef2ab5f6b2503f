// perdure_simulate: crashes the simulated kernel at every operation of one random workload after
// the other.
//
//     perdure_simulate [--runs N] [--seconds S] [--first-seed S]
//     perdure_simulate --seed S [--crash-at K]        one run, told line by line
//     … --bug NAME                                    with a seeded bug: it must be found
//     … --store sqlite                                on SQLite, crashed at some operations
//
// Exit codes: 0 all is well, 1 something is not, 2 bad arguments.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <malloc.h>
#include <unistd.h>

#include "base/text.h"
#include "io/clock.h"
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
};

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

void print(const Figures& figures, double seconds) {
    const std::string line = text::format(
        "{} workloads, {} operations, {} crash points ({} before one of SQLite, {} "
        "with its bytes unflushed), {} crash states, "
        "{} crashes in recoveries; "
        "{} recoveries "
        "({} with a torn end), {} change sets replayed; {} journal files prepared, {} trimmed; {} "
        "commits, {} conflicts, {} refused; {} faults ({} of SQLite's), {} steps in "
        "the middle of others ({} in SQLite's); {:.0f} s, {:.0f} recoveries/s\n",
        figures.workloads, figures.operations, figures.crash_points, figures.store_crash_points,
        figures.store_unsynced, figures.crashes, figures.nested_crashes, figures.recoveries,
        figures.torn, figures.replayed, figures.files_prepared, figures.files_trimmed,
        figures.commits, figures.conflicts, figures.refused, figures.faults, figures.store_faults,
        figures.interleaved, figures.store_interleaved, seconds,
        static_cast<double>(figures.recoveries) / seconds);
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
}

int run_one(const Arguments& arguments) {
    Simulation simulation({.store = arguments.store,
                           .crash_at = arguments.crash_at,
                           .log = true,
                           .bug = arguments.bug});
    const auto failure = simulation.run(*arguments.seed);
    if (failure) {
        std::fputs(failure->text().c_str(), stdout);
        return 1;
    }
    print(simulation.figures(), 1);
    return 0;
}

int run_many(const Arguments& arguments) {
    const io::SystemClock clock;
    const std::uint64_t began = clock.monotonic_ns();
    const auto seconds = [&] { return static_cast<double>(clock.monotonic_ns() - began) / 1e9; };
    constexpr double seconds_per_report = 10;
    double next_report = seconds_per_report;
    Simulation simulation({.store = arguments.store, .bug = arguments.bug});
    for (std::uint64_t run = 0; run < arguments.runs; ++run) {
        const std::uint64_t seed = arguments.first_seed + run;
        if (const auto failure = simulation.run(seed)) {
            Simulation again({.store = arguments.store,
                              .crash_at = failure->operation > 0 ? std::optional(failure->operation)
                                                                 : std::nullopt,
                              .log = true,
                              .bug = arguments.bug});
            const auto told = again.run(seed);
            std::fputs((told ? *told : *failure).text().c_str(), stdout);
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
    char line[160];
    const int length = std::snprintf(
        line, sizeof line,
        "perdure_simulate: ended by signal %d: --store %s --seed %llu --crash-at %llu\n",
        signal_number, kind_name(at.store).data(), static_cast<unsigned long long>(at.seed),
        static_cast<unsigned long long>(at.operation));
    if (length > 0)
        static_cast<void>(!write(STDERR_FILENO, line, static_cast<std::size_t>(length)));
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
}

int run(int count, char** words) {
    const auto arguments = parse(count, words);
    if (!arguments) {
        std::fputs(
            "usage: perdure_simulate [--runs N] [--seconds S] [--first-seed S] [--seed S "
            "[--crash-at K]] [--store memory|sqlite] [--bug NAME]\n",
            stderr);
        return 2;
    }
    std::signal(SIGABRT, tell_whereabouts);
    std::signal(SIGSEGV, tell_whereabouts);
    std::signal(SIGTERM, tell_whereabouts);  // of one that does not end
    // Worlds come and go thousands of times a second: memory stays with the process in between.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    return arguments->seed ? run_one(*arguments) : run_many(*arguments);
}

}  // namespace
}  // namespace perdure::simulation

int main(int count, char** words) { return perdure::simulation::run(count, words); }
