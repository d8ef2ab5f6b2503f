#include "store/sqlite/page_checksum.h"

#include <cstring>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/seeded_bug.h"

namespace perdure::store::sqlite {

std::uint64_t page_checksum(ByteSpan page, std::uint64_t number) noexcept {
    PERDURE_ASSERT(page.size() == page_bytes);
    PERDURE_ASSERT(number > 0);
    return checksum64(page.first(page_bytes - reserved_bytes), number);
}

bool page_is_whole(ByteSpan page, std::uint64_t number) noexcept {
    const auto stored = load_le<std::uint64_t>(page.data() + page_bytes - reserved_bytes);
    return stored == page_checksum(page, number) || seeded_bug("sqlite: bad pages are read");
}

void seal_page(MutableByteSpan page, std::uint64_t number) noexcept {
    store_le(page.data() + page_bytes - reserved_bytes, page_checksum(page, number));
}

std::uint32_t load_big_endian(const std::byte* from) noexcept {
    return __builtin_bswap32(load_le<std::uint32_t>(from));
}

bool has_page_checksums(ByteSpan header) noexcept {
    static constexpr char magic[] = "SQLite format 3";  // with its NUL: 16 bytes
    if (header.size() < header_bytes) return false;
    const std::byte* const at = header.data();
    const std::uint32_t page_size = (std::to_integer<std::uint32_t>(at[header_page_size_at]) << 8) |
                                    std::to_integer<std::uint32_t>(at[header_page_size_at + 1]);
    return std::memcmp(at, magic, sizeof magic) == 0 && page_size == page_bytes &&
           std::to_integer<std::uint32_t>(at[header_reserved_at]) == reserved_bytes;
}

WalChecksum WalChecksum::load(const std::byte* from) noexcept {
    return {load_big_endian(from), load_big_endian(from + 4)};
}

void WalChecksum::add(ByteSpan bytes) noexcept {
    PERDURE_ASSERT(bytes.size() % 8 == 0);
    std::uint32_t one = first;
    std::uint32_t two = second;
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
        one += load_le<std::uint32_t>(bytes.data() + at) + two;
        two += load_le<std::uint32_t>(bytes.data() + at + 4) + one;
    }
    first = one;
    second = two;
}

WalChecksum frame_checksum(WalChecksum before, ByteSpan frame_header, ByteSpan page) noexcept {
    before.add(frame_header.first(frame_salts_at));
    before.add(page);
    return before;
}

}  // namespace perdure::store::sqlite
