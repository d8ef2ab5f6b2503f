#include "model/utf8.h"

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/text.h"

namespace perdure {
namespace {

constexpr std::uint64_t ones = 0x0101010101010101;
constexpr std::uint64_t high_bits = 0x8080808080808080;

// Not zero if a byte is 0 or above 127: subtracting 1 sets the high bit of a byte that was 0.
std::uint64_t suspicious(const std::byte* at) noexcept {
    const auto word = load_le<std::uint64_t>(at);
    return (word | (word - ones)) & high_bits;
}

bool is_ascii_text_byte(std::byte byte) noexcept {
    return byte != std::byte{0} && byte < std::byte{0x80};
}

// How many bytes from `at` are plain, in steps of eight.
std::size_t skip_ascii(const std::byte* at, std::size_t bytes) noexcept {
    std::size_t done = 0;
    while (bytes - done >= 32 && (suspicious(at + done) | suspicious(at + done + 8) |
                                  suspicious(at + done + 16) | suspicious(at + done + 24)) == 0) {
        done += 32;
    }
    while (bytes - done >= 8 && suspicious(at + done) == 0) done += 8;
    return done;
}

bool within(std::byte byte, unsigned low, unsigned high) noexcept {
    const auto value = std::to_integer<unsigned>(byte);
    return low <= value && value <= high;
}

// The length of the character at `at` that begins with a byte above 127; 0 if there is none. The
// table is the Unicode standard's (3-7, well-formed UTF-8 byte sequences).
std::size_t character_bytes(const std::byte* at, std::size_t bytes) noexcept {
    const auto lead = std::to_integer<unsigned>(at[0]);
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (bytes < length) return 0;
    const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (!within(at[1], low, high)) return 0;
    for (std::size_t index = 2; index < length; ++index) {
        if (!within(at[index], 0x80, 0xBF)) return 0;
    }
    return length;
}

// C0, DEL and C1, the second set of control characters.
bool is_control(const std::byte* at, std::size_t length) noexcept {
    if (length == 1) return at[0] < std::byte{0x20} || at[0] == std::byte{0x7F};
    return at[0] == std::byte{0xC2} && at[1] < std::byte{0xA0};
}

}  // namespace

bool is_text(std::string_view text) noexcept {
    const ByteSpan bytes = as_bytes(text);
    std::size_t done = 0;
    while (done < bytes.size()) {
        done += skip_ascii(bytes.data() + done, bytes.size() - done);
        if (done == bytes.size()) break;
        if (is_ascii_text_byte(bytes[done])) {
            ++done;
            continue;
        }
        const std::size_t length = character_bytes(bytes.data() + done, bytes.size() - done);
        if (length == 0) return false;
        done += length;
    }
    return true;
}

bool is_ascii_text(std::string_view text) noexcept {
    const ByteSpan bytes = as_bytes(text);
    std::size_t done = skip_ascii(bytes.data(), bytes.size());
    while (done < bytes.size() && is_ascii_text_byte(bytes[done])) ++done;
    return done == bytes.size();
}

std::string printable(std::string_view text) {
    const ByteSpan bytes = as_bytes(text);
    std::string shown;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::byte* const here = bytes.data() + at;
        const std::size_t length =
            *here < std::byte{0x80} ? 1 : character_bytes(here, bytes.size() - at);
        if (length == 0 || is_control(here, length)) {
            shown += perdure::text::format("\\x{:02x}", std::to_integer<unsigned>(*here));
            ++at;
        } else {
            shown += text.substr(at, length);
            at += length;
        }
    }
    return shown;
}

}  // namespace perdure
