// Beside its users: the layers that draw numbers are tested here and above.
#include "base/random.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace perdure {
namespace {

// xoshiro256** from the state that splitmix64 makes of 0, computed apart from this code.
TEST(Random, gives_the_same_numbers_everywhere) {
    Random random(0);
    EXPECT_EQ(random.next(), 0x99ec5f36cb75f2b4u);
    EXPECT_EQ(random.next(), 0xbf6e1f784956452au);
    EXPECT_EQ(random.next(), 0x1a5f849d4933e6e0u);
}

TEST(Random, the_same_seed_gives_the_same_numbers_and_another_does_not) {
    Random one(7);
    Random same(7);
    Random other(8);
    const std::uint64_t first = one.next();
    EXPECT_EQ(first, same.next());
    EXPECT_NE(first, other.next());
}

TEST(Random, below_reaches_each_value_about_equally_and_none_else) {
    Random random(1);
    for (const std::uint64_t limit : {1u, 2u, 3u, 7u, 8u}) {
        std::vector<int> seen(limit, 0);
        for (int draw = 0; draw < 8000; ++draw) ++seen[random.below(limit)];
        for (const int count : seen) EXPECT_NEAR(count, 8000 / static_cast<double>(limit), 300);
    }
}

TEST(Random, range_includes_both_ends) {
    Random random(2);
    bool low = false;
    bool high = false;
    for (int draw = 0; draw < 1000; ++draw) {
        const int value = random.range(-3, 3);
        ASSERT_GE(value, -3);
        ASSERT_LE(value, 3);
        low |= value == -3;
        high |= value == 3;
    }
    EXPECT_TRUE(low && high);
    EXPECT_EQ(random.range(5, 5), 5);
    static_cast<void>(random.range(std::numeric_limits<std::int64_t>::min(),
                                   std::numeric_limits<std::int64_t>::max()));
}

TEST(Random, chance_is_what_it_says) {
    Random random(3);
    int hits = 0;
    for (int draw = 0; draw < 30'000; ++draw) hits += random.chance(1, 3) ? 1 : 0;
    EXPECT_NEAR(hits, 10'000, 400);
    EXPECT_FALSE(random.chance(0, 5));
    EXPECT_TRUE(random.chance(5, 5));
}

TEST(Random, uniform_stays_below_one) {
    Random random(4);
    double sum = 0;
    for (int draw = 0; draw < 10'000; ++draw) {
        const double value = random.uniform();
        ASSERT_GE(value, 0.0);
        ASSERT_LT(value, 1.0);
        sum += value;
    }
    EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(Random, fill_fills_any_length) {
    for (std::size_t bytes = 0; bytes < 40; ++bytes) {
        Random random(5);
        std::vector<std::byte> filled(bytes + 1, std::byte{0x55});
        random.fill(std::span(filled).first(bytes));
        EXPECT_EQ(filled.back(), std::byte{0x55});
        Random again(5);
        std::vector<std::byte> longer(64);
        again.fill(longer);
        EXPECT_TRUE(std::equal(filled.begin(), filled.end() - 1, longer.begin()));
    }
}

TEST(Random, shuffle_keeps_all_items) {
    Random random(6);
    std::vector<int> items(100);
    std::iota(items.begin(), items.end(), 0);
    const std::vector<int> sorted = items;
    random.shuffle(std::span(items));
    EXPECT_NE(items, sorted);
    std::sort(items.begin(), items.end());
    EXPECT_EQ(items, sorted);
}

TEST(Random, a_split_does_not_change_with_what_the_other_draws) {
    Random one(9);
    Random part_one = one.split();
    static_cast<void>(one.next());
    Random two(9);
    Random part_two = two.split();
    EXPECT_EQ(part_one.next(), part_two.next());
}

}  // namespace
}  // namespace perdure
