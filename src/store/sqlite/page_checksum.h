// Checksums of pages at rest: ours at the end of each page of the database file, SQLite's own in
// each frame of its write-ahead log.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "store/sqlite/format.h"

namespace perdure::store::sqlite {

// Over all but the reserved bytes, seeded by the page's number, so that a page written to another
// place is noticed too. Pages count from 1.
[[nodiscard]] std::uint64_t page_checksum(ByteSpan page, std::uint64_t number) noexcept;
[[nodiscard]] bool page_is_whole(ByteSpan page, std::uint64_t number) noexcept;
void seal_page(MutableByteSpan page, std::uint64_t number) noexcept;

[[nodiscard]] std::uint32_t load_big_endian(const std::byte* from) noexcept;

// Whether the first bytes of a file are those of a database whose pages carry our checksums.
[[nodiscard]] bool has_page_checksums(ByteSpan header) noexcept;

// The running checksum of SQLite's log, in the state after some frame.
struct WalChecksum {
    std::uint32_t first = 0;
    std::uint32_t second = 0;

    // From where a header holds it.
    [[nodiscard]] static WalChecksum load(const std::byte* from) noexcept;
    // Goes on over a multiple of 8 bytes.
    void add(ByteSpan bytes) noexcept;

    friend bool operator==(const WalChecksum&, const WalChecksum&) = default;
};

// What the checksum in a frame's header must be, given the one before it.
[[nodiscard]] WalChecksum frame_checksum(WalChecksum before, ByteSpan frame_header,
                                         ByteSpan page) noexcept;

}  // namespace perdure::store::sqlite
