// Books: an audit of the demonstration's world. Everything is counted anew, from what is there, and
// compared with what the world says of itself.
//
// Thread rule: the world's thread, between ticks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "perdure/status.h"
#include "perdure/world.h"

namespace perdure::cli::demo {

// How many ticks' trades are read again, row by row; before that, the summary of a tick stands for
// them. At 20 ticks a second that is a quarter of an hour, and some 200,000 rows.
inline constexpr std::uint64_t audit_ticks_max = 20'000;

struct Audit {
    std::uint64_t tick = 0;  // the last one
    std::int64_t coins = 0;  // in all purses
    std::int64_t coins_expected = 0;
    std::int64_t goods = 0;           // in all bags
    std::int64_t goods_expected = 0;  // produced less eaten
    std::uint64_t trades = 0;         // ever, by the totals
    std::uint64_t trades_read = 0;    // rows read again
    std::vector<std::string> faults;  // what is not as it must be; empty: all is well
};

// Of a founded world. Fails if a table cannot be read.
[[nodiscard]] Result<Audit> audit(World& world);

}  // namespace perdure::cli::demo
