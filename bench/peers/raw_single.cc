// bench_raw_single: the machine's limit for single commits by one thread: 4 KiB pwrite + fdatasync
// on a file written in full beforehand, used round and round as recycled journal files are.
#include <cstring>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "measure/process_usage.h"
#include "measure/report.h"
#include "peers/raw_file.h"

namespace perdure::bench {
namespace {

constexpr std::uint64_t file_bytes = std::uint64_t{256} << 20;

struct SingleRun {
    Samples commit_us;
    double commits_per_second = 0;
    double cpu_us_per_commit = 0;
    double device_bytes_per_commit = 0;
};

SingleRun run_singles(const std::filesystem::path& directory, WriteMode mode, double seconds) {
    const std::filesystem::path path = directory / "singles.log";
    SingleRun run;
    {
        RawFile file(path, file_bytes, mode);
        BlockBuffer block(block_bytes);
        const DeviceMeter device(directory);
        const ProcessMeter process;
        const Stopwatch whole;
        std::uint64_t commits = 0;
        while (whole.seconds() < seconds) {
            std::memcpy(block.data(), &commits, sizeof commits);
            const Stopwatch stopwatch;
            file.write(block.first(block_bytes), commits * block_bytes % file_bytes);
            file.flush();
            run.commit_us.add(stopwatch.seconds() * 1e6);
            ++commits;
        }
        const auto count = static_cast<double>(commits);
        run.commits_per_second = count / whole.seconds();
        run.cpu_us_per_commit = process.since_start().cpu_seconds * 1e6 / count;
        run.device_bytes_per_commit =
            static_cast<double>(device.since_start().bytes_written) / count;
    }
    std::filesystem::remove(path);
    return run;
}

ResultRow single_row(const std::string& subject, const std::vector<SingleRun>& runs) {
    const auto over_runs = [&](const auto& figure) {
        std::vector<double> figures;
        for (const SingleRun& run : runs) figures.push_back(figure(run));
        return Spread::of(std::move(figures));
    };
    ResultRow row(subject, "flushed each commit");
    row.add("commits_per_s",
            over_runs([](const SingleRun& run) { return run.commits_per_second; }));
    for (const auto& [name, fraction] :
         {std::pair{"commit_p50_us", 0.5}, {"commit_p99_us", 0.99}}) {
        row.add(name, over_runs([f = fraction](const SingleRun& run) {
                    return run.commit_us.percentile(f);
                }));
    }
    row.add("cpu_us_per_commit",
            over_runs([](const SingleRun& run) { return run.cpu_us_per_commit; }));
    row.add("device_B_per_commit",
            over_runs([](const SingleRun& run) { return run.device_bytes_per_commit; }));
    return row;
}

}  // namespace
}  // namespace perdure::bench

int main(int argc, char** argv) {
    using namespace perdure::bench;
    std::filesystem::path directory;
    double seconds = 2;
    int runs = 5;
    std::string json_path;
    CLI::App app("4 KiB pwrite + fdatasync, one thread: the limit for single durable commits");
    app.add_option("--dir", directory, "scratch directory on the disk to measure")->required();
    app.add_option("--seconds", seconds, "length of a run")->capture_default_str();
    app.add_option("--runs", runs, "runs per variant")->capture_default_str();
    app.add_option("--json", json_path, "append each row to this file, as JSON");
    CLI11_PARSE(app, argc, argv);
    try {
        std::filesystem::create_directories(directory);
        Report report("single", json_path);
        report.heading("Single commits, one thread");
        for (const auto& [subject, mode] :
             {std::pair{"raw: 4 KiB buffered + fdatasync", WriteMode::buffered},
              {"raw: 4 KiB O_DIRECT + fdatasync", WriteMode::direct}}) {
            std::vector<SingleRun> all;
            for (int run = 0; run < runs; ++run) {
                all.push_back(run_singles(directory, mode, seconds));
            }
            report.print(single_row(subject, all));
        }
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench_raw_single: {}\n", error.what());
        return 1;
    }
    return 0;
}
