// bench_worlds: many small worlds in one process, on one runtime.
//
//   how long each takes to make, and to open again; what each costs while nothing happens: memory,
//   descriptors, bytes on disk, and CPU of all together; how many commits a second all make
//   together
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
    std::uint32_t worlds = 1000;
    std::uint32_t entities = 10;
    double idle_seconds = 10;
    double seconds = 10;
    std::string json_path;
};

std::size_t entries_of(const char* directory) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) {
        ++count;
    }
    return count;
}

// All worlds of a run, each in a directory of its own.
class Worlds {
public:
    explicit Worlds(const Options& options)
        : options_(options), directory_(options.directory / "worlds") {
        std::filesystem::remove_all(directory_);
        std::filesystem::create_directories(directory_);
    }
    ~Worlds() {
        worlds_.clear();
        std::filesystem::remove_all(directory_);
    }

    // How long each took, in milliseconds.
    Samples open() {
        Samples milliseconds;
        for (std::uint32_t i = 0; i < options_.worlds; ++i) {
            const std::string path = (directory_ / std::to_string(i)).string();
            const Stopwatch watch;
            worlds_.push_back(must(World::open(path, tick_schema(), {.runtime = &runtime_})));
            milliseconds.add(watch.seconds() * 1e3);
        }
        return milliseconds;
    }
    void close() {
        for (const auto& world : worlds_) must(world->close());
        worlds_.clear();
    }
    void fill() {
        for (const auto& world : worlds_) {
            for (std::uint32_t i = 0; i < options_.entities; ++i) {
                const Entity entity = world->entities().create();
                world->entities().set(entity, Position{1, 2, 3});
            }
            must(world->commit().status());
        }
    }
    // One changed entity in each world, and all of them durable before the next round.
    std::uint64_t commit_round(std::uint64_t round) {
        std::vector<Token> tokens;
        for (const auto& world : worlds_) {
            world->entities().each<Mut<Position>>(
                [&](Position& at) { at.x = static_cast<float>(round); });
            tokens.push_back(must(world->commit()));
        }
        for (const Token& token : tokens) must(token.wait());
        return tokens.size();
    }
    RuntimeHealth health() const { return runtime_.health(); }

private:
    const Options& options_;
    const std::filesystem::path directory_;
    Runtime runtime_;
    std::vector<std::unique_ptr<World>> worlds_;
};

void report_opening(Report& report, const std::string& subject, const Samples& milliseconds) {
    ResultRow row(subject, "owned, journal begun and flushed");
    row.add("open_p50_ms", milliseconds.percentile(0.5));
    row.add("open_p99_ms", milliseconds.percentile(0.99));
    report.print(row);
}

// What the open worlds cost, over what the process had before.
void report_cost(Report& report, const std::string& subject, const Options& options,
                 const Worlds& worlds, std::uint64_t resident_before) {
    const std::uint64_t resident = process_memory().resident_bytes;
    const RuntimeHealth before = worlds.health();
    const ProcessMeter meter;
    std::this_thread::sleep_for(std::chrono::duration<double>(options.idle_seconds));
    const RuntimeHealth health = worlds.health();
    ResultRow row(subject, "as opened");
    row.add("resident_kib_per_world",
            static_cast<double>(resident - std::min(resident, resident_before)) / 1024 /
                options.worlds);
    row.add("journal_kib_per_world",
            static_cast<double>(health.journal_bytes) / 1024 / options.worlds);
    row.add("store_cache_kib_per_world",
            static_cast<double>(health.store_cache_bytes) / 1024 / options.worlds);
    row.add("threads", static_cast<double>(entries_of("/proc/self/task")));
    row.add("descriptors_per_world",
            static_cast<double>(entries_of("/proc/self/fd")) / options.worlds);
    row.add("visits", static_cast<double>(health.visits - before.visits));
    row.add("cpu_s", meter.since_start().cpu_seconds);
    row.add("of_s", options.idle_seconds);
    report.print(row);
}

int run(int argc, char** argv) {
    CLI::App app("Many small worlds in one process");
    Options options;
    app.add_option("--dir", options.directory, "scratch directory on the disk to measure")
        ->required();
    app.add_option("--worlds", options.worlds, "how many")->capture_default_str();
    app.add_option("--entities", options.entities, "in each")->capture_default_str();
    app.add_option("--idle-seconds", options.idle_seconds, "to watch")->capture_default_str();
    app.add_option("--seconds", options.seconds, "of committing")->capture_default_str();
    app.add_option("--json", options.json_path, "append each row to this file");
    CLI11_PARSE(app, argc, argv);
    Report report("worlds", options.json_path);
    const std::string count = std::to_string(options.worlds) + " worlds";

    Worlds worlds(options);
    report_opening(report, count + ", made", worlds.open());
    worlds.fill();
    worlds.close();
    const std::uint64_t resident_before = process_memory().resident_bytes;
    report_opening(report, count + ", opened again", worlds.open());
    report_cost(report, count + ", just opened", options, worlds, resident_before);
    report_cost(report, count + ", at rest", options, worlds, resident_before);

    const Stopwatch watch;
    std::uint64_t commits = 0;
    for (std::uint64_t round = 1; watch.seconds() < options.seconds; ++round) {
        commits += worlds.commit_round(round);
    }
    ResultRow row(count + ", a commit each, round by round", "flushed each round");
    row.add("commits_per_s", static_cast<double>(commits) / watch.seconds());
    row.add("threads", static_cast<double>(entries_of("/proc/self/task")));
    report.print(row);
    worlds.close();
    return 0;
}

}  // namespace
}  // namespace perdure::bench

int main(int argc, char** argv) {
    using namespace perdure::bench;
    return guarded("bench_worlds", run, argc, argv);
}
