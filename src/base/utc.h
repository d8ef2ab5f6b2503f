// Moments, for people to read.
#pragma once

#include <cstdint>
#include <string>

namespace perdure {

// "2026-11-21 15:04:05 UTC", of microseconds since 1970.
[[nodiscard]] std::string utc_text(std::int64_t wall_us);

}  // namespace perdure
