// Clock: where time comes from. SystemClock is the real one, ManualClock only moves when told.
#pragma once

#include <atomic>
#include <cstdint>

namespace perdure::io {

class Clock {
public:
    virtual ~Clock() = default;
    // Nanoseconds that only go forward; for measuring.
    [[nodiscard]] virtual std::uint64_t monotonic_ns() const = 0;
    // Microseconds since 1970, as the machine believes; for people.
    [[nodiscard]] virtual std::int64_t wall_us() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] std::uint64_t monotonic_ns() const override;
    [[nodiscard]] std::int64_t wall_us() const override;
};

class ManualClock final : public Clock {
public:
    [[nodiscard]] std::uint64_t monotonic_ns() const override { return now_ns_.load(); }
    [[nodiscard]] std::int64_t wall_us() const override {
        return static_cast<std::int64_t>(now_ns_.load() / 1000);
    }
    void advance_ns(std::uint64_t nanoseconds) { now_ns_.fetch_add(nanoseconds); }

private:
    std::atomic<std::uint64_t> now_ns_{1'000'000'000};
};

}  // namespace perdure::io
