#include "torture/worker.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "perdure/world.h"
#include "torture/caller.h"
#include "torture/findings.h"
#include "torture/report.h"

namespace perdure::torture {

namespace {

std::atomic<int> asked_to_close{0};  // set by a signal, which any thread may take
static_assert(std::atomic<int>::is_always_lock_free);

// Small files and short intervals: everything that a world does rarely happens often here.
WorldOptions draw_options(Random& random) {
    WorldOptions options;
    options.journal_file_bytes = 1ULL << random.range(18, 21);
    options.journal_bytes_max = 64ULL << 20;
    options.journal_files_ahead = random.range(1U, 3U);
    options.pending_bytes_max = 1ULL << random.range(18, 28);
    options.drain_interval_ms = random.chance(1, 2) ? 5 : 200;
    options.drain_bytes = 1ULL << random.range(14, 22);
    return options;
}

// The world's thread: one being is born in every tick, the oldest dies, all are stamped.
class TickLoop {
public:
    TickLoop(World& world, Shared& shared, Random random)
        : world_(world), shared_(shared), random_(random) {
        world_.entities().each<Stamp>(
            [&](Entity being, const Stamp&) { beings_.push_back(being); });
        std::sort(beings_.begin(), beings_.end());
    }

    void run() {
        while (!shared_.stop && asked_to_close == 0) {
            if (change()) commit();
            world_.poll();
            std::this_thread::sleep_for(std::chrono::microseconds(random_.below(3000)));
        }
        shared_.stop = true;
    }

private:
    bool change() {
        const std::uint64_t tick = world_.next_tick();
        const Entity born = world_.entities().create();
        if (!born) return false;  // no ids for now: the disk is full, perhaps
        beings_.push_back(born);
        if (beings_.size() > beings) {
            world_.entities().destroy(beings_.front());
            beings_.pop_front();
        }
        for (const Entity being : beings_) world_.entities().set(being, Stamp{tick});
        if (const Status status = world_.tick().append("ticks", {{"tick", tick}, {"born", born}});
            !status.ok()) {
            shared_.refused(status);
            return false;
        }
        return true;
    }

    // A refused tick stays as it is, and is committed again.
    void commit() {
        const std::uint64_t tick = world_.next_tick();
        shared_.report.line(text::format("try tick {}", tick));
        for (;;) {
            const auto token = world_.commit();
            if (token) {
                shared_.taken();
                token->then([this, tick](const Status& status) {
                    if (status.ok()) {
                        shared_.report.line(text::format("done tick {}", tick));
                    } else {
                        shared_.refused(status);
                    }
                });
                return;
            }
            if (!shared_.refused(token.status()) || asked_to_close != 0) return;
            world_.poll();
        }
    }

    World& world_;
    Shared& shared_;
    Random random_;
    std::deque<Entity> beings_;
};

void tell(const Report& report, const Findings& findings) {
    for (std::uint32_t caller = 0; caller < callers; ++caller) {
        report.line(text::format("found {} {}", caller, findings.transfers[caller]));
    }
    report.line(text::format("found tick {}", findings.tick));
    for (const std::string& fault : findings.faults) report.line("fault " + fault);
    report.line("ready");
}

Ending ending_of(const Status& opening) {
    switch (opening.code()) {
        case Code::locked: return Ending::locked;
        case Code::no_space: return Ending::no_space;
        default: return Ending::failed;
    }
}

Ending live(World& world, const Findings& findings, const Report& report, Random& random) {
    Shared shared(report);
    std::deque<Caller> all;
    for (std::uint32_t caller = 0; caller < callers; ++caller) {
        all.emplace_back(world, shared, caller, findings.transfers[caller], random.next());
    }
    TickLoop ticks(world, shared, random.split());
    std::vector<std::thread> threads;
    for (Caller& caller : all) threads.emplace_back([&caller] { caller.run(); });
    ticks.run();
    for (std::thread& thread : threads) thread.join();
    world.poll();
    if (shared.has_failed) return Ending::failed;
    if (shared.must_reopen) return Ending::reopen;
    return Ending::closed;
}

}  // namespace

Ending run_worker(const WorkerOptions& options) {
    std::signal(SIGTERM, [](int) { asked_to_close = 1; });
    const Report report(options.report_descriptor);
    Random random(options.seed);
    auto world = World::open(options.directory, schema(), draw_options(random));
    if (!world) {
        report.line("cannot open: " + world.status().text());
        return ending_of(world.status());
    }
    const auto findings = examine(**world, options.checked);
    if (!findings) {
        report.line("failed " + findings.status().text());
        return Ending::failed;
    }
    tell(report, *findings);
    if (!findings->faults.empty()) return Ending::failed;
    const Ending ending = live(**world, *findings, report, random);
    if (ending != Ending::closed) return ending;
    if (const Status closed = (*world)->close(); !closed.ok()) {
        report.line("failed to close: " + closed.text());
        return closed.code() == Code::no_space ? Ending::no_space : Ending::failed;
    }
    return Ending::closed;
}

}  // namespace perdure::torture
