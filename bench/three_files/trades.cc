#include "three_files/trades.h"

#include "workload/random_values.h"

namespace perdure::bench {

std::vector<Trade> trades_of_tick(std::uint64_t seed, std::uint64_t tick, std::uint32_t walkers,
                                  std::uint32_t count) {
    const ValueStream stream(seed, tick, 0);
    const auto below = [](std::uint64_t bits, std::uint64_t limit) {
        return static_cast<std::int64_t>(bits % limit);
    };
    std::vector<Trade> trades;
    trades.reserve(count);
    for (std::uint32_t number = 0; number < count; ++number) {
        const std::int64_t buyer = below(stream.word(number, 0), walkers);
        const std::int64_t steps =
            1 + below(stream.word(number, 1), walkers - 1);  // never to itself
        trades.push_back({.number = number,
                          .buyer = buyer,
                          .seller = (buyer + steps) % walkers,
                          .price = 1 + below(stream.word(number, 2), 100),
                          .units = 2 + below(stream.word(number, 3), 8)});
    }
    return trades;
}

}  // namespace perdure::bench
