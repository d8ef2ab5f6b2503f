// Key deltas. Input: a byte of which width, two of how many rows, the encoded keys.
#include "journal/key_codec.h"

#include <algorithm>

#include "base/assert.h"
#include "fuzz/target.h"

namespace perdure::fuzz {
namespace {

void check_keys_again(ByteSpan keys, std::size_t rows, std::size_t width) {
    std::vector<std::byte> encoded(journal::encoded_keys_bytes_max(rows, width));
    const std::byte* const end = journal::encode_keys(keys.data(), rows, width, encoded.data());
    const auto bytes = static_cast<std::size_t>(end - encoded.data());
    PERDURE_ASSERT(bytes <= encoded.size());
    const auto found = journal::encoded_keys_bytes(ByteSpan(encoded).first(bytes), rows, width);
    PERDURE_ASSERT(found == bytes);
    const std::vector<std::byte> exact = copy_of(ByteSpan(encoded).first(bytes));
    std::vector<std::byte> again(rows * width);
    journal::decode_keys(exact.data(), rows, width, again.data());
    PERDURE_ASSERT(std::equal(keys.begin(), keys.end(), again.begin(), again.end()));
}

}  // namespace

Outcome key_codec(ByteSpan bytes) {
    Input input(bytes);
    const std::size_t width = (input.number<std::uint8_t>() & 1U) != 0 ? 8 : 4;
    const std::size_t rows = input.number<std::uint16_t>();
    const ByteSpan encoded = input.rest();
    // The same bytes as keys, too: every sequence of keys must come back.
    check_keys_again(encoded.first(encoded.size() / width * width), encoded.size() / width, width);

    const auto used = journal::encoded_keys_bytes(encoded, rows, width);
    if (!used) return Outcome::refused;
    PERDURE_ASSERT(*used <= encoded.size());
    const std::vector<std::byte> exact = copy_of(encoded.first(*used));
    std::vector<std::byte> keys(rows * width);
    journal::decode_keys(exact.data(), rows, width, keys.data());
    check_keys_again(keys, rows, width);
    return Outcome::taken;
}

}  // namespace perdure::fuzz
