// Figures: how the demonstration is doing, as people like to see it: percentiles and rates over the
// last while.
//
// Thread rule: the world's thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "cli/demo/tick_work.h"
#include "perdure/health.h"

namespace perdure::cli::demo {

// The newest samples of a number, and percentiles of them.
class Samples {
public:
    void add(std::uint64_t value) noexcept;
    // The smallest value that `percent` of the samples do not exceed; 0 without samples.
    [[nodiscard]] std::uint64_t percentile(unsigned percent) const;

private:
    static constexpr std::size_t kept = 1024;  // some 50 s at 20 ticks a second

    std::array<std::uint64_t, kept> values_{};
    std::size_t count_ = 0;  // ever
};

// What is shown.
struct Figures {
    std::uint64_t tick = 0;
    std::uint32_t day = 0;
    std::uint32_t minute = 0;
    std::size_t entities = 0;
    std::size_t walkers = 0;
    std::size_t crops = 0;
    double ticks_a_second = 0;
    double changes_a_second = 0;
    double trades_a_second = 0;
    std::uint64_t commit_us_p50 = 0;  // the call itself
    std::uint64_t commit_us_p99 = 0;
    std::uint64_t flush_us_p50 = 0;  // writing and flushing a group
    std::uint64_t flush_us_p99 = 0;
    Health health;
    std::string note;  // the newest thing worth a line

    [[nodiscard]] std::uint64_t journal_lag() const {
        return health.accepted_lsn - health.durable_lsn;
    }
    [[nodiscard]] std::uint64_t drain_lag() const {
        return health.accepted_lsn - health.stored_lsn;
    }
};

// "14:05" of the world's own day.
[[nodiscard]] std::string clock_text(const Figures& figures);
// One line of plain text.
[[nodiscard]] std::string plain_line(const Figures& figures);

// Counts as ticks go by, and works out rates since the last time they were asked for.
class Meter {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit Meter(Time now) : since_(now) {}

    void tick(const TickCounts& counts, std::uint64_t commit_us, std::uint64_t flush_us);
    // Fills rates and percentiles; rates are over the time since the last call.
    void fill(Figures& figures, Time now);

private:
    Samples commit_us_;
    Samples flush_us_;
    Time since_;
    std::uint64_t ticks_ = 0;
    std::uint64_t changes_ = 0;
    std::uint64_t trades_ = 0;
};

}  // namespace perdure::cli::demo
