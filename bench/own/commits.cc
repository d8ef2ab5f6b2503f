// bench_commits: small commits, one row each.
//
//   one caller, each commit durable before the next: beside a raw 4 KiB write and flush
//   (bench_raw_single) 64 callers with 40 commits in flight each on 100,000 hot keys, the drain
//   running both again with flushes that take 1 ms and 5 ms longer
#include <atomic>
#include <chrono>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <thread>

#include <CLI/CLI.hpp>

#include "io/faulty_file_system.h"
#include "io/posix_file_system.h"
#include "measure/guarded.h"
#include "measure/process_usage.h"
#include "measure/report.h"
#include "own/bench_world.h"

namespace perdure::bench {
namespace {

struct Options {
    std::filesystem::path directory;
    double seconds = 10;
    std::size_t runs = 5;
    std::uint32_t callers = 64;
    std::uint32_t in_flight = 40;
    std::uint64_t hot_keys = 100'000;
    std::string json_path;
};

Schema counter_schema() {
    Schema schema;
    schema.table("counters").key<std::uint64_t>("id").column<std::uint64_t>("value");
    return schema;
}

void put_counter(Transaction& transaction, std::uint64_t id, std::uint64_t value) {
    must(transaction.put("counters", {{"id", id}, {"value", value}}));
}

struct RunResult {
    double commits_per_second = 0;
    Samples latency_us;
    double cpu_seconds = 0;
    std::uint64_t refused = 0;
};

// A fresh world whose flushes take `flush_delay_ms` longer.
class Scene {
public:
    Scene(const Options& options, std::uint32_t flush_delay_ms)
        : directory_(options.directory / "commits") {
        std::filesystem::remove_all(directory_);
        std::filesystem::create_directories(options.directory);
        slow_.set_sync_delay_ns(std::uint64_t{flush_delay_ms} * 1000000);
        WorldOptions world_options;
        world_options.files = &slow_;
        world_options.journal_files_ahead = 8;
        world_ = open_world(directory_.string(), counter_schema(), world_options);
    }
    ~Scene() {
        world_.reset();
        std::filesystem::remove_all(directory_);
    }
    World& world() { return *world_; }

private:
    std::filesystem::path directory_;
    io::PosixFileSystem disk_;
    io::FaultyFileSystem slow_{disk_};
    std::unique_ptr<World> world_;
};

RunResult one_caller(const Options& options, std::uint32_t flush_delay_ms) {
    Scene scene(options, flush_delay_ms);
    RunResult result;
    Transaction transaction = scene.world().begin();
    const ProcessMeter meter;
    const Stopwatch watch;
    std::uint64_t commits = 0;
    while (watch.seconds() < options.seconds) {
        const Stopwatch one;
        put_counter(transaction, commits % options.hot_keys, commits);
        must(transaction.commit({.tick = {}, .level = {}, .wait = true}).status());
        result.latency_us.add(one.seconds() * 1e6);
        ++commits;
    }
    result.commits_per_second = static_cast<double>(commits) / watch.seconds();
    result.cpu_seconds = meter.since_start().cpu_seconds;
    return result;
}

RunResult many_callers(const Options& options, std::uint32_t flush_delay_ms) {
    Scene scene(options, flush_delay_ms);
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> commits{0};
    std::atomic<std::uint64_t> refused{0};
    std::vector<std::thread> callers;
    const ProcessMeter meter;
    const Stopwatch watch;
    for (std::uint32_t caller = 0; caller < options.callers; ++caller) {
        callers.emplace_back([&, caller] {
            Transaction transaction = scene.world().begin();
            std::deque<Token> in_flight;
            std::uint64_t random = caller * 0x9E3779B97F4A7C15ULL + 1;
            std::uint64_t done = 0;
            while (!stop.load(std::memory_order_relaxed)) {
                random = random * 6364136223846793005ULL + 1442695040888963407ULL;
                put_counter(transaction, (random >> 33U) % options.hot_keys, random);
                auto token = transaction.commit();
                while (!token && token.status().code() == Code::busy) {
                    refused.fetch_add(1);
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                    token = transaction.commit();
                }
                in_flight.push_back(must(std::move(token)));
                if (in_flight.size() < options.in_flight) continue;
                must(in_flight.front().wait());
                while (!in_flight.empty() && in_flight.front().done()) {
                    must(in_flight.front().status());
                    in_flight.pop_front();
                    ++done;
                }
            }
            for (const Token& token : in_flight) {
                must(token.wait());
                ++done;
            }
            commits.fetch_add(done);
        });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
    stop.store(true);
    for (std::thread& caller : callers) caller.join();
    RunResult result;
    result.commits_per_second = static_cast<double>(commits.load()) / watch.seconds();
    result.cpu_seconds = meter.since_start().cpu_seconds;
    result.refused = refused.load();
    return result;
}

void report_runs(Report& report, const std::string& subject, const std::vector<RunResult>& runs) {
    std::vector<double> rates;
    std::vector<double> p50;
    std::vector<double> p99;
    std::vector<double> cpu;
    std::vector<double> refused;
    for (const RunResult& run : runs) {
        rates.push_back(run.commits_per_second);
        p50.push_back(run.latency_us.percentile(0.5));
        p99.push_back(run.latency_us.percentile(0.99));
        cpu.push_back(run.cpu_seconds);
        refused.push_back(static_cast<double>(run.refused));
    }
    ResultRow row(subject, "flushed each commit");
    row.add("commits_per_s", Spread::of(rates));
    row.add("p50_us", Spread::of(p50));
    row.add("p99_us", Spread::of(p99));
    row.add("cpu_s", Spread::of(cpu));
    row.add("refused_busy", Spread::of(refused));
    report.print(row);
}

int run(int argc, char** argv) {
    CLI::App app("Small commits, one row each");
    Options options;
    app.add_option("--dir", options.directory, "scratch directory on the disk to measure")
        ->required();
    app.add_option("--seconds", options.seconds, "of each run")->capture_default_str();
    app.add_option("--runs", options.runs, "of each case")->capture_default_str();
    app.add_option("--callers", options.callers, "threads")->capture_default_str();
    app.add_option("--in-flight", options.in_flight, "commits of each")->capture_default_str();
    app.add_option("--json", options.json_path, "append each row to this file");
    CLI11_PARSE(app, argc, argv);
    Report report("commits", options.json_path);
    for (const std::uint32_t delay : {0U, 1U, 5U}) {
        const std::string flush =
            delay == 0 ? "" : ", flushes " + std::to_string(delay) + " ms longer";
        std::vector<RunResult> one;
        std::vector<RunResult> many;
        for (std::size_t i = 0; i < options.runs; ++i) {
            one.push_back(one_caller(options, delay));
            many.push_back(many_callers(options, delay));
        }
        report_runs(report, "one caller" + flush, one);
        report_runs(report,
                    std::to_string(options.callers) + " callers, " +
                        std::to_string(options.in_flight) + " in flight each" + flush,
                    many);
    }
    return 0;
}

}  // namespace
}  // namespace perdure::bench

int main(int argc, char** argv) {
    using namespace perdure::bench;
    return guarded("bench_commits", run, argc, argv);
}
