// Key codec: integer key columns as differences in the least width that fits, 128 keys to a block.
// docs/format/journal.md, "Key deltas". Sorted ids with small gaps take one byte each.
//
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace perdure::journal {

inline constexpr std::size_t key_block_rows = 128;

// What encode_keys() writes at most.
[[nodiscard]] constexpr std::uint64_t encoded_keys_bytes_max(std::uint64_t rows,
                                                             std::size_t width) noexcept {
    return rows * width + (rows + key_block_rows - 1) / key_block_rows;
}

// `keys` are `rows` integers of `width` bytes, 4 or 8. Returns the end of what was written.
std::byte* encode_keys(const std::byte* keys, std::size_t rows, std::size_t width,
                       std::byte* to) noexcept;

// How many bytes at the front of `from` are the encoded keys; nullopt if they are none.
[[nodiscard]] std::optional<std::uint64_t> encoded_keys_bytes(ByteSpan from, std::size_t rows,
                                                              std::size_t width) noexcept;

// `from` must have passed encoded_keys_bytes() with the same rows and width.
void decode_keys(const std::byte* from, std::size_t rows, std::size_t width,
                 std::byte* keys) noexcept;

}  // namespace perdure::journal
