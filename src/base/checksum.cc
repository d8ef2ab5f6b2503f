#include "base/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"

namespace perdure {

std::string Hash128::hex() const { return text::format("{:016x}{:016x}", high, low); }

std::uint64_t checksum64(ByteSpan bytes, std::uint64_t seed) noexcept {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 checksum128(ByteSpan bytes, std::uint64_t seed) noexcept {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
    return {hash.low64, hash.high64};
}

Hash128 operator+(Hash128 left, Hash128 right) noexcept {
    Hash128 sum{left.low + right.low, left.high + right.high};
    if (sum.low < left.low) ++sum.high;
    return sum;
}

Hash128 operator-(Hash128 left, Hash128 right) noexcept {
    Hash128 difference{left.low - right.low, left.high - right.high};
    if (left.low < right.low) --difference.high;
    return difference;
}

}  // namespace perdure
