#include "io/clock.h"

#include <gtest/gtest.h>

namespace perdure::io {
namespace {

TEST(SystemClock, never_goes_back) {
    const SystemClock clock;
    std::uint64_t before = clock.monotonic_ns();
    for (int step = 0; step < 1000; ++step) {
        const std::uint64_t now = clock.monotonic_ns();
        ASSERT_GE(now, before);
        before = now;
    }
}

TEST(SystemClock, tells_people_microseconds_since_1970) {
    const std::int64_t start_of_2020_us = 1'577'836'800'000'000;
    const std::int64_t start_of_2200_us = 7'258'118'400'000'000;
    const std::int64_t now_us = SystemClock().wall_us();
    EXPECT_GT(now_us, start_of_2020_us);
    EXPECT_LT(now_us, start_of_2200_us);
}

TEST(ManualClock, moves_only_when_told) {
    ManualClock clock;
    const std::uint64_t start_ns = clock.monotonic_ns();
    const std::int64_t start_us = clock.wall_us();
    EXPECT_EQ(clock.monotonic_ns(), start_ns);
    clock.advance_ns(5'000);
    EXPECT_EQ(clock.monotonic_ns(), start_ns + 5'000);
    EXPECT_EQ(clock.wall_us(), start_us + 5);
}

}  // namespace
}  // namespace perdure::io
