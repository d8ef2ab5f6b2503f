// Quantities, for people to read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace perdure {

// "950 B", "1.4 MB": powers of ten.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
// "1,234,567"
[[nodiscard]] std::string count_text(std::uint64_t count);
// "1 row", "1,234 rows"
[[nodiscard]] std::string count_text(std::uint64_t count, std::string_view noun);
// "850 us", "3.2 ms", "1.5 s"
[[nodiscard]] std::string duration_text(std::uint64_t microseconds);

}  // namespace perdure
