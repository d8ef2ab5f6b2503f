// bench_lag: the tick workload at 20 ticks a second: what the world's thread sees through drains,
// checkpoints and changes of journal file, how far the store is behind, and whether memory grows.
//
// Latency is from the call of commit() to the callback that says durable, by a thread that waits;
// the world's thread never waits. Lag is accepted minus stored, in ticks, each second.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <CLI/CLI.hpp>

#include "measure/guarded.h"
#include "measure/process_usage.h"
#include "measure/report.h"
#include "own/bench_world.h"

namespace perdure::bench {
namespace {

struct Options {
    std::filesystem::path directory;
    double seconds = 300;
    double rate = 20;
    std::uint32_t entities = 100'000;
    std::string json_path;
};

int run(int argc, char** argv) {
    CLI::App app("The tick workload at a fixed rate");
    Options options;
    app.add_option("--dir", options.directory, "scratch directory on the disk to measure")
        ->required();
    app.add_option("--seconds", options.seconds, "of the run")->capture_default_str();
    app.add_option("--rate", options.rate, "ticks a second")->capture_default_str();
    app.add_option("--entities", options.entities, "size of the world")->capture_default_str();
    app.add_option("--json", options.json_path, "append each row to this file");
    CLI11_PARSE(app, argc, argv);

    const std::filesystem::path directory = options.directory / "lag";
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(options.directory);
    TickWorkloadOptions workload_options;
    workload_options.entities = options.entities;
    TickWorkload workload(workload_options);
    auto world = open_world(directory.string(), tick_schema(), {});
    const auto ids = fill_world(*world, workload.world());

    Samples durable_ms;
    Samples commit_us;
    Samples visible_ms;
    Samples lag_ticks;
    std::vector<double> resident_mb;
    const ProcessMeter meter;
    const auto began = std::chrono::steady_clock::now();
    const auto step = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(1 / options.rate));
    const auto ticks = static_cast<std::uint64_t>(options.seconds * options.rate);
    struct Shown {
        std::uint64_t lsn;
        std::chrono::steady_clock::time_point at;
    };
    std::vector<Shown> waiting;
    double workload_cpu = 0;
    for (std::uint64_t tick = 0; tick < ticks; ++tick) {
        const double cpu_before = thread_cpu_seconds();
        const TickChanges changes = workload.next_tick();
        workload_cpu += thread_cpu_seconds() - cpu_before;
        change_world(world->entities(), ids, changes);
        const Stopwatch watch;
        const Token token = must(world->commit());
        commit_us.add(watch.seconds() * 1e6);
        waiting.push_back({token.lsn(), std::chrono::steady_clock::now()});
        // Polls as a caller would that wants to know at once; the world's own thread would go on.
        while (!token.done()) std::this_thread::yield();
        durable_ms.add(watch.seconds() * 1e3);
        must(token.status());
        world->poll();
        const perdure::Health health = world->health();
        const auto now = std::chrono::steady_clock::now();
        while (!waiting.empty() && waiting.front().lsn <= health.stored_lsn) {
            visible_ms.add(
                std::chrono::duration<double, std::milli>(now - waiting.front().at).count());
            waiting.erase(waiting.begin());
        }
        if (tick % static_cast<std::uint64_t>(options.rate) == 0) {
            lag_ticks.add(static_cast<double>(health.accepted_lsn - health.stored_lsn));
            resident_mb.push_back(static_cast<double>(process_memory().resident_bytes) / 1e6);
        }
        std::this_thread::sleep_until(began + step * static_cast<std::int64_t>(tick + 1));
    }
    const double cpu = meter.since_start().cpu_seconds - workload_cpu;
    const perdure::Health health = world->health();
    must(world->close());

    Report report("lag", options.json_path);
    ResultRow row("20 ticks a second, drain to SQLite", "flushed each tick");
    row.add("durable_p50_ms", durable_ms.percentile(0.5));
    row.add("durable_p99_ms", durable_ms.percentile(0.99));
    row.add("durable_p99.9_ms", durable_ms.percentile(0.999));
    row.add("durable_max_ms", durable_ms.maximum());
    row.add("commit_p50_us", commit_us.percentile(0.5));
    row.add("commit_p99.9_us", commit_us.percentile(0.999));
    row.add("sql_shows_p50_ms", visible_ms.percentile(0.5));
    row.add("sql_shows_max_ms", visible_ms.maximum());
    row.add("lag_max_ticks", lag_ticks.maximum());
    row.add("cpu_s", cpu);
    const std::size_t tenth = std::max<std::size_t>(1, resident_mb.size() / 10);
    row.add("resident_mb_early", resident_mb[std::min(tenth, resident_mb.size() - 1)]);
    row.add("resident_mb_late", resident_mb.back());
    row.add("journal_mb_written", static_cast<double>(health.journal_bytes_written) / 1e6);
    row.add("journal_mb_prepared", static_cast<double>(health.journal_bytes_prepared) / 1e6);
    row.add("drains", static_cast<double>(health.drains));
    report.print(row);
    world.reset();
    std::filesystem::remove_all(directory);
    return 0;
}

}  // namespace
}  // namespace perdure::bench

int main(int argc, char** argv) {
    using namespace perdure::bench;
    return guarded("bench_lag", run, argc, argv);
}
