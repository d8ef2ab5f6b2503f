#include "measure/statistics.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace perdure::bench {

void Samples::add(double value) {
    values_.push_back(value);
    sum_ += value;
    sorted_ = false;
}

double Samples::mean() const {
    return values_.empty() ? 0 : sum_ / static_cast<double>(values_.size());
}

double Samples::percentile(double fraction) const {
    if (values_.empty()) {
        return 0;
    }
    if (!sorted_) {
        std::sort(values_.begin(), values_.end());
        sorted_ = true;
    }
    const double rank = std::ceil(fraction * static_cast<double>(values_.size()));
    return values_[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

Spread Spread::of(std::vector<double> figures) {
    if (figures.empty()) {
        return {};
    }
    std::sort(figures.begin(), figures.end());
    const std::size_t middle = figures.size() / 2;
    const double median =
        figures.size() % 2 == 1 ? figures[middle] : (figures[middle - 1] + figures[middle]) / 2;
    return {median, figures.front(), figures.back(), figures.size()};
}

std::string short_number(double number) {
    const double size = std::fabs(number);
    // Each bound is where three digits of the smaller unit would round up to four.
    if (size >= 999.5e6) return fmt::format("{:.3g}G", number / 1e9);
    if (size >= 999.5e3) return fmt::format("{:.3g}M", number / 1e6);
    if (size >= 9999.5) return fmt::format("{:.3g}K", number / 1e3);
    if (size >= 999.5) return fmt::format("{:.0f}", number);
    return fmt::format("{:.3g}", number);
}

std::string to_string(const Spread& spread) {
    if (spread.runs <= 1) {
        return short_number(spread.median);
    }
    return fmt::format("{} ({}..{})", short_number(spread.median), short_number(spread.minimum),
                       short_number(spread.maximum));
}

}  // namespace perdure::bench
