// Checksums: XXH3, 64 bits for blocks and headers, 128 bits for chains and digests.
//
// They find accidents, not forgery. See docs/decisions/0002-one-checksum.md.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace perdure {

struct Hash128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    friend bool operator==(const Hash128&, const Hash128&) = default;
    [[nodiscard]] std::string hex() const;  // 32 digits, the high half first
};

[[nodiscard]] std::uint64_t checksum64(ByteSpan bytes, std::uint64_t seed = 0) noexcept;
[[nodiscard]] Hash128 checksum128(ByteSpan bytes, std::uint64_t seed = 0) noexcept;

// Sums modulo 2^128: a digest of a set, whatever the order of its members.
[[nodiscard]] Hash128 operator+(Hash128 left, Hash128 right) noexcept;
[[nodiscard]] Hash128 operator-(Hash128 left, Hash128 right) noexcept;

}  // namespace perdure
