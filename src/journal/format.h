// The bytes of a journal file: constants and structs. docs/format/journal.md is the page to read;
// its rules are numbered J-n. Structs are copied in and out with memcpy, never pointed into a
// buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/checksum.h"
#include "io/file_system.h"
#include "model/change_set.h"
#include "perdure/value.h"

namespace perdure::journal {

using io::block_bytes;

[[nodiscard]] constexpr std::uint64_t magic_number(std::string_view eight) noexcept {
    std::uint64_t value = 0;
    for (std::size_t index = 8; index-- > 0;) {
        value = value << 8 | static_cast<unsigned char>(eight[index]);
    }
    return value;
}

// --- file header ---------------------------------------------------------------------------------

inline constexpr std::uint64_t file_magic = magic_number("PERDJRNL");
inline constexpr std::uint64_t endian_mark = 0x0102030405060708;
inline constexpr std::uint16_t format_major = 1;
inline constexpr std::uint16_t format_minor = 0;
inline constexpr std::uint64_t incompat_known = 0;
inline constexpr std::uint64_t ro_compat_known = 0;
inline constexpr std::uint64_t header_copies = 2;
inline constexpr std::uint64_t headers_bytes = header_copies * block_bytes;
inline constexpr std::size_t file_checksum_offset = block_bytes - 8;
// Ten thousand tables, each of hundreds of columns: beyond this a length is damage, not a wish.
inline constexpr std::uint64_t definitions_bytes_max = 256ULL << 20;

inline constexpr std::uint32_t file_flag_recycled = 1;  // blocks may hold bytes of a former life
inline constexpr std::uint32_t file_flags_known = file_flag_recycled;

struct FileHeader {
    std::uint64_t magic = file_magic;
    std::uint64_t endian = endian_mark;
    std::uint16_t major = format_major;
    std::uint16_t minor = format_minor;
    std::uint32_t header_bytes = block_bytes;
    std::uint64_t incompat = 0;
    std::uint64_t ro_compat = 0;
    std::uint64_t compat = 0;
    Uuid world;
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
    std::uint64_t first_group = 0;
    Lsn first_lsn = 0;
    Hash128 chain;
    std::uint64_t previous_file = 0;
    std::uint64_t previous_bytes = 0;
    Lsn durable_lsn = 0;
    std::uint64_t file_bytes = 0;
    std::uint64_t definitions_bytes = 0;
    std::uint32_t definitions = 0;
    std::uint32_t flags = 0;
    std::uint64_t definitions_checksum = 0;
    std::int64_t wall_us = 0;

    // Where the first group goes.
    [[nodiscard]] std::uint64_t groups_offset() const noexcept {
        return headers_bytes + round_up(definitions_bytes, block_bytes);
    }
};
static_assert(std::is_trivially_copyable_v<FileHeader> && sizeof(FileHeader) == 176);
static_assert(offsetof(FileHeader, endian) == 8 && offsetof(FileHeader, major) == 16);
static_assert(offsetof(FileHeader, minor) == 18 && offsetof(FileHeader, header_bytes) == 20);
static_assert(offsetof(FileHeader, incompat) == 24 && offsetof(FileHeader, ro_compat) == 32);
static_assert(offsetof(FileHeader, compat) == 40 && offsetof(FileHeader, world) == 48);
static_assert(offsetof(FileHeader, epoch) == 64 && offsetof(FileHeader, sequence) == 72);
static_assert(offsetof(FileHeader, first_group) == 80 && offsetof(FileHeader, first_lsn) == 88);
static_assert(offsetof(FileHeader, chain) == 96 && offsetof(FileHeader, previous_file) == 112);
static_assert(offsetof(FileHeader, previous_bytes) == 120 &&
              offsetof(FileHeader, durable_lsn) == 128);
static_assert(offsetof(FileHeader, file_bytes) == 136);
static_assert(offsetof(FileHeader, definitions_bytes) == 144);
static_assert(offsetof(FileHeader, definitions) == 152 && offsetof(FileHeader, flags) == 156);
static_assert(offsetof(FileHeader, definitions_checksum) == 160);
static_assert(offsetof(FileHeader, wall_us) == 168);

// --- group header --------------------------------------------------------------------------------

inline constexpr std::uint64_t group_magic = magic_number("PDJGROUP");
inline constexpr std::size_t group_header_bytes = 128;
inline constexpr std::size_t group_checksum_offset = 120;
inline constexpr std::uint8_t group_version = 1;
// Far beyond any disk; keeps every sum of lengths within 64 bits.
inline constexpr std::uint64_t payload_bytes_max = 1ULL << 48;

enum class GroupKind : std::uint8_t { data = 1, attest = 2 };

inline constexpr std::uint8_t group_flag_definitions = 1;  // the last frame holds definitions
inline constexpr std::uint8_t group_flags_known = group_flag_definitions;

struct GroupHeader {
    std::uint64_t magic = group_magic;
    std::uint16_t header_bytes = group_header_bytes;
    std::uint8_t version = group_version;
    GroupKind kind = GroupKind::data;
    std::uint8_t flags = 0;
    std::array<std::uint8_t, 3> zero_1{};
    std::uint64_t group = 0;
    std::uint64_t epoch = 0;
    std::uint64_t world_tag = 0;
    std::uint64_t file = 0;
    std::uint64_t offset = 0;
    Lsn first_lsn = 0;
    std::uint32_t frames = 0;
    std::uint32_t zero_2 = 0;
    std::uint64_t payload_bytes = 0;
    Lsn durable_lsn = 0;
    std::int64_t wall_us = 0;
    Hash128 chain_before;
    std::uint64_t payload_checksum = 0;
    std::uint64_t header_checksum = 0;

    [[nodiscard]] Lsn last_lsn() const noexcept { return first_lsn + frames - 1; }
    // Header, frames and padding.
    [[nodiscard]] std::uint64_t group_bytes() const noexcept {
        return round_up(group_header_bytes + payload_bytes, block_bytes);
    }
};
static_assert(std::is_trivially_copyable_v<GroupHeader>);
static_assert(sizeof(GroupHeader) == group_header_bytes);
static_assert(offsetof(GroupHeader, header_bytes) == 8 && offsetof(GroupHeader, version) == 10);
static_assert(offsetof(GroupHeader, kind) == 11 && offsetof(GroupHeader, flags) == 12);
static_assert(offsetof(GroupHeader, zero_1) == 13 && offsetof(GroupHeader, group) == 16);
static_assert(offsetof(GroupHeader, epoch) == 24 && offsetof(GroupHeader, world_tag) == 32);
static_assert(offsetof(GroupHeader, file) == 40 && offsetof(GroupHeader, offset) == 48);
static_assert(offsetof(GroupHeader, first_lsn) == 56 && offsetof(GroupHeader, frames) == 64);
static_assert(offsetof(GroupHeader, zero_2) == 68 && offsetof(GroupHeader, payload_bytes) == 72);
static_assert(offsetof(GroupHeader, durable_lsn) == 80 && offsetof(GroupHeader, wall_us) == 88);
static_assert(offsetof(GroupHeader, chain_before) == 96);
static_assert(offsetof(GroupHeader, payload_checksum) == 112);
static_assert(offsetof(GroupHeader, header_checksum) == group_checksum_offset);

// --- frames and batches --------------------------------------------------------------------------

inline constexpr std::size_t frame_alignment = 8;
inline constexpr std::size_t frame_items_max = 65'535;

enum class FrameKind : std::uint8_t { changes = 1, definitions = 2 };

inline constexpr std::uint8_t frame_flag_tick = 1;
inline constexpr std::uint8_t frame_flags_known = frame_flag_tick;

struct FrameHeader {
    std::uint64_t bytes = 0;
    std::uint32_t lsn_low = 0;
    std::uint16_t items = 0;
    FrameKind kind = FrameKind::changes;
    std::uint8_t flags = 0;
};
static_assert(std::is_trivially_copyable_v<FrameHeader> && sizeof(FrameHeader) == 16);
static_assert(offsetof(FrameHeader, lsn_low) == 8 && offsetof(FrameHeader, items) == 12);
static_assert(offsetof(FrameHeader, kind) == 14 && offsetof(FrameHeader, flags) == 15);

struct BatchHeader {
    std::uint32_t table = 0;
    std::uint32_t version = 0;
    std::uint32_t rows = 0;
    std::uint16_t columns = 0;
    std::uint8_t operation = 0;
    std::uint8_t zero = 0;
    std::uint64_t body_bytes = 0;
};
static_assert(std::is_trivially_copyable_v<BatchHeader> && sizeof(BatchHeader) == 24);
static_assert(offsetof(BatchHeader, version) == 4 && offsetof(BatchHeader, rows) == 8);
static_assert(offsetof(BatchHeader, columns) == 12 && offsetof(BatchHeader, operation) == 14);
static_assert(offsetof(BatchHeader, zero) == 15 && offsetof(BatchHeader, body_bytes) == 16);

inline constexpr std::uint8_t column_flag_validity = 1;
inline constexpr std::uint8_t column_flag_key_deltas = 2;
inline constexpr std::uint8_t column_flags_known = column_flag_validity | column_flag_key_deltas;

// The low 64 bits of a world's UUID.
[[nodiscard]] inline std::uint64_t world_tag(const Uuid& world) noexcept {
    return load_le<std::uint64_t>(world.bytes.data());
}

}  // namespace perdure::journal
