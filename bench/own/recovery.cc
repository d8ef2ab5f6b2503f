// bench_recovery: how long until the first tick.
//
//   scan        a journal of 1 GiB of ticks, read past the page cache and checked
//   undrained   10,000,000 rows of a user table that the store does not hold yet, indexed
//   hydration   1,000,000 entities with three components, from SQLite into memory
#include "journal/recovery.h"

#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "engine/engine.h"
#include "io/posix_file_system.h"
#include "measure/guarded.h"
#include "measure/process_usage.h"
#include "measure/report.h"
#include "own/bench_world.h"

namespace perdure::bench {
namespace {

struct Options {
    std::filesystem::path directory;
    std::size_t runs = 5;
    std::uint64_t rows = 10'000'000;
    std::uint32_t entities = 1'000'000;
    std::string json_path;
};

// Nothing drains: what is committed stays in the journal.
WorldOptions undrained_options() {
    WorldOptions options;
    options.drain_interval_ms = 3'600'000;
    options.drain_bytes = ~0ULL >> 1U;
    options.journal_bytes_max = 8ULL << 30;
    options.journal_files_ahead = 20;
    options.pending_bytes_max = 4ULL << 30;
    options.index_bytes_max = 4ULL << 30;
    return options;
}

// The world's files as a killed process leaves them, to be opened again and again.
void copy_world(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::remove_all(to);
    std::filesystem::create_directories(to);
    for (const char* name : {"identity", "store.sqlite", "store.sqlite-wal"}) {
        if (std::filesystem::exists(from / name))
            std::filesystem::copy_file(from / name, to / name);
    }
    std::filesystem::copy(from / "journal", to / "journal",
                          std::filesystem::copy_options::recursive);
    std::filesystem::create_directories(to / "quarantine");
}

void scan(const Options& options, Report& report) {
    const auto made = options.directory / "scan_made";
    const auto copy = options.directory / "scan";
    std::filesystem::remove_all(made);
    std::filesystem::create_directories(options.directory);
    {
        TickWorkload workload{TickWorkloadOptions{}};
        auto world = open_world(made.string(), tick_schema(), undrained_options());
        const auto ids = fill_world(*world, workload.world());
        while (world->health().journal_bytes_written < (1ULL << 30)) {
            change_world(world->entities(), ids, workload.next_tick());
            must(world->commit({.tick = {}, .level = {}, .wait = true}).status());
        }
        world->engine().abandon();
        copy_world(made, copy);
    }
    std::filesystem::remove_all(made);
    std::vector<double> rates;
    std::vector<double> decoded;
    io::PosixFileSystem disk;
    for (std::size_t i = 0; i < options.runs; ++i) {
        engine::WorldDirectory place(disk, copy.string());
        const auto identity = must(place.read_identity());
        for (const bool decode : {false, true}) {
            Catalog catalog;
            Watermark from;  // before everything: every change set is decoded
            std::uint64_t rows = 0;
            const auto count = [&](journal::GroupFound&& group) -> Status {
                for (const ChangeSet& set : group.changes) {
                    for (const Batch& batch : set.batches) rows += batch.rows();
                }
                return {};
            };
            if (!decode) {
                // The watermark of the last group: everything is checked, nothing is decoded.
                Catalog first;
                const auto found =
                    must(journal::recover(disk, place.journal(), identity.world, {}, first,
                                          [](journal::GroupFound&&) { return Status(); }));
                from = {found.epoch, found.last, found.chain, {}, {}};
            }
            const Stopwatch watch;
            const auto found =
                must(journal::recover(disk, place.journal(), identity.world, from, catalog, count));
            (decode ? decoded : rates)
                .push_back(static_cast<double>(found.bytes_read) / watch.seconds() / 1e9);
        }
    }
    ResultRow row("journal of 1 GiB, past the page cache", "at rest");
    row.add("checked_gb_per_s", Spread::of(rates));
    row.add("checked_and_decoded_gb_per_s", Spread::of(decoded));
    report.print(row);
    std::filesystem::remove_all(copy);
}

void undrained(const Options& options, Report& report) {
    const auto made = options.directory / "undrained_made";
    const auto copy = options.directory / "undrained";
    std::filesystem::remove_all(made);
    std::filesystem::create_directories(options.directory);
    Schema schema;
    schema.table("items")
        .key<std::uint64_t>("id")
        .column<std::uint64_t>("owner")
        .column<std::int32_t>("count");
    {
        auto world = open_world(made.string(), schema, undrained_options());
        Transaction transaction = world->begin();
        std::uint64_t key = 1;
        constexpr std::uint64_t rows_per_commit = 10'000;
        for (std::uint64_t done = 0; done < options.rows; done += rows_per_commit) {
            for (std::uint64_t i = 0; i < rows_per_commit; ++i) {
                key = key * 6364136223846793005ULL +
                      1442695040888963407ULL;  // a full period: all distinct
                must(transaction.put("items", {{"id", key}, {"owner", done}, {"count", 7}}));
            }
            must(transaction.commit({.tick = {}, .level = {}, .wait = true}).status());
        }
        world->engine().abandon();
        copy_world(made, copy);
    }
    std::filesystem::remove_all(made);
    std::vector<double> seconds;
    std::vector<double> resident;
    for (std::size_t i = 0; i < options.runs; ++i) {
        const auto again = options.directory / "undrained_run";
        copy_world(copy, again);
        const auto before = process_memory().resident_bytes;
        {
            WorldOptions world_options = undrained_options();
            world_options.create = false;
            const Stopwatch watch;
            auto world = open_world(again.string(), schema, world_options);
            must(world->commit({.tick = {}, .level = {}, .wait = true}).status());
            seconds.push_back(watch.seconds());
            resident.push_back(static_cast<double>(process_memory().resident_bytes - before) / 1e6);
            world->engine().abandon();
        }
        std::filesystem::remove_all(again);
    }
    ResultRow row(std::to_string(options.rows) + " undrained rows, first tick", "at rest");
    row.add("first_tick_s", Spread::of(seconds));
    row.add("resident_mb", Spread::of(resident));
    row.add("budget_mb", 4096.0);
    report.print(row);
    std::filesystem::remove_all(copy);
}

void hydration(const Options& options, Report& report) {
    const auto directory = options.directory / "hydration";
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(options.directory);
    Schema schema;
    schema.component<Position>({.position = true}).component<Velocity>().component<Health>();
    {
        TickWorkloadOptions workload_options;
        workload_options.entities = options.entities;
        const TickWorkload workload(workload_options);
        auto world = open_world(directory.string(), schema, {});
        std::vector<Entity> ids(options.entities);
        for (Entity& id : ids) id = world->entities().create();
        world->entities().set_many<Position>(ids, workload.world().positions);
        world->entities().set_many<Velocity>(ids, workload.world().velocities);
        world->entities().set_many<Health>(ids, workload.world().healths);
        must(must(world->commit()).wait(Level::stored));
        must(world->close());
    }
    std::vector<double> seconds;
    for (std::size_t i = 0; i < options.runs; ++i) {
        const Stopwatch watch;
        auto world = open_world(directory.string(), schema, {});
        seconds.push_back(watch.seconds());
        if (world->entities().count_of<Health>() != options.entities) {
            throw std::runtime_error("hydration: entities are missing");
        }
        must(world->close());
    }
    ResultRow row(std::to_string(options.entities) + " entities x 3 components, from SQLite",
                  "at rest");
    row.add("open_s", Spread::of(seconds));
    report.print(row);
    std::filesystem::remove_all(directory);
}

int run(int argc, char** argv) {
    CLI::App app("Time to the first tick");
    Options options;
    std::string only = "all";
    app.add_option("--dir", options.directory, "scratch directory on the disk to measure")
        ->required();
    app.add_option("--runs", options.runs, "of each case")->capture_default_str();
    app.add_option("--rows", options.rows, "undrained rows")->capture_default_str();
    app.add_option("--entities", options.entities, "to hydrate")->capture_default_str();
    app.add_option("--only", only, "scan, undrained, hydration or all")->capture_default_str();
    app.add_option("--json", options.json_path, "append each row to this file");
    CLI11_PARSE(app, argc, argv);
    Report report("recovery", options.json_path);
    if (only == "all" || only == "scan") scan(options, report);
    if (only == "all" || only == "undrained") undrained(options, report);
    if (only == "all" || only == "hydration") hydration(options, report);
    return 0;
}

}  // namespace
}  // namespace perdure::bench

int main(int argc, char** argv) {
    using namespace perdure::bench;
    return guarded("bench_recovery", run, argc, argv);
}
