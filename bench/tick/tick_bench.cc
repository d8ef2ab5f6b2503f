#include "tick/tick_bench.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <malloc.h>

#include "measure/process_usage.h"

namespace perdure::bench {
namespace {

// A directory that is empty at first and gone at the end.
class ScratchDirectory {
public:
    explicit ScratchDirectory(std::filesystem::path path) : path_(std::move(path)) {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }
    ~ScratchDirectory() {
        std::error_code ignored;  // a leftover is removed by the next run
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

struct TickBenchOptions {
    std::filesystem::path directory;
    std::uint64_t ticks = 300;
    std::uint64_t peer_ticks = 0;
    double rate = 0;
    std::size_t runs = 5;
    std::string peer = "all";
    std::uint32_t entities = 100'000;
    double fraction = 0;
    std::uint64_t seed = 1;
    std::string json_path;

    TickPace pace(const TickPeerVariant& variant) const {
        const bool other = variant.peer != "raw" && variant.peer != "perdure";
        return {other && peer_ticks > 0 ? peer_ticks : ticks, rate};
    }
    TickWorkloadOptions workload() const {
        TickWorkloadOptions options;
        if (fraction > 0) {
            options = TickWorkloadOptions::with_fraction(entities, fraction);
        }
        options.entities = entities;
        options.seed = seed;
        return options;
    }
};

void declare_options(CLI::App& app, TickBenchOptions& options) {
    app.add_option("--dir", options.directory, "scratch directory on the disk to measure")
        ->required();
    app.add_option("--ticks", options.ticks, "ticks per run")->capture_default_str();
    app.add_option("--peer-ticks", options.peer_ticks,
                   "ticks per run of all but raw and perdure; without it as many");
    app.add_option("--rate", options.rate,
                   "ticks a second; without it each begins when the one before is durable");
    app.add_option("--runs", options.runs, "runs per variant")->capture_default_str();
    app.add_option("--peer", options.peer, "one peer, or all")->capture_default_str();
    app.add_option("--entities", options.entities, "size of the world")->capture_default_str();
    app.add_option("--fraction", options.fraction,
                   "share of entities that move each tick (0.01, 0.1, 1); without it 10,000 move");
    app.add_option("--seed", options.seed, "seed of the workload")->capture_default_str();
    app.add_option("--json", options.json_path, "append each row to this file, as JSON");
}

struct Measured {
    const TickPeerVariant* variant;
    std::vector<TickRun> runs;
    bool failed = false;

    double rate() const {
        std::vector<double> rates;
        for (const TickRun& run : runs) rates.push_back(run.updates_per_second);
        return Spread::of(rates).median;
    }
};

void report_best(const std::vector<Measured>& all, const std::string& json_path) {
    std::map<std::string, const Measured*> best;
    for (const Measured& measured : all) {
        const Measured*& leader = best[measured.variant->contest];
        if (leader == nullptr || measured.rate() > leader->rate()) {
            leader = &measured;
        }
    }
    std::vector<const Measured*> ranking;
    for (const auto& [contest, measured] : best) ranking.push_back(measured);
    std::sort(ranking.begin(), ranking.end(),
              [](const Measured* a, const Measured* b) { return a->rate() > b->rate(); });
    Report report("tick_best", json_path);
    report.heading("Best variant of each");
    for (const Measured* measured : ranking) {
        report.print(tick_row(*measured->variant, measured->runs));
    }
}

}  // namespace

TickRun run_ticks(const TickPeerVariant& variant, const std::filesystem::path& directory,
                  const TickPace& pace, TickWorkload& workload) {
    const std::uint64_t ticks = pace.ticks;
    ScratchDirectory scratch(directory / variant.peer);
    workload.restart();
    malloc_trim(0);  // what earlier runs freed is not to be taken for this run's memory
    const ProcessMemory memory_before = process_memory();
    const auto peer = variant.start({scratch.path(), ticks, workload.options()});
    peer->load(workload.world());
    flush_file_system(scratch.path());

    TickRun run;
    run.tick_ms.reserve(ticks);
    std::size_t updates = 0;
    double workload_cpu_seconds = 0;
    const DeviceMeter device(scratch.path());
    const ProcessMeter client;
    const std::optional<pid_t> server_id = peer->server();
    const std::optional<ProcessMeter> server =
        server_id ? std::optional<ProcessMeter>(*server_id) : std::nullopt;
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t number = 0; number < ticks; ++number) {
        if (pace.rate > 0) {
            std::this_thread::sleep_until(
                began +
                std::chrono::duration_cast<std::chrono::nanoseconds>(
                    std::chrono::duration<double>(static_cast<double>(number) / pace.rate)));
        }
        const double cpu_before = thread_cpu_seconds();
        const TickChanges changes = workload.next_tick();
        workload_cpu_seconds += thread_cpu_seconds() - cpu_before;
        updates += changes.updates();
        peer->change(changes);
        const Stopwatch stopwatch;
        peer->commit(changes, workload.world());
        run.tick_ms.add(stopwatch.seconds() * 1e3);
    }
    const Stopwatch stopwatch;
    peer->finish();
    run.finish_seconds = stopwatch.seconds();
    const ProcessMemory memory = process_memory(server_id.value_or(0));
    flush_file_system(scratch.path());

    const double client_cpu_seconds = client.since_start().cpu_seconds;
    const double server_cpu_seconds = server ? server->since_start().cpu_seconds : 0;
    const DeviceUsage device_usage = device.since_start();
    run.seconds = run.tick_ms.sum() / 1e3;
    run.cpu_seconds = client_cpu_seconds + server_cpu_seconds - workload_cpu_seconds;
    run.device_bytes_per_update =
        static_cast<double>(device_usage.bytes_written) / static_cast<double>(updates);
    run.flushes_per_tick = static_cast<double>(device_usage.flushes) / static_cast<double>(ticks);
    run.updates_per_second = static_cast<double>(updates) / run.seconds;
    const std::uint64_t resident_before = server_id ? 0 : memory_before.resident_bytes;
    run.resident_megabytes =
        (static_cast<double>(memory.resident_bytes) - static_cast<double>(resident_before)) / 1e6;

    if (const auto difference = first_difference(workload.world(), peer->read_back())) {
        throw std::runtime_error("read back something else than was committed: " + *difference);
    }
    return run;
}

ResultRow tick_row(const TickPeerVariant& variant, const std::vector<TickRun>& runs) {
    const auto over_runs = [&](const auto& figure) {
        std::vector<double> figures;
        for (const TickRun& run : runs) figures.push_back(figure(run));
        return Spread::of(std::move(figures));
    };
    const auto tick_ms = [&](double fraction) {
        return over_runs([&](const TickRun& run) { return run.tick_ms.percentile(fraction); });
    };
    ResultRow row(variant.peer + ": " + variant.name, variant.durability);
    row.add("updates_per_s", over_runs([](const TickRun& run) { return run.updates_per_second; }));
    row.add("tick_p50_ms", tick_ms(0.5));
    row.add("tick_p99_ms", tick_ms(0.99));
    row.add("tick_p99.9_ms", tick_ms(0.999));
    row.add("tick_max_ms", tick_ms(1));
    row.add("device_B_per_update",
            over_runs([](const TickRun& run) { return run.device_bytes_per_update; }));
    row.add("flushes_per_tick", over_runs([](const TickRun& run) { return run.flushes_per_tick; }));
    row.add("cpu_s", over_runs([](const TickRun& run) { return run.cpu_seconds; }));
    row.add("resident_MB", over_runs([](const TickRun& run) { return run.resident_megabytes; }));
    if (std::any_of(runs.begin(), runs.end(),
                    [](const TickRun& run) { return run.finish_seconds > 0.001; })) {
        row.add("finish_s", over_runs([](const TickRun& run) { return run.finish_seconds; }));
    }
    row.add("checked", "verified");
    return row;
}

int tick_bench_main(int argc, char** argv, const TickPeerVariants& variants) {
    CLI::App app("Makes each tick of a game world durable before the next: Perdure and its peers");
    TickBenchOptions options;
    declare_options(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    const auto chosen = [&](const TickPeerVariant& variant) {
        return options.peer == "all" || options.peer == variant.peer;
    };
    if (std::none_of(variants.begin(), variants.end(), chosen) || options.ticks == 0 ||
        options.runs == 0) {
        fmt::print(stderr, "nothing to run: --peer {} --ticks {} --runs {}\n", options.peer,
                   options.ticks, options.runs);
        return 2;
    }
    TickWorkload workload(options.workload());
    const TickWorkloadOptions& size = workload.options();
    Report report("tick", options.json_path);
    report.heading(fmt::format(
        "Tick: {} entities, {} updates a tick, {} ticks ({} of other peers), median (min..max) of "
        "{} runs",
        size.entities, 2 * size.moved + size.hurt + size.looted, options.ticks,
        options.peer_ticks > 0 ? options.peer_ticks : options.ticks, options.runs));
    std::vector<Measured> all;
    for (const TickPeerVariant& variant : variants) {
        if (chosen(variant)) all.push_back({&variant, {}, false});
    }
    // Round after round, so that a disk that changes its mood meanwhile does so for everybody.
    for (std::size_t round = 0; round < options.runs; ++round) {
        for (Measured& measured : all) {
            if (measured.failed) continue;
            const TickPeerVariant& variant = *measured.variant;
            try {
                measured.runs.push_back(
                    run_ticks(variant, options.directory, options.pace(variant), workload));
            } catch (const std::exception& error) {
                fmt::print(stderr, "FAILED {}: {}: {}\n", variant.peer, variant.name, error.what());
                measured.failed = true;
            }
        }
    }
    const auto failed = std::erase_if(all, [](const Measured& one) { return one.failed; });
    for (const Measured& measured : all) {
        report.print(tick_row(*measured.variant, measured.runs));
    }
    if (!all.empty()) report_best(all, options.json_path);
    return failed > 0 ? 1 : 0;
}

}  // namespace perdure::bench
