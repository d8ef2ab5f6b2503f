// Rolls: the world's chance. Its whole state is one number, kept as a component on the world, so
// that a world goes on after a restart exactly as it would have gone on without.
//
// The generator is splitmix64 (Steele, Lea and Flood, 2014).
#pragma once

#include <cstdint>

namespace perdure::cli::demo {

class Rolls {
public:
    explicit Rolls(std::uint64_t state) noexcept : state_(state) {}

    [[nodiscard]] std::uint64_t state() const noexcept { return state_; }

    [[nodiscard]] std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15;
        return mix(state_);
    }
    // 0 … limit - 1. Not exactly even: off by less than limit / 2^32, which a walker does not
    // notice.
    [[nodiscard]] std::uint32_t below(std::uint32_t limit) noexcept {
        return static_cast<std::uint32_t>(((next() >> 32) * limit) >> 32);
    }
    // True once in `times`.
    [[nodiscard]] bool once_in(std::uint32_t times) noexcept { return below(times) == 0; }

    [[nodiscard]] static std::uint64_t mix(std::uint64_t value) noexcept {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

private:
    std::uint64_t state_;
};

}  // namespace perdure::cli::demo
