#include "cli/demo/trades.h"

#include <algorithm>
#include <iterator>

namespace perdure::cli::demo {

namespace {

constexpr std::uint32_t wanted_below = 4;  // who has fewer of a kind would like some
constexpr std::uint32_t spare_above = 4;   // who has more of a kind would part with some
constexpr std::uint32_t amount_max = 2;
constexpr std::uint32_t in_the_mood_once_in = 2;

Status record(TickWork& work, const Trade& trade) {
    work.totals.trades += 1;
    work.totals.coins_traded += trade.coins;
    work.totals.ledger += ledger_hash(trade);
    work.counts.trades += 1;
    work.counts.changes += 1;
    return work.staged.append("trades", {{"tick", trade.tick},
                                         {"seq", trade.seq},
                                         {"buyer", trade.buyer},
                                         {"seller", trade.seller},
                                         {"goods", trade.goods},
                                         {"amount", trade.amount},
                                         {"coins", trade.coins}});
}

Status buy(TickWork& work, Entity buyer, Entity seller) {
    Entities& entities = work.entities;
    const Bag lacking = *entities.get<Bag>(buyer);
    const Bag offered = *entities.get<Bag>(seller);
    const std::int64_t coins = entities.get<Purse>(buyer)->coins;
    for (const Good& good : goods) {
        if (lacking.*good.held >= wanted_below || offered.*good.held <= spare_above) continue;
        const auto affordable = static_cast<std::uint32_t>(coins / good.price);
        const std::uint32_t amount =
            std::min({amount_max, affordable, offered.*good.held - spare_above});
        if (amount == 0) continue;
        const std::int64_t price = good.price * amount;
        work.edit<Bag>(buyer).*good.held += amount;
        work.edit<Bag>(seller).*good.held -= amount;
        work.edit<Purse>(buyer).coins -= price;
        work.edit<Purse>(seller).coins += price;
        return record(work,
                      {work.tick, work.counts.trades, buyer, seller, good.name, amount, price});
    }
    return {};
}

}  // namespace

std::uint64_t ledger_hash(const Trade& trade) noexcept {
    std::uint64_t hash = Rolls::mix(trade.tick + 1);
    for (const std::uint64_t field :
         {std::uint64_t{trade.seq}, trade.buyer.id, trade.seller.id, std::uint64_t{trade.amount},
          static_cast<std::uint64_t>(trade.coins)}) {
        hash = Rolls::mix(hash * 31 + field);
    }
    for (const char letter : trade.goods) {
        hash = Rolls::mix(hash * 31 + static_cast<unsigned char>(letter));
    }
    return hash;
}

Status bargain(TickWork& work, Entity first, Entity second) {
    if (!work.rolls.once_in(in_the_mood_once_in)) return {};
    const Status bought = buy(work, first, second);
    return bought.ok() ? buy(work, second, first) : bought;
}

}  // namespace perdure::cli::demo
