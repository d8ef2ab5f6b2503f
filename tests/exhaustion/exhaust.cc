// perdure_exhaust: exhaustion and the random simulator by turns, as long as it is given.
//
//     perdure_exhaust [--seconds S] [--seed N] [--jobs J]
//     perdure_exhaust --case TEXT [--store sqlite]        one case again, told line by line
//
// Exit codes: 0 all is well, 1 something is not, 2 bad arguments.
#include <charconv>
#include <csignal>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/text.h"
#include "exhaustion/exhaustion.h"
#include "exhaustion/long_run.h"
#include "simulation/last_words.h"
#include "simulation/simulation.h"

namespace perdure::exhaustion {
namespace {

struct Arguments {
    std::uint64_t seconds = 60;
    std::optional<std::uint64_t> seed;
    std::uint64_t jobs = 1;
    std::optional<Case> one;
    simulation::StoreKind store = simulation::StoreKind::memory;
};

std::optional<Arguments> parse(int count, char** words) {
    Arguments arguments;
    for (int at = 1; at < count; at += 2) {
        const std::string_view name = words[at];
        if (at + 1 == count) return std::nullopt;
        const std::string_view value = words[at + 1];
        if (name == "--case") {
            arguments.one = Case::parse(value);
            if (!arguments.one) return std::nullopt;
            continue;
        }
        if (name == "--store") {
            const auto store = simulation::find_kind(value);
            if (!store) return std::nullopt;
            arguments.store = *store;
            continue;
        }
        std::uint64_t number = 0;
        const char* end = value.data() + value.size();
        if (std::from_chars(value.data(), end, number).ptr != end) return std::nullopt;
        if (name == "--seconds") {
            arguments.seconds = number;
        } else if (name == "--seed") {
            arguments.seed = number;
        } else if (name == "--jobs" && number > 0) {
            arguments.jobs = number;
        } else {
            return std::nullopt;
        }
    }
    return arguments;
}

int run_one(const Arguments& arguments) {
    Exhaustion exhaustion({.store = arguments.store, .log = true});
    if (const auto finding = exhaustion.replay(*arguments.one)) {
        std::fputs(finding->text().c_str(), stdout);
        return 1;
    }
    for (const std::string& line : exhaustion.log()) std::printf("%s\n", line.c_str());
    std::puts("all is well");
    return 0;
}

// An assertion of the engine ends the program; this says how to get there again.
extern "C" void tell_case_at_hand(int signal_number) {
    const simulation::Whereabouts& at = simulation::whereabouts();
    const std::string words = text::format(
        "ended by signal {}; perdure_exhaust --store memory|sqlite --case {}\n"
        "or perdure_simulate --store {} --seed {} --crash-at {}\n",
        signal_number, case_at_hand().text(), simulation::kind_name(at.store), at.seed,
        at.operation);
    simulation::say_and_die(signal_number, words.c_str());
}

int run(int count, char** words) {
    const auto arguments = parse(count, words);
    if (!arguments) {
        std::fputs(
            "usage: perdure_exhaust [--seconds S] [--seed N] [--jobs J] | --case TEXT [--store "
            "memory|sqlite]\n",
            stderr);
        return 2;
    }
    std::signal(SIGABRT, tell_case_at_hand);
    std::signal(SIGSEGV, tell_case_at_hand);
    simulation::keep_memory();
    if (arguments->one) return run_one(*arguments);
    std::random_device device;
    const std::uint64_t seed = arguments->seed.value_or(std::uint64_t{device()});
    return run_long(arguments->seconds, seed, arguments->jobs);
}

}  // namespace
}  // namespace perdure::exhaustion

int main(int count, char** words) { return perdure::exhaustion::run(count, words); }
