#include "journal/group.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/assert.h"
#include "base/seeded_bug.h"
#include "journal/frame.h"

namespace perdure::journal {

void GroupBuilder::clear(std::size_t kept_bytes) {
    payload_bytes_ = 0;
    buffer_.shrink(kept_bytes);
}

void GroupBuilder::add(const ChangeSet& changes, std::uint64_t frame_bytes_bound) {
    const std::size_t used = group_header_bytes + payload_bytes_;
    buffer_.reserve(round_up(used + frame_bytes_bound, block_bytes), used);
    PERDURE_ASSERT(buffer_.size() >= used + frame_bytes_bound);
    std::byte* const start = buffer_.data() + used;
    const auto written = static_cast<std::uint64_t>(encode_frame(changes, start) - start);
    PERDURE_ASSERT(written <= frame_bytes_bound);
    PERDURE_ASSERT(written >= sizeof(FrameHeader));
    PERDURE_ASSERT(written % frame_alignment == 0);  // the next frame begins there
    payload_bytes_ += written;
    PERDURE_ASSERT(payload_bytes_ <= payload_bytes_max);  // else no reader would take it
}

ByteSpan GroupBuilder::seal(GroupHeader header) {
    buffer_.reserve(bytes(), group_header_bytes + payload_bytes_);
    PERDURE_ASSERT(buffer_.size() >= bytes());
    std::byte* const data = buffer_.data();
    const ByteSpan payload(data + group_header_bytes, payload_bytes_);
    std::fill(data + group_header_bytes + payload_bytes_, data + bytes(), std::byte{0});
    header.payload_bytes = payload_bytes_;
    header.payload_checksum = checksum64(payload);
    store_le(data, header);
    store_le(data + group_checksum_offset, checksum64({data, group_checksum_offset}));
    return {data, bytes()};
}

std::optional<GroupHeader> read_group_header(const std::byte* at) noexcept {
    if (load_le<std::uint64_t>(at) != group_magic) return std::nullopt;
    const auto header = load_le<GroupHeader>(at);
    if (header.header_checksum != checksum64({at, group_checksum_offset}) &&
        !seeded_bug("journal: a group header's checksum is ignored")) {
        return std::nullopt;
    }
    if (header.header_bytes != group_header_bytes || header.version != group_version)
        return std::nullopt;
    if ((header.flags & ~group_flags_known) != 0 || header.zero_2 != 0) return std::nullopt;
    if (header.zero_1 != std::array<std::uint8_t, 3>{}) return std::nullopt;
    if (header.payload_bytes > payload_bytes_max || header.first_lsn == 0) return std::nullopt;
    if (header.durable_lsn >= header.first_lsn || header.offset % block_bytes != 0)
        return std::nullopt;
    if (header.first_lsn > std::numeric_limits<Lsn>::max() - header.frames) return std::nullopt;
    switch (header.kind) {
        case GroupKind::data:
            if (header.frames == 0 || header.payload_bytes / sizeof(FrameHeader) < header.frames) {
                return std::nullopt;
            }
            return header;
        case GroupKind::attest:
            if (header.frames != 0 || header.payload_bytes != 0 || header.flags != 0)
                return std::nullopt;
            return header;
    }
    return std::nullopt;
}

bool payload_holds(const GroupHeader& header, ByteSpan group) noexcept {
    PERDURE_ASSERT(group.size() == header.group_bytes());
    if (seeded_bug("journal: a payload's checksum is ignored")) return true;
    const ByteSpan payload = group.subspan(group_header_bytes, header.payload_bytes);
    return checksum64(payload) == header.payload_checksum &&
           is_zero(group.subspan(group_header_bytes + header.payload_bytes));
}

Hash128 chain_after(const GroupHeader& header) noexcept {
    if (header.kind == GroupKind::attest) return header.chain_before;
    std::array<std::byte, sizeof(Hash128) + group_header_bytes> link;
    store_le(link.data(), header.chain_before);
    store_le(link.data() + sizeof(Hash128), header);
    return checksum128(link);
}

bool is_zero(ByteSpan bytes) noexcept {
    while (bytes.size() >= 64) {
        std::uint64_t bits = 0;
        for (std::size_t word = 0; word < 8; ++word) {
            bits |= load_le<std::uint64_t>(bytes.data() + word * 8);
        }
        if (bits != 0) return false;
        bytes = bytes.subspan(64);
    }
    return std::all_of(bytes.begin(), bytes.end(),
                       [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace perdure::journal
