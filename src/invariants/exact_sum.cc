#include "invariants/exact_sum.h"

#include <bit>
#include <cmath>

#include "base/assert.h"
#include "base/seeded_bug.h"
#include "invariants/wide.h"

namespace perdure::invariants {

void ExactSum::add(double value) noexcept {
    PERDURE_ASSERT(std::isfinite(value));
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto exponent = static_cast<unsigned>((bits >> 52) & 0x7ff);
    std::uint64_t mantissa = bits & ((1ULL << 52) - 1);
    if (exponent != 0) mantissa |= 1ULL << 52;
    if (mantissa == 0) return;
    const unsigned position = exponent == 0 ? 0 : exponent - 1;  // of its lowest bit, over 2^-1074
    WideUnsigned shifted = WideUnsigned{mantissa} << (position % digit_bits);
    const bool negative = (bits >> 63) != 0;
    for (std::size_t at = position / digit_bits; shifted != 0; ++at) {
        const auto piece = static_cast<std::int64_t>(static_cast<std::uint32_t>(shifted));
        digits_[at] += negative ? -piece : piece;
        shifted >>= digit_bits;
    }
    if (++additions_ < additions_max) return;
    carry(digits_);
    additions_ = 0;
}

// All digits but the last become 0 to 2^32 - 1; the last has the sign.
void ExactSum::carry(Digits& digits) noexcept {
    for (std::size_t at = 0; at + 1 < digit_count; ++at) {
        const std::int64_t over = digits[at] >> digit_bits;  // rounds down
        digits[at] -= over * (std::int64_t{1} << digit_bits);
        digits[at + 1] += over;
    }
}

double ExactSum::value() const noexcept {
    Digits digits = digits_;
    carry(digits);
    const bool negative = digits.back() < 0;
    if (negative) {
        for (std::int64_t& digit : digits) digit = -digit;
        carry(digits);
    }
    std::size_t top = digit_count - 1;
    while (top > 0 && digits[top] == 0) --top;
    if (digits[top] == 0) return 0;
    PERDURE_ASSERT(digits[top] >> digit_bits == 0);  // there are not as many rows

    // The highest 64 bits; what lies below them only decides ties.
    const auto digit = [&](std::size_t below) {
        return below > top ? WideUnsigned{0}
                           : WideUnsigned{static_cast<std::uint64_t>(digits[top - below])};
    };
    const WideUnsigned high = digit(0) << (2 * digit_bits) | digit(1) << digit_bits | digit(2);
    const auto width = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(digits[top])));
    auto bits = static_cast<std::uint64_t>(high >> width);
    bool rest = (high & ((WideUnsigned{1} << width) - 1)) != 0;
    for (std::size_t below = 3; below <= top && !rest; ++below) rest = digits[top - below] != 0;
    if (rest && !seeded_bug("invariants: what lies below 64 bits is cut off")) bits |= 1;
    const int exponent = (static_cast<int>(top) - 2) * digit_bits + width + lowest;
    const double value = std::ldexp(static_cast<double>(bits), exponent);
    return negative ? -value : value;
}

}  // namespace perdure::invariants
