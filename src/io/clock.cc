#include "io/clock.h"

#include <chrono>

namespace perdure::io {

std::uint64_t SystemClock::monotonic_ns() const {
    const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(since_boot).count());
}

std::int64_t SystemClock::wall_us() const {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
}

}  // namespace perdure::io
