// Economy: agents who trade, and what their trading makes: a graph that grows and fades.
//
// Everything that the next tick depends on is in the world, its random numbers included: so a run
// that was killed and opened again goes on as if nothing had happened.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "perdure/perdure.h"

namespace economy {

struct Agent {
    std::int64_t coins = 1000;
    std::int64_t goods = 10;
    std::uint32_t skill = 1;  // goods made in a tick
};
PERDURE_COMPONENT(Agent, coins, goods, skill);

struct Community {  // a hyperedge: an entity, and Member edges to those who are in it
    std::string name;
    std::int64_t pot = 0;
};
PERDURE_COMPONENT(Community, name, pot);

struct Market {  // on the world entity: there is one
    std::array<std::uint64_t, 4> random{};
    std::int64_t price = 10;
    std::int64_t minted = 0;  // coins that have come in so far
};
PERDURE_COMPONENT(Market, random, price, minted);

struct Trades {  // from buyer to seller
    std::int64_t volume = 0;
    std::uint32_t times = 0;
    std::uint64_t last_tick = 0;
};
PERDURE_COMPONENT(Trades, volume, times, last_tick);

struct Member {  // from community to agent
    std::int64_t paid = 0;
    std::uint64_t since = 0;
};
PERDURE_COMPONENT(Member, paid, since);

perdure::Schema schema();

class Economy {
public:
    // Over a world of schema(), which must outlive this.
    explicit Economy(perdure::World& world);

    [[nodiscard]] bool is_populated() const;
    // The first tick: agents and communities.
    perdure::Status populate(std::uint64_t seed, std::size_t agents);
    // All that happens in a tick; the caller commits it.
    perdure::Status step();

    struct Totals {
        std::size_t agents = 0, trades = 0, memberships = 0;
        std::int64_t volume = 0;
        std::int64_t coins = 0;  // of agents and pots: never more, never less
    };
    [[nodiscard]] Totals totals();

private:
    std::uint64_t draw(std::uint64_t limit);
    void find_everybody();
    perdure::Status meet(std::uint64_t tick, std::uint32_t& events);
    void join_or_leave(std::uint64_t tick);
    void collect_dues();
    void share_pots();
    void forget_old_trades(std::uint64_t tick);
    perdure::Status retire_poorest(std::uint64_t tick, std::uint32_t& events);
    perdure::Status event(std::uint64_t tick, std::uint32_t& number, const char* what,
                          perdure::Entity who, std::int64_t amount);
    perdure::Status summarise(std::uint64_t tick);

    perdure::World& world_;
    perdure::Entities& entities_;
    perdure::Relations& relations_;
    // By id: the order of components in memory is another after reopening, and a program that
    // decides by it would go another way.
    std::vector<perdure::Entity> agents_;
    std::vector<perdure::Entity> communities_;
    Market market_;
    std::int64_t traded_ = 0;  // in this tick
};

}  // namespace economy
