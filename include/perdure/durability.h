// Durability levels and categories: named policies that tables belong to.
//
// | level     | acknowledged when         | a killed process loses  | a power failure loses |
// | ephemeral | at acceptance             | all                     | all                   |
// | relaxed   | at acceptance             | at most the interval    | the same              |
// | journal   | its group was flushed     | nothing                 | nothing               |
// | stored    | the store committed it    | nothing                 | nothing               |
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "perdure/status.h"

namespace perdure {

// Ordered by strength. Persisted: do not change the values.
enum class Level : std::uint8_t { ephemeral = 0, relaxed = 1, journal = 2, stored = 3 };

[[nodiscard]] std::string_view level_name(Level level) noexcept;
// `invalid` if it is the name of none.
[[nodiscard]] Result<Level> parse_level(std::string_view name);

struct Category {
    std::string name = "world";
    Level durability = Level::journal;
    // How long a relaxed row may wait in memory, newest per key. 1 to 60,000.
    std::uint32_t interval_ms = 1000;
    // "strict" and "keep" are what is enforced today; other words are refused, not ignored.
    std::string consistency = "strict";
    std::string retention = "keep";

    // `invalid` says which of these is not as it must be.
    [[nodiscard]] Status validate() const;
    friend bool operator==(const Category&, const Category&) = default;
};
// "category economy: relaxed, at most 1000 ms lost"
[[nodiscard]] std::string to_text(const Category& category);

inline constexpr std::string_view default_category = "world";

}  // namespace perdure
