#include "journal/key_codec.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/seeded_bug.h"

namespace perdure::journal {
namespace {

template <typename Key>
constexpr Key zigzag(Key difference) noexcept {
    constexpr int top = std::numeric_limits<Key>::digits - 1;
    return static_cast<Key>(difference << 1) ^ static_cast<Key>(0 - (difference >> top));
}

template <typename Key>
constexpr Key unzigzag(Key coded) noexcept {
    return static_cast<Key>(coded >> 1) ^ static_cast<Key>(0 - (coded & 1));
}

template <typename Key>
std::size_t width_of(Key value) noexcept {
    if (value == 0) return 0;
    if (value <= 0xff) return 1;
    if (value <= 0xffff) return 2;
    if (value <= 0xffff'ffff) return 4;
    return 8;
}

template <typename Narrow, typename Key>
void store_narrow(const Key* from, std::size_t count, std::byte* to) noexcept {
    for (std::size_t index = 0; index < count; ++index) {
        store_le(to + index * sizeof(Narrow), static_cast<Narrow>(from[index]));
    }
}

// The loops are plain so that compilers turn them into vector code.
template <typename Key>
std::byte* encode(const std::byte* keys, std::size_t rows, std::byte* to) noexcept {
    Key before = 0;
    for (std::size_t done = 0; done < rows; done += key_block_rows) {
        const std::size_t count = std::min(key_block_rows, rows - done);
        const std::byte* block = keys + done * sizeof(Key);
        Key coded[key_block_rows];
        coded[0] = zigzag<Key>(static_cast<Key>(load_le<Key>(block) - before));
        for (std::size_t index = 1; index < count; ++index) {
            const Key key = load_le<Key>(block + index * sizeof(Key));
            const Key last = load_le<Key>(block + (index - 1) * sizeof(Key));
            coded[index] = zigzag<Key>(static_cast<Key>(key - last));
        }
        Key all = 0;
        for (std::size_t index = 0; index < count; ++index) all |= coded[index];
        before = load_le<Key>(block + (count - 1) * sizeof(Key));

        const std::size_t width = width_of(all);
        PERDURE_ASSERT(width <= sizeof(Key));
        *to++ = static_cast<std::byte>(width);
        switch (width) {
            case 0: break;
            case 1: store_narrow<std::uint8_t>(coded, count, to); break;
            case 2: store_narrow<std::uint16_t>(coded, count, to); break;
            case 4: store_narrow<std::uint32_t>(coded, count, to); break;
            default: store_narrow<std::uint64_t>(coded, count, to); break;
        }
        to += count * width;
    }
    return to;
}

template <typename Narrow, typename Key>
Key decode_block(const std::byte* from, std::size_t count, Key before, std::byte* keys) noexcept {
    for (std::size_t index = 0; index < count; ++index) {
        const auto coded = static_cast<Key>(load_le<Narrow>(from + index * sizeof(Narrow)));
        before = static_cast<Key>(before + unzigzag<Key>(coded));
        store_le(keys + index * sizeof(Key), before);
    }
    return before;
}

template <typename Key>
void decode(const std::byte* from, std::size_t rows, std::byte* keys) noexcept {
    Key before = 0;
    for (std::size_t done = 0; done < rows; done += key_block_rows) {
        const std::size_t count = std::min(key_block_rows, rows - done);
        if (seeded_bug("journal: keys begin anew at each block")) before = 0;
        const auto width = std::to_integer<std::size_t>(*from++);
        PERDURE_ASSERT(width <= sizeof(Key));  // encoded_keys_bytes() has looked
        std::byte* block = keys + done * sizeof(Key);
        switch (width) {
            case 0:
                for (std::size_t row = 0; row < count; ++row)
                    store_le(block + row * sizeof(Key), before);
                break;
            case 1: before = decode_block<std::uint8_t>(from, count, before, block); break;
            case 2: before = decode_block<std::uint16_t>(from, count, before, block); break;
            case 4: before = decode_block<std::uint32_t>(from, count, before, block); break;
            default: before = decode_block<std::uint64_t>(from, count, before, block); break;
        }
        from += count * width;
    }
}

}  // namespace

std::byte* encode_keys(const std::byte* keys, std::size_t rows, std::size_t width,
                       std::byte* to) noexcept {
    PERDURE_ASSERT(width == 4 || width == 8);
    return width == 8 ? encode<std::uint64_t>(keys, rows, to)
                      : encode<std::uint32_t>(keys, rows, to);
}

std::optional<std::uint64_t> encoded_keys_bytes(ByteSpan from, std::size_t rows,
                                                std::size_t width) noexcept {
    PERDURE_ASSERT(width == 4 || width == 8);
    std::uint64_t at = 0;
    for (std::size_t done = 0; done < rows; done += key_block_rows) {
        if (at >= from.size()) return std::nullopt;
        const auto code = std::to_integer<std::uint64_t>(from[at]);
        if (code > width || (code != 0 && code != 1 && code != 2 && code != 4 && code != 8)) {
            return std::nullopt;
        }
        at += 1 + code * std::min(key_block_rows, rows - done);
    }
    if (at > from.size()) return std::nullopt;
    return at;
}

void decode_keys(const std::byte* from, std::size_t rows, std::size_t width,
                 std::byte* keys) noexcept {
    PERDURE_ASSERT(width == 4 || width == 8);
    if (width == 8) {
        decode<std::uint64_t>(from, rows, keys);
    } else {
        decode<std::uint32_t>(from, rows, keys);
    }
}

}  // namespace perdure::journal
