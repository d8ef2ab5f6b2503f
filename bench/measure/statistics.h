// What a benchmark says about its numbers: percentiles within a run, median and spread over runs.
//
//   Samples ticks;
//   ticks.reserve(300);
//   ticks.add(seconds * 1e3);
//   p99s.push_back(ticks.percentile(0.99));      // one figure per run
//   Spread p99 = Spread::of(p99s);               // 0.31 (0.29..0.37)
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace perdure::bench {

// The samples of one run, in whatever unit they were added. Kept whole: percentiles are exact
// (nearest rank).
class Samples {
public:
    void reserve(std::size_t count) { values_.reserve(count); }
    void add(double value);

    std::size_t count() const { return values_.size(); }
    double sum() const { return sum_; }
    double mean() const;
    double minimum() const { return percentile(0); }
    double maximum() const { return percentile(1); }

    // The smallest sample that at least `fraction` of all samples do not exceed; 0.5 is the median.
    // With fewer than 1/(1 - fraction) samples this is the maximum. 0 if there are no samples.
    double percentile(double fraction) const;

private:
    mutable std::vector<double> values_;
    mutable bool sorted_ = true;
    double sum_ = 0;
};

// One figure over several runs.
struct Spread {
    double median = 0;
    double minimum = 0;
    double maximum = 0;
    std::size_t runs = 0;

    static Spread of(std::vector<double> figures);
    static Spread of_one(double figure) { return of({figure}); }
};

// Three significant digits, with K, M, G from 10,000 on: 0.208, 17.2, 1112, 96.9M.
std::string short_number(double number);

// "0.208 (0.196..0.22)", or only the number if there was one run.
std::string to_string(const Spread& spread);

// Seconds since construction, by the monotonic clock.
class Stopwatch {
public:
    double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
    void restart() { start_ = Clock::now(); }

private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point start_ = Clock::now();
};

}  // namespace perdure::bench
