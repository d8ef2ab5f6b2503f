#include "base/quantity.h"

#include <array>
#include <cstddef>

#include "base/text.h"

namespace perdure {

std::string bytes_text(std::uint64_t bytes) {
    static constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
    if (bytes < 1000) return text::format("{} B", bytes);
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 999.95 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    return text::format("{:.1f} {}", value, units[unit]);
}

std::string count_text(std::uint64_t count) {
    std::string digits = std::to_string(count);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
    return digits;
}

std::string count_text(std::uint64_t count, std::string_view noun) {
    return text::format("{} {}{}", count_text(count), noun, count == 1 ? "" : "s");
}

std::string duration_text(std::uint64_t microseconds) {
    const auto value = static_cast<double>(microseconds);
    if (microseconds < 1000) return text::format("{} us", microseconds);
    if (microseconds < 1'000'000) return text::format("{:.1f} ms", value / 1e3);
    return text::format("{:.1f} s", value / 1e6);
}

}  // namespace perdure
