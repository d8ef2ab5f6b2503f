#include "cli/demo/figures.h"

#include <chrono>

#include <gtest/gtest.h>

namespace perdure::cli::demo {
namespace {

using Time = Meter::Time;

TEST(Samples, know_their_percentiles) {
    Samples samples;
    EXPECT_EQ(samples.percentile(50), 0U);
    for (std::uint64_t value = 100; value >= 1; --value) samples.add(value);
    EXPECT_EQ(samples.percentile(50), 50U);
    EXPECT_EQ(samples.percentile(99), 99U);
    EXPECT_EQ(samples.percentile(100), 100U);
}

TEST(Samples, forget_what_is_old) {
    Samples samples;
    samples.add(1'000'000);
    for (int count = 0; count < 5000; ++count) samples.add(7);
    EXPECT_EQ(samples.percentile(100), 7U);
}

TEST(Meter, tells_rates_since_it_was_last_asked) {
    Meter meter{Time{}};
    TickCounts counts;
    counts.changes = 100;
    counts.trades = 3;
    for (int tick = 0; tick < 20; ++tick) meter.tick(counts, 10, 20);
    Figures figures;
    meter.fill(figures, Time{} + std::chrono::seconds(2));
    EXPECT_DOUBLE_EQ(figures.ticks_a_second, 10);
    EXPECT_DOUBLE_EQ(figures.changes_a_second, 1000);
    EXPECT_DOUBLE_EQ(figures.trades_a_second, 30);
    EXPECT_EQ(figures.commit_us_p50, 10U);
    EXPECT_EQ(figures.flush_us_p99, 20U);
    meter.fill(figures, Time{} + std::chrono::seconds(3));
    EXPECT_DOUBLE_EQ(figures.ticks_a_second, 0);
}

TEST(PlainLine, says_tick_rates_latencies_lags_and_disk) {
    Figures figures;
    figures.tick = 42;
    figures.entities = 203'601;
    figures.health.accepted_lsn = 50;
    figures.health.durable_lsn = 49;
    figures.health.stored_lsn = 30;
    figures.health.store_bytes = 2'500'000;
    const std::string line = plain_line(figures);
    for (const char* part : {"tick 42 ", "203,601 entities", "commit 0 us p99 0 us",
                             "lag journal 1 store 20", "store 2.5 MB"}) {
        EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
    }
}

TEST(PlainLine, says_what_troubles_the_world) {
    Figures figures;
    EXPECT_EQ(plain_line(figures).find("TROUBLE"), std::string::npos);
    figures.health.trouble = Status(Code::no_space, "the disk is full");
    EXPECT_NE(plain_line(figures).find("TROUBLE: no_space: the disk is full"), std::string::npos);
}

}  // namespace
}  // namespace perdure::cli::demo
