// bench_three_files: walkers trade, saved the usual way (three SQLite files), until somebody kills
// it.
//
// On start it prints one line of JSON with what it found, then "ready", then trades at a fixed
// rate. Started again after a kill it goes on after the tick of the file it trusts: players.sqlite,
// as most games would, so that goods and ledger of a half-saved tick stay lost; or, with --trust
// ledger, ledger.sqlite, so that the other files get the same tick twice. Killing a process loses
// no SQLite commit at either level of `synchronous`; only the gap between the three commits is
// open.
#include <chrono>
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "three_files/three_files.h"

int main(int argc, char** argv) {
    using namespace perdure::bench;
    std::filesystem::path directory;
    std::uint32_t walkers = 1000;
    std::uint32_t trades = 100;
    std::uint64_t seed = 1;
    double ticks_per_second = 20;
    std::int64_t ticks_max = 0;
    std::string trust = "players";
    bool full = false;
    bool check = false;
    CLI::App app("Trades saved the usual way, in three SQLite files: the peer of a crash test");
    app.add_option("--dir", directory, "where the three files are, or will be")->required();
    app.add_option("--walkers", walkers, "how many trade")
        ->check(CLI::Range(2, 1'000'000))
        ->capture_default_str();
    app.add_option("--trades", trades, "trades a tick")->capture_default_str();
    app.add_option("--seed", seed, "seed of the trades")->capture_default_str();
    app.add_option("--ticks-per-second", ticks_per_second, "0: as fast as it goes")
        ->capture_default_str();
    app.add_option("--ticks", ticks_max, "stop after so many; 0: only when killed")
        ->capture_default_str();
    app.add_option("--trust", trust, "the file whose tick is taken up again")
        ->check(CLI::IsMember({"players", "ledger"}))
        ->capture_default_str();
    app.add_flag("--full", full, "synchronous=FULL instead of the usual NORMAL");
    app.add_flag("--check", check, "print the line of JSON and exit");
    CLI11_PARSE(app, argc, argv);
    try {
        std::filesystem::create_directories(directory);
        ThreeFiles files(directory, walkers, full ? "FULL" : "NORMAL");
        const ThreeFilesAudit audit = files.audit();
        fmt::print("{}\n", audit.to_json());
        std::fflush(stdout);
        if (check) {
            return 0;
        }
        fmt::print("ready\n");
        std::fflush(stdout);

        using Clock = std::chrono::steady_clock;
        const auto interval = std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(ticks_per_second > 0 ? 1 / ticks_per_second : 0));
        const std::int64_t first =
            (trust == "players" ? audit.players_tick : audit.ledger_tick) + 1;
        auto due = Clock::now();
        for (std::int64_t tick = first; ticks_max == 0 || tick < first + ticks_max; ++tick) {
            std::this_thread::sleep_until(due);
            files.save(tick,
                       trades_of_tick(seed, static_cast<std::uint64_t>(tick), walkers, trades));
            due = std::max(due + interval, Clock::now());
        }
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench_three_files: {}\n", error.what());
        return 1;
    }
    return 0;
}
