// UTF-8 without NUL, judged once more by the book: decode each character, see that it needed so
// many bytes and may exist.
#include "base/assert.h"
#include "fuzz/target.h"
#include "model/utf8.h"

namespace perdure::fuzz {
namespace {

constexpr std::size_t shifts = 8;  // the fast path takes eight bytes at a time

// How many bytes the character at the front takes; 0 if there is none.
std::size_t character_by_the_book(ByteSpan bytes) {
    const auto lead = std::to_integer<std::uint32_t>(bytes[0]);
    if (lead == 0 || (lead >= 0x80 && lead < 0xC0)) return 0;
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF8 ? 0 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (length == 0 || bytes.size() < length) return 0;
    std::uint32_t point = lead & (0x7FU >> length);
    for (std::size_t index = 1; index < length; ++index) {
        const auto next = std::to_integer<std::uint32_t>(bytes[index]);
        if ((next & 0xC0U) != 0x80) return 0;
        point = point << 6U | (next & 0x3FU);
    }
    constexpr std::uint32_t least[]{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point < least[length] || surrogate || point > 0x10FFFF ? 0 : length;
}

bool is_text_by_the_book(ByteSpan bytes) {
    while (!bytes.empty()) {
        const std::size_t length = character_by_the_book(bytes);
        if (length == 0) return false;
        bytes = bytes.subspan(length);
    }
    return true;
}

bool is_ascii_by_the_book(ByteSpan bytes) {
    for (const std::byte byte : bytes) {
        if (byte == std::byte{0} || byte >= std::byte{0x80}) return false;
    }
    return true;
}

}  // namespace

Outcome text(ByteSpan input) {
    const bool expected = is_text_by_the_book(input);
    const bool ascii = is_ascii_by_the_book(input);
    for (std::size_t shift = 0; shift < shifts; ++shift) {
        std::vector<std::byte> shifted(shift, std::byte{'a'});
        shifted.insert(shifted.end(), input.begin(), input.end());
        PERDURE_ASSERT(is_text(as_text(shifted)) == expected);
        PERDURE_ASSERT(is_ascii_text(as_text(shifted)) == ascii);
        PERDURE_ASSERT(is_text(as_text(ByteSpan(shifted).subspan(shift))) == expected);
    }
    return expected ? Outcome::taken : Outcome::refused;
}

}  // namespace perdure::fuzz
