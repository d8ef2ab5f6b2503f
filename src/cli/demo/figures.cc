#include "cli/demo/figures.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/quantity.h"

namespace perdure::cli::demo {

void Samples::add(std::uint64_t value) noexcept { values_[count_++ % kept] = value; }

std::uint64_t Samples::percentile(unsigned percent) const {
    const std::size_t there = std::min(count_, kept);
    if (there == 0) return 0;
    std::vector<std::uint64_t> sorted(values_.begin(),
                                      values_.begin() + static_cast<std::ptrdiff_t>(there));
    const std::size_t rank = (there * percent + 99) / 100;
    const auto at =
        sorted.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(sorted.begin(), at, sorted.end());
    return *at;
}

std::string clock_text(const Figures& figures) {
    return fmt::format("{:02}:{:02}", figures.minute / 60, figures.minute % 60);
}

std::string plain_line(const Figures& figures) {
    std::string line = fmt::format(
        "tick {}  {:.1f} ticks/s  {} entities  {} changes/s  {} trades/s  commit {} p99 {}  "
        "flush {} p99 {}  lag journal {} store {}  disk journal {} store {}",
        figures.tick, figures.ticks_a_second, count_text(figures.entities),
        count_text(static_cast<std::uint64_t>(figures.changes_a_second)),
        count_text(static_cast<std::uint64_t>(figures.trades_a_second)),
        duration_text(figures.commit_us_p50), duration_text(figures.commit_us_p99),
        duration_text(figures.flush_us_p50), duration_text(figures.flush_us_p99),
        figures.journal_lag(), figures.drain_lag(), bytes_text(figures.health.journal_bytes),
        bytes_text(figures.health.store_bytes));
    if (!figures.health.trouble.ok()) line += "  TROUBLE: " + figures.health.trouble.text();
    return line;
}

void Meter::tick(const TickCounts& counts, std::uint64_t commit_us, std::uint64_t flush_us) {
    ++ticks_;
    changes_ += counts.changes;
    trades_ += counts.trades;
    commit_us_.add(commit_us);
    flush_us_.add(flush_us);
}

void Meter::fill(Figures& figures, Time now) {
    const double seconds = std::max(1e-6, std::chrono::duration<double>(now - since_).count());
    figures.ticks_a_second = static_cast<double>(ticks_) / seconds;
    figures.changes_a_second = static_cast<double>(changes_) / seconds;
    figures.trades_a_second = static_cast<double>(trades_) / seconds;
    figures.commit_us_p50 = commit_us_.percentile(50);
    figures.commit_us_p99 = commit_us_.percentile(99);
    figures.flush_us_p50 = flush_us_.percentile(50);
    figures.flush_us_p99 = flush_us_.percentile(99);
    since_ = now;
    ticks_ = changes_ = trades_ = 0;
}

}  // namespace perdure::cli::demo
