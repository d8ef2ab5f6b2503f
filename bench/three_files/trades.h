// The trades of a tick: a pure function of (seed, tick), so that a restarted game makes the same
// ones.
//
// The buyer pays the price and the market's fee, the seller gets the price. The seller gives the
// goods, the buyer gets all but one unit, which spoils. So every trade takes fee_per_trade coins
// and one unit of goods out of the world: a trade that one file knows and another does not shows in
// the totals.
#pragma once

#include <cstdint>
#include <vector>

namespace perdure::bench {

constexpr std::int64_t coins_at_start =
    1'000'000;  // of each walker; too many to run out, so no trade fails
constexpr std::int64_t goods_at_start = 1'000'000;
constexpr std::int64_t fee_per_trade = 1;
constexpr std::int64_t spoiled_per_trade = 1;

struct Trade {
    std::int64_t number;  // within the tick
    std::int64_t buyer;   // walkers are numbered from 0
    std::int64_t seller;
    std::int64_t price;
    std::int64_t units;
};

std::vector<Trade> trades_of_tick(std::uint64_t seed, std::uint64_t tick, std::uint32_t walkers,
                                  std::uint32_t count);

}  // namespace perdure::bench
