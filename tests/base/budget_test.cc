#include "base/budget.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(Budget, is_all_of_a_single_holder) {
    Budget budget(100);
    Budget::Share only(budget);
    EXPECT_TRUE(only.may_grow(100));
    EXPECT_FALSE(only.may_grow(101));
    only.set(60);
    EXPECT_TRUE(only.may_grow(40));
    EXPECT_FALSE(only.may_grow(41));
}

TEST(Budget, keeps_a_quarter_for_those_below_their_fair_share) {
    Budget budget(100);
    Budget::Share greedy(budget);
    Budget::Share modest(budget);
    greedy.set(50);
    EXPECT_TRUE(greedy.may_grow(25));
    EXPECT_FALSE(greedy.may_grow(26));
    greedy.set(75);
    EXPECT_FALSE(greedy.may_grow(1));
    EXPECT_TRUE(modest.may_grow(25));
    EXPECT_FALSE(modest.may_grow(26));
}

TEST(Budget, has_as_many_shares_as_holders) {
    Budget budget(1000);
    Budget::Share one(budget);
    EXPECT_EQ(budget.fair_share(), 1000u);
    {
        Budget::Share two(budget);
        EXPECT_EQ(budget.fair_share(), 500u);
    }
    EXPECT_EQ(budget.fair_share(), 1000u);
}

TEST(Budget, gets_back_what_a_holder_had_when_it_goes) {
    Budget budget(100);
    {
        Budget::Share brief(budget);
        brief.set(70);
        EXPECT_EQ(budget.used(), 70u);
    }
    EXPECT_EQ(budget.used(), 0u);
}

TEST(Budget, counts_what_grows_and_what_shrinks) {
    Budget budget(100);
    Budget::Share share(budget);
    share.add(30);
    share.subtract(10);
    EXPECT_EQ(budget.used(), 20u);
    share.set(5);
    EXPECT_EQ(budget.used(), 5u);
    EXPECT_EQ(share.used(), 5u);
}

TEST(Budget, calls_greedy_who_has_more_than_its_share_of_what_is_spent) {
    Budget budget(100);
    Budget::Share greedy(budget);
    Budget::Share modest(budget);
    greedy.set(70);
    EXPECT_FALSE(greedy.is_greedy());  // nobody else needs it
    modest.set(10);
    EXPECT_TRUE(greedy.is_greedy());
    EXPECT_FALSE(modest.is_greedy());
}

TEST(Budget, without_a_limit_refuses_nothing) {
    Budget budget(no_budget);
    Budget::Share one(budget);
    Budget::Share two(budget);
    one.set(std::uint64_t{1} << 60);
    EXPECT_TRUE(one.may_grow(std::uint64_t{1} << 61));
    EXPECT_FALSE(one.is_greedy());
}

}  // namespace
}  // namespace perdure
