#include "entities/interval.h"

#include <gtest/gtest.h>

namespace perdure::entities {
namespace {

const Category relaxed{.durability = Level::relaxed, .interval_ms = 1000};

TEST(Interval, is_over_before_anything_went_out) { EXPECT_TRUE(Interval().is_over(relaxed, 0)); }

TEST(Interval, lasts_as_long_as_the_category_says) {
    Interval interval;
    interval.begin(5000);
    EXPECT_FALSE(interval.is_over(relaxed, 5000));
    EXPECT_FALSE(interval.is_over(relaxed, 5999));
    EXPECT_TRUE(interval.is_over(relaxed, 6000));
    interval.begin(6000);
    EXPECT_FALSE(interval.is_over(relaxed, 6999));
}

TEST(Interval, is_for_relaxed_rows_only) {
    Interval interval;
    interval.begin(5000);
    for (const Level level : {Level::ephemeral, Level::journal, Level::stored}) {
        EXPECT_TRUE(interval.is_over({.durability = level, .interval_ms = 1000}, 5000));
    }
}

TEST(Interval, is_over_if_the_clock_went_back) {
    Interval interval;
    interval.begin(5000);
    EXPECT_TRUE(interval.is_over(relaxed, 4999));
}

}  // namespace
}  // namespace perdure::entities
