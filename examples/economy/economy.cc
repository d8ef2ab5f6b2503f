// An economic simulation that can be stopped at any point and replayed.
//
//   example_economy [DIR] [--ticks N] [--agents N] [--seed N] [--kill-at TICK]
//
// Goes on from where DIR is, up to tick N, and prints what came of it. The same seed gives the same
// digest, in one run or in many, however each ended; --kill-at ends one in the middle of a tick.
#include "economy.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

struct Arguments {
    std::string directory = "economy-world";
    std::uint64_t ticks = 100;
    std::uint64_t agents = 3000;
    std::uint64_t seed = 1;
    std::uint64_t kill_at = 0;
};

int report(const perdure::Status& status) {
    std::fprintf(stderr, "%s\n", status.text().c_str());
    return 1;
}

bool parse(int argc, char** argv, Arguments& to) {
    for (int at = 1; at < argc; ++at) {
        const std::string word = argv[at];
        std::uint64_t* number = word == "--ticks"     ? &to.ticks
                                : word == "--agents"  ? &to.agents
                                : word == "--seed"    ? &to.seed
                                : word == "--kill-at" ? &to.kill_at
                                                      : nullptr;
        if (number == nullptr) {
            to.directory = word;
        } else if (++at < argc) {
            *number = std::strtoull(argv[at], nullptr, 10);
        } else {
            return false;
        }
    }
    return to.agents >= 2;
}

// FNV-1a over every row of these tables, as the store has them: what the simulation is made of.
// World::digest() also covers which ids are reserved, and each life of a world reserves anew.
perdure::Result<std::uint64_t> digest(perdure::World& world) {
    auto view = world.snapshot();
    if (!view) return view.status();
    std::uint64_t sum = 0xcbf2'9ce4'8422'2325;
    for (const char* table :
         {"entity", "Agent", "Community", "Market", "Trades", "Member", "events", "summaries"}) {
        auto page = view->scan(table);
        for (; page && page->rows() > 0; page = view->scan(table, &*page)) {
            for (std::uint32_t row = 0; row < page->rows(); ++row) {
                for (std::size_t column = 0; column < page->columns(); ++column) {
                    for (const std::byte byte : page->cell(column, row)) {
                        sum = (sum ^ std::to_integer<std::uint64_t>(byte)) * 0x100'0000'01b3;
                    }
                }
            }
        }
        if (!page) return page.status();
    }
    return sum;
}

int run(const Arguments& arguments) {
    auto opened = perdure::World::open(arguments.directory, economy::schema());
    if (!opened) return report(opened.status());
    perdure::World& world = **opened;
    economy::Economy economy(world);
    if (!economy.is_populated()) {
        const auto populated = economy.populate(arguments.seed, arguments.agents);
        if (!populated.ok()) return report(populated);
        if (auto saved = world.commit({.wait = true}); !saved) return report(saved.status());
    }
    const std::int64_t coins = economy.totals().coins;
    while (world.next_tick() <= arguments.ticks) {
        if (const auto stepped = economy.step(); !stepped.ok()) return report(stepped);
        if (world.next_tick() == arguments.kill_at) return std::raise(SIGKILL);
        if (auto saved = world.commit(); !saved) return report(saved.status());
        world.poll();
    }
    const economy::Economy::Totals totals = economy.totals();
    const perdure::InvariantResult conserved = world.invariants().front();
    if (totals.coins != coins || conserved.grade != perdure::Grade::ok) {
        std::fprintf(stderr, "there were %lld coins, now there are %lld, and %s are too many\n",
                     static_cast<long long>(coins), static_cast<long long>(totals.coins),
                     conserved.found.c_str());
        return 1;
    }
    auto state = world.digest();  // waits until the store has everything
    if (!state) return report(state.status());
    const auto simulated = digest(world);
    if (!simulated) return report(simulated.status());
    std::printf("tick %llu: %zu agents, %zu trades of %lld goods, %zu memberships, %lld coins\n",
                static_cast<unsigned long long>(world.next_tick() - 1), totals.agents,
                totals.trades, static_cast<long long>(totals.volume), totals.memberships,
                static_cast<long long>(totals.coins));
    std::printf("simulation %016llx\nstate      %s\n", static_cast<unsigned long long>(*simulated),
                state->c_str());
    const auto closed = world.close();
    return closed.ok() ? 0 : report(closed);
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    if (!parse(argc, argv, arguments)) {
        std::fprintf(stderr,
                     "economy [DIR] [--ticks N] [--agents N] [--seed N] [--kill-at TICK]\n");
        return 2;
    }
    return run(arguments);
}
