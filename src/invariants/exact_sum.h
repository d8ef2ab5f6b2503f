// ExactSum: a sum of doubles without any rounding: fixed point, wide enough for every finite double
// and for more of them than there can be.
//
// So adding and taking away again is nothing, in whatever order, and a sum that was built anew from
// its parts equals one that was kept for years. 560 bytes.
//
// Thread rule: a value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace perdure::invariants {

class ExactSum {
public:
    // A finite number; anything else is a bug.
    void add(double value) noexcept;
    void subtract(double value) noexcept { add(-value); }
    // The double that is nearest; infinite beyond the greatest.
    [[nodiscard]] double value() const noexcept;

private:
    static constexpr int digit_bits = 32;
    static constexpr int lowest = -1074;  // the weight of bit 0: the smallest double's
    static constexpr std::size_t digit_count =
        69;  // 2,098 bits of doubles, and 110 for their number
    // Each addition moves a digit by less than 2^32: so many fit 62 bits.
    static constexpr std::uint32_t additions_max = 1U << 30;

    using Digits = std::array<std::int64_t, digit_count>;
    static void carry(Digits& digits) noexcept;

    Digits digits_{};  // of any sign and size until they are carried
    std::uint32_t additions_ = 0;
};

}  // namespace perdure::invariants
