// bench_relations: edges between 100,000 entities, beside plain SQLite.
//
//   add       edges at random, in memory; SQLite: into its transaction
//   commit    all of them as one change set, flushed; SQLite: the transaction's COMMIT included
//   drain     until the store has them; SQLite has them already
//   iterate   out of each entity, into each entity, and all in order, summing a field
//
// SQLite is as an expert would have it: WITHOUT ROWID by (from, to), an index for the other
// direction that covers the query, WAL with synchronous=FULL, one transaction, prepared statements.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/random.h"
#include "measure/guarded.h"
#include "measure/process_usage.h"
#include "measure/report.h"
#include "measure/statistics.h"
#include "own/bench_world.h"
#include "peers/sqlite_database.h"

namespace perdure::bench {

struct Trades {
    std::int64_t volume = 0;
};
PERDURE_COMPONENT(Trades, volume);

namespace {

constexpr std::string_view durable = "flushed by the commit";

struct Options {
    std::filesystem::path directory;
    std::size_t runs = 3;
    std::size_t edges = 1'000'000;
    std::size_t entities = 100'000;
    std::string json_path;
};

struct Edge {
    std::size_t from;
    std::size_t to;
};

// As many distinct pairs as wanted, in random order.
std::vector<Edge> random_edges(const Options& options, std::uint64_t seed) {
    Random random(seed);
    std::vector<std::uint64_t> pairs;
    while (pairs.size() < options.edges) {
        while (pairs.size() < options.edges) {
            pairs.push_back(random.below(options.entities) << 32 | random.below(options.entities));
        }
        std::sort(pairs.begin(), pairs.end());
        pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    }
    random.shuffle(std::span(pairs));
    std::vector<Edge> edges;
    edges.reserve(pairs.size());
    for (const std::uint64_t pair : pairs) edges.push_back({pair >> 32, pair & 0xFFFF'FFFF});
    return edges;
}

// Rates of one subject over the runs, by name.
class Rates {
public:
    explicit Rates(const Options& options) : edges_(static_cast<double>(options.edges)) {}

    void measure(const std::string& name, const std::function<void()>& work) {
        const Stopwatch watch;
        work();
        add(name, edges_ / watch.seconds());
    }
    void add(const std::string& name, double figure) {
        for (auto& [known, figures] : figures_) {
            if (known == name) return figures.push_back(figure);
        }
        figures_.push_back({name, {figure}});
    }
    void print(const std::string& subject, Report& report) const {
        ResultRow row(subject, std::string(durable));
        for (const auto& [name, figures] : figures_) row.add(name, Spread::of(figures));
        report.print(row);
    }

private:
    double edges_;
    std::vector<std::pair<std::string, std::vector<double>>> figures_;
};

void expect_sum(std::int64_t sum, const Options& options) {
    if (sum == static_cast<std::int64_t>(options.edges)) return;
    throw std::runtime_error("an iteration did not see each edge once");
}

void run_perdure(const Options& options, const std::vector<Edge>& edges, Rates& rates) {
    const auto directory = options.directory / "relations";
    std::filesystem::remove_all(directory);
    Schema schema;
    schema.relation<Trades>();
    auto world = open_world(directory.string(), schema, {});
    Relations& relations = world->relations();
    std::vector<Entity> ids;
    for (std::size_t made = 0; made < options.entities; ++made) {
        ids.push_back(world->entities().create());
    }
    must(must(world->commit({.tick = {}, .level = Level::stored, .wait = true})).status());

    const std::uint64_t before = process_memory().resident_bytes;
    rates.measure("added_per_s", [&] {
        for (const Edge& edge : edges) relations.relate(ids[edge.from], ids[edge.to], Trades{1});
    });
    rates.add("bytes_per_edge", static_cast<double>(process_memory().resident_bytes - before) /
                                    static_cast<double>(options.edges));
    const Stopwatch since_commit;
    std::optional<Token> saved;
    rates.measure("committed_per_s",
                  [&] { saved = must(world->commit({.tick = {}, .level = {}, .wait = true})); });
    must(saved->wait(Level::stored));
    rates.add("drained_per_s", static_cast<double>(options.edges) / since_commit.seconds());

    std::int64_t sum = 0;
    const auto take = [&](Entity, const Trades& trades) { sum += trades.volume; };
    rates.measure("first_out_per_s", [&] {  // sorts
        for (const Entity id : ids) relations.each_out<Trades>(id, take);
    });
    expect_sum(std::exchange(sum, 0), options);
    rates.measure("out_per_s", [&] {
        for (const Entity id : ids) relations.each_out<Trades>(id, take);
    });
    expect_sum(std::exchange(sum, 0), options);
    for (const Entity id : ids) relations.each_in<Trades>(id, take);
    expect_sum(std::exchange(sum, 0), options);
    rates.measure("in_per_s", [&] {
        for (const Entity id : ids) relations.each_in<Trades>(id, take);
    });
    expect_sum(std::exchange(sum, 0), options);
    rates.measure("all_per_s", [&] {
        relations.each<Trades>([&](Entity, Entity, const Trades& trades) { sum += trades.volume; });
    });
    expect_sum(sum, options);
    rates.measure("removed_per_s", [&] {
        for (const Edge& edge : edges) relations.unrelate<Trades>(ids[edge.from], ids[edge.to]);
    });
    must(world->close());
    world.reset();
    std::filesystem::remove_all(directory);
}

void run_sqlite(const Options& options, const std::vector<Edge>& edges, Rates& rates) {
    const auto path = options.directory / "relations.sqlite";
    const auto remove = [&] {
        for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + end);
    };
    remove();
    {
        const SqliteDatabase database(path);
        database.execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;"
            "CREATE TABLE trades (a INTEGER, b INTEGER, volume INTEGER, PRIMARY KEY (a, b))"
            " WITHOUT ROWID;"
            "CREATE INDEX trades_to ON trades (b, a, volume)");
        SqliteStatement insert(database, "INSERT INTO trades VALUES (?, ?, 1)");
        const Stopwatch since_begin;
        database.execute("BEGIN");
        rates.measure("added_per_s", [&] {
            for (const Edge& edge : edges) {
                insert.bind(1, static_cast<std::int64_t>(edge.from));
                insert.bind(2, static_cast<std::int64_t>(edge.to));
                insert.run();
            }
        });
        database.execute("COMMIT");
        rates.add("committed_per_s", static_cast<double>(options.edges) / since_begin.seconds());

        SqliteStatement out(database, "SELECT b, volume FROM trades WHERE a = ? ORDER BY b");
        SqliteStatement in(database, "SELECT a, volume FROM trades WHERE b = ? ORDER BY a");
        SqliteStatement all(database, "SELECT a, b, volume FROM trades ORDER BY a, b");
        std::int64_t sum = 0;
        for (auto* statement : {&out, &in}) {
            rates.measure(statement == &out ? "out_per_s" : "in_per_s", [&] {
                for (std::size_t id = 0; id < options.entities; ++id) {
                    statement->bind(1, static_cast<std::int64_t>(id));
                    while (statement->next_row()) sum += statement->integer(1);
                }
            });
            expect_sum(std::exchange(sum, 0), options);
        }
        rates.measure("all_per_s", [&] {
            while (all.next_row()) sum += all.integer(2);
        });
        expect_sum(sum, options);
        SqliteStatement erase(database, "DELETE FROM trades WHERE a = ? AND b = ?");
        database.execute("BEGIN");
        rates.measure("removed_per_s", [&] {
            for (const Edge& edge : edges) {
                erase.bind(1, static_cast<std::int64_t>(edge.from));
                erase.bind(2, static_cast<std::int64_t>(edge.to));
                erase.run();
            }
        });
        database.execute("COMMIT");
    }
    remove();
}

int run(int argc, char** argv) {
    CLI::App app("Edges between entities, beside plain SQLite");
    Options options;
    app.add_option("--dir", options.directory, "scratch directory on the disk to measure")
        ->required();
    app.add_option("--runs", options.runs, "of each")->capture_default_str();
    app.add_option("--edges", options.edges)->capture_default_str();
    app.add_option("--entities", options.entities)->capture_default_str();
    app.add_option("--json", options.json_path, "append each row to this file");
    CLI11_PARSE(app, argc, argv);
    std::filesystem::create_directories(options.directory);
    Report report("relations", options.json_path);
    Rates ours(options);
    Rates sqlite(options);
    for (std::size_t i = 0; i < options.runs; ++i) {
        const std::vector<Edge> edges = random_edges(options, i + 1);
        run_perdure(options, edges, ours);
        run_sqlite(options, edges, sqlite);
    }
    const std::string work = std::to_string(options.edges) + " edges";
    ours.print(work + ", perdure", report);
    sqlite.print(work + ", sqlite", report);
    return 0;
}

}  // namespace
}  // namespace perdure::bench

int main(int argc, char** argv) {
    using namespace perdure::bench;
    return guarded("bench_relations", run, argc, argv);
}
