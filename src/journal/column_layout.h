// How a column lies in a frame: what encoder and decoder must agree on. docs/format/journal.md,
// "Frames".
#pragma once

#include <cstdint>

#include "journal/format.h"
#include "perdure/column.h"

namespace perdure::journal {

inline constexpr std::size_t frame_padding_max = frame_alignment - 1;

[[nodiscard]] inline std::uint64_t bitmap_bytes(std::uint64_t rows) noexcept {
    return (rows + 7) / 8;
}
[[nodiscard]] inline std::uint64_t offsets_bytes(std::uint64_t rows) noexcept {
    return (rows + 1) * 4;
}

// Key columns of 32 and 64 bits are stored as differences.
[[nodiscard]] inline bool has_key_deltas(const Column& column, bool key) noexcept {
    if (!key) return false;
    switch (column.type.kind) {
        case ColumnKind::i32:
        case ColumnKind::u32:
        case ColumnKind::i64:
        case ColumnKind::u64:
        case ColumnKind::id: return true;
        default: return false;
    }
}

}  // namespace perdure::journal
