// Trades: two walkers who meet buy from each other what they lack. Every trade is a row of the
// table `trades`.
#pragma once

#include <cstdint>
#include <string_view>

#include "cli/demo/tick_work.h"
#include "perdure/status.h"

namespace perdure::cli::demo {

struct Trade {
    std::uint64_t tick;
    std::uint32_t seq;
    Entity buyer;
    Entity seller;
    std::string_view goods;
    std::uint32_t amount;
    std::int64_t coins;
};

// What a row of `trades` adds to the ledger. A row lost, doubled or changed changes the sum.
[[nodiscard]] std::uint64_t ledger_hash(const Trade& trade) noexcept;

// Each may buy from the other, at most one kind of goods. Fails only if the row cannot be staged.
[[nodiscard]] Status bargain(TickWork& work, Entity first, Entity second);

}  // namespace perdure::cli::demo
