// Interval: when changed rows of a table last went out. Rows of a relaxed category go out again
// when its interval is over, those of others at once.
#pragma once

#include <cstdint>
#include <optional>

#include "perdure/durability.h"

namespace perdure::entities {

class Interval {
public:
    // Whether changed rows go out now.
    [[nodiscard]] bool is_over(const Category& category, std::uint64_t now_ms) const noexcept {
        if (category.durability != Level::relaxed || !sent_ms_) return true;
        return now_ms - *sent_ms_ >= category.interval_ms;  // also if the clock went back
    }
    // They did.
    void begin(std::uint64_t now_ms) noexcept { sent_ms_ = now_ms; }

private:
    std::optional<std::uint64_t> sent_ms_;  // none have gone out yet
};

}  // namespace perdure::entities
