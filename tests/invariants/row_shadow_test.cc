#include "invariants/row_shadow.h"

#include <map>
#include <random>
#include <utility>

#include <gtest/gtest.h>

#include "base/test_run.h"

namespace perdure::invariants {
namespace {

TEST(RowShadow, knows_what_was_put_until_it_is_erased) {
    RowShadow shadow(2);
    EXPECT_EQ(shadow.find({5, 1}), nullptr);
    shadow.put({5, 1})[1] = 7;
    EXPECT_EQ(shadow.put({5, 1})[1], 7u);
    EXPECT_EQ(shadow.size(), 1u);
    EXPECT_FALSE(shadow.has({5, 2}));
    shadow.erase({5, 1});
    EXPECT_FALSE(shadow.has({5, 1}));
    EXPECT_EQ(shadow.put({5, 1})[1], 0u) << "new, so of zeros";
}

TEST(RowShadow, rows_may_have_no_words) {
    RowShadow shadow(0);
    for (std::uint64_t id = 0; id < 100; ++id) shadow.put({id, 1});
    EXPECT_EQ(shadow.size(), 100u);
    EXPECT_TRUE(shadow.has({99, 1}));
    EXPECT_NE(shadow.find({99, 1}), nullptr);
}

TEST(RowShadow, equals_one_that_came_to_hold_the_same_another_way) {
    RowShadow one(1);
    RowShadow other(1);
    for (std::uint64_t id = 0; id < 50; ++id) *one.put({id, 0}) = id;
    for (std::uint64_t id = 500; id > 0; --id) *other.put({id - 1, 0}) = id - 1;
    EXPECT_FALSE(one.equals(other));
    for (std::uint64_t id = 50; id < 500; ++id) other.erase({id, 0});
    EXPECT_TRUE(one.equals(other));
    *other.put({7, 0}) = 8;
    EXPECT_FALSE(one.equals(other));
}

// Few keys, so that runs of slots form and are closed up again.
TEST(RowShadow, agrees_with_a_map) {
    std::mt19937_64 random(test_seed());
    for (const std::uint64_t keys : {20u, 300u, 5000u}) {
        RowShadow shadow(1);
        std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> map;
        for (int i = 0; i < 100'000; ++i) {
            const RowKey key{random() % keys, random() % 2};
            const std::pair<std::uint64_t, std::uint64_t> plain{key.low, key.high};
            if (random() % 2 == 0) {
                shadow.erase(key);
                map.erase(plain);
            } else {
                map[plain] = *shadow.put(key) = random();
            }
            ASSERT_EQ(shadow.size(), map.size());
            const RowKey asked{random() % keys, random() % 2};
            const auto known = map.find({asked.low, asked.high});
            const std::uint64_t* const found = shadow.find(asked);
            ASSERT_EQ(found != nullptr, known != map.end());
            if (found != nullptr) {
                ASSERT_EQ(*found, known->second);
            }
        }
    }
}

}  // namespace
}  // namespace perdure::invariants
