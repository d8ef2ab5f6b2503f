// bench_backup: what a tick notices of a backup: the tick workload at 20 ticks a second, in turns
// with nothing beside it and with `perdure backup` running beside it all the time, one after the
// other.
//
// As bench_lag: commit() is what the world's thread waits for; durable is from its call to the
// token's being done. Each backup's restored digest is not checked here: tests do that.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/guarded.h"
#include "measure/process_usage.h"
#include "measure/report.h"
#include "own/bench_world.h"

namespace perdure::bench {
namespace {

struct Options {
    std::filesystem::path directory;
    std::filesystem::path program;
    double seconds = 20;
    double rate = 20;
    std::size_t rounds = 5;
    std::uint32_t entities = 100'000;
    std::uint32_t idle_rows = 0;
    std::string json_path;
};

struct Seen {
    Samples commit_us;
    Samples durable_ms;
    Samples backup_s;
    Samples held_s;  // the owner's checkpoints waited
    std::uint64_t lag_ticks_max = 0;
    std::uint64_t unsafe_ticks_max = 0;  // what the journal must keep
    double journal_mb_max = 0;
};

// `perdure backup`, again and again; the last one is waited for.
class Backups {
public:
    Backups(const Options& options, const std::filesystem::path& world)
        : program_(options.program),
          world_(world),
          target_(options.directory / "backup"),
          answer_(target_ + ".json") {
        start();
    }
    void look(Seen& seen) {
        int status = 0;
        if (waitpid(process_, &status, WNOHANG) == process_) done(status, seen);
    }
    void finish(Seen& seen) {
        int status = 0;
        if (waitpid(process_, &status, 0) != process_) throw std::runtime_error("waitpid");
        again_ = false;
        done(status, seen);
    }

private:
    void start() {
        std::vector<std::string> words{program_, "backup", world_, "--to", target_, "--json"};
        std::vector<char*> pointers;
        for (std::string& word : words) pointers.push_back(word.data());
        pointers.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 1, answer_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                         0600);
        const int failure =
            posix_spawn(&process_, pointers[0], &actions, nullptr, pointers.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (failure != 0) throw std::runtime_error("cannot start " + words[0]);
        watch_ = Stopwatch();
    }
    void done(int status, Seen& seen) {
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            throw std::runtime_error("perdure backup failed");
        }
        seen.backup_s.add(watch_.seconds());
        std::ifstream answer(answer_);
        const std::string text((std::istreambuf_iterator<char>(answer)), {});
        const std::string_view word = "\"held_seconds\":";
        seen.held_s.add(std::stod(text.substr(text.find(word) + word.size())));
        std::filesystem::remove_all(target_);
        if (again_) start();
    }

    const std::string program_;
    const std::string world_;
    const std::string target_;
    const std::string answer_;  // what the command printed
    pid_t process_ = 0;
    Stopwatch watch_;
    bool again_ = true;
};

class Run {
public:
    explicit Run(const Options& options)
        : options_(options),
          directory_(options.directory / "world"),
          workload_(workload_options(options)) {
        std::filesystem::remove_all(directory_);
        std::filesystem::remove_all(options.directory / "backup");
        std::filesystem::create_directories(options.directory);
        Schema schema = tick_schema();
        schema.table("idle").key<std::uint64_t>("id").column<std::string>("text");
        world_ = open_world(directory_.string(), schema, {});
        ids_ = fill_world(*world_, workload_.world());
        fill_idle();
    }
    ~Run() {
        world_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    void live(Seen& seen, bool backed_up) {
        std::optional<Backups> backups;
        if (backed_up) backups.emplace(options_, directory_);
        const auto began = std::chrono::steady_clock::now();
        const auto step = std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::duration<double>(1 / options_.rate));
        const auto ticks = static_cast<std::int64_t>(options_.seconds * options_.rate);
        for (std::int64_t tick = 0; tick < ticks; ++tick) {
            const TickChanges changes = workload_.next_tick();
            change_world(world_->entities(), ids_, changes);
            const Stopwatch watch;
            const Token token = must(world_->commit());
            seen.commit_us.add(watch.seconds() * 1e6);
            while (!token.done()) std::this_thread::yield();
            seen.durable_ms.add(watch.seconds() * 1e3);
            must(token.status());
            world_->poll();
            const perdure::Health health = world_->health();
            seen.lag_ticks_max =
                std::max(seen.lag_ticks_max, health.accepted_lsn - health.stored_lsn);
            seen.unsafe_ticks_max =
                std::max(seen.unsafe_ticks_max, health.accepted_lsn - health.safe_lsn);
            seen.journal_mb_max =
                std::max(seen.journal_mb_max, static_cast<double>(health.journal_bytes) / 1e6);
            if (backups) backups->look(seen);
            std::this_thread::sleep_until(began + step * (tick + 1));
        }
        if (backups) backups->finish(seen);
    }
    double store_megabytes() { return static_cast<double>(world_->health().store_bytes) / 1e6; }
    void close() { must(world_->close()); }

private:
    static TickWorkloadOptions workload_options(const Options& options) {
        TickWorkloadOptions made;
        made.entities = options.entities;
        return made;
    }
    // What a large world has beside what moves: a kilobyte a row.
    void fill_idle() {
        const std::string text(1000, 'i');
        for (std::uint64_t id = 0; id < options_.idle_rows;) {
            Transaction transaction = world_->begin();
            for (int i = 0; i < 1000 && id < options_.idle_rows; ++i, ++id) {
                must(transaction.put("idle", {{"id", id}, {"text", text}}));
            }
            const Token token = must(transaction.commit({.wait = true}));
            if (id % 100'000 == 0) must(token.wait(Level::stored));
        }
    }

    const Options options_;
    const std::filesystem::path directory_;
    TickWorkload workload_;
    std::unique_ptr<World> world_;
    std::vector<Entity> ids_;
};

void print(Report& report, const std::string& name, const Seen& seen) {
    ResultRow row(name, "flushed each tick");
    row.add("commit_p50_us", seen.commit_us.percentile(0.5));
    row.add("commit_p99_us", seen.commit_us.percentile(0.99));
    row.add("commit_p99.9_us", seen.commit_us.percentile(0.999));
    row.add("durable_p50_ms", seen.durable_ms.percentile(0.5));
    row.add("durable_p99_ms", seen.durable_ms.percentile(0.99));
    row.add("durable_p99.9_ms", seen.durable_ms.percentile(0.999));
    row.add("durable_max_ms", seen.durable_ms.maximum());
    row.add("lag_max_ticks", static_cast<double>(seen.lag_ticks_max));
    row.add("unsafe_max_ticks", static_cast<double>(seen.unsafe_ticks_max));
    row.add("journal_max_mb", seen.journal_mb_max);
    row.add("backups", static_cast<double>(seen.backup_s.count()));
    row.add("backup_p50_s", seen.backup_s.percentile(0.5));
    row.add("held_p50_s", seen.held_s.percentile(0.5));
    row.add("held_max_s", seen.held_s.maximum());
    report.print(row);
}

int run(int argc, char** argv) {
    CLI::App app("What a tick notices of a backup");
    Options options;
    options.program = std::filesystem::path(argv[0]).parent_path() / "perdure";
    app.add_option("--dir", options.directory, "scratch directory on the disk to measure")
        ->required();
    app.add_option("--program", options.program, "the command perdure")->capture_default_str();
    app.add_option("--seconds", options.seconds, "of each turn")->capture_default_str();
    app.add_option("--rate", options.rate, "ticks a second")->capture_default_str();
    app.add_option("--runs", options.rounds, "turns of each kind")->capture_default_str();
    app.add_option("--entities", options.entities, "size of the world")->capture_default_str();
    app.add_option("--idle-rows", options.idle_rows, "of a kilobyte each, that never change")
        ->capture_default_str();
    app.add_option("--json", options.json_path, "append each row to this file");
    CLI11_PARSE(app, argc, argv);

    Run run(options);
    Seen alone;
    Seen beside;
    run.live(alone, false);  // the first drains and checkpoints are of filling the world
    alone = {};
    for (std::size_t round = 0; round < options.rounds; ++round) {
        run.live(alone, false);
        run.live(beside, true);
    }
    Report report("backup", options.json_path);
    report.heading(std::to_string(options.entities) + " entities, a store of " +
                   short_number(run.store_megabytes()) + " MB");
    print(report, "no backup", alone);
    print(report, "backups, one after the other", beside);
    run.close();
    return 0;
}

}  // namespace
}  // namespace perdure::bench

int main(int argc, char** argv) {
    using namespace perdure::bench;
    return guarded("bench_backup", run, argc, argv);
}
