// CellView: one column of a batch, ready to be handed to SQLite cell by cell.
//
// How a cell looks in SQL is decided here (docs/format/sqlite.md, "Values"); table_rows.h is the
// way back.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "base/bytes.h"
#include "base/seeded_bug.h"
#include "perdure/batch.h"

namespace perdure::store::sqlite {

// Unsigned 64-bit keys are stored with this bit flipped, so that SQLite's signed order is theirs.
inline constexpr std::uint64_t key_flip = std::uint64_t{1} << 63;

// There and back.
[[nodiscard]] inline std::uint64_t flipped(std::uint64_t key) noexcept {
    return seeded_bug("sqlite: u64 keys are in another order") ? key : key ^ key_flip;
}

// SQL cannot hold these bit for bit: NaN becomes NULL and -0 becomes 0.
[[nodiscard]] inline bool is_inexact(float value) noexcept {
    return std::isnan(value) || std::bit_cast<std::uint32_t>(value) == 0x80000000U;
}
[[nodiscard]] inline bool is_inexact(double value) noexcept {
    return std::isnan(value) || std::bit_cast<std::uint64_t>(value) == key_flip;
}

struct CellView {
    ColumnKind kind = ColumnKind::i64;
    bool is_key = false;
    std::uint32_t width = 0;
    const std::byte* validity = nullptr;
    const std::byte* offsets = nullptr;
    const std::byte* data = nullptr;

    static CellView of(const Batch& batch, std::size_t column) {
        const ColumnType& type = batch.table().columns[column].type;
        const Batch::Layout& at = batch.layout(column);
        return {type.kind,
                column < batch.table().key_columns,
                type.width(),
                at.validity != 0 ? batch.data() + at.validity : nullptr,
                at.offsets != 0 ? batch.data() + at.offsets : nullptr,
                batch.data() + at.data};
    }

    [[nodiscard]] static bool bit(const std::byte* bits, std::uint32_t row) noexcept {
        return ((std::to_integer<unsigned>(bits[row / 8]) >> (row % 8)) & 1U) != 0;
    }
    [[nodiscard]] bool is_null(std::uint32_t row) const noexcept {
        return validity != nullptr && !bit(validity, row);
    }
    template <typename T>
    [[nodiscard]] T fixed(std::uint32_t row) const noexcept {
        return load_le<T>(data + sizeof(T) * row);
    }
    [[nodiscard]] ByteSpan bytes(std::uint32_t row) const noexcept {
        if (offsets == nullptr) return {data + std::size_t{width} * row, width};
        const auto begin = load_le<std::uint32_t>(offsets + 4 * std::size_t{row});
        const auto end = load_le<std::uint32_t>(offsets + 4 * (std::size_t{row} + 1));
        return {data + begin, end - begin};
    }
};

// Gives the cell to `sink` as SQL sees it: null(), integer(i64), real(f64), text(span) or
// blob(span).
template <typename Sink>
void send_cell(const CellView& view, std::uint32_t row, Sink&& sink) {
    if (view.is_null(row)) return sink.null();
    switch (view.kind) {
        case ColumnKind::boolean: return sink.integer(CellView::bit(view.data, row) ? 1 : 0);
        case ColumnKind::i8: return sink.integer(view.fixed<std::int8_t>(row));
        case ColumnKind::i16: return sink.integer(view.fixed<std::int16_t>(row));
        case ColumnKind::i32: return sink.integer(view.fixed<std::int32_t>(row));
        case ColumnKind::i64: return sink.integer(view.fixed<std::int64_t>(row));
        case ColumnKind::u8: return sink.integer(view.fixed<std::uint8_t>(row));
        case ColumnKind::u16: return sink.integer(view.fixed<std::uint16_t>(row));
        case ColumnKind::u32: return sink.integer(view.fixed<std::uint32_t>(row));
        case ColumnKind::u64: {
            const auto value = view.fixed<std::uint64_t>(row);
            return sink.integer(static_cast<std::int64_t>(view.is_key ? flipped(value) : value));
        }
        case ColumnKind::id: return sink.integer(view.fixed<std::int64_t>(row));
        case ColumnKind::f32: {
            const auto value = view.fixed<float>(row);
            return std::isnan(value) ? sink.null() : sink.real(static_cast<double>(value));
        }
        case ColumnKind::f64: {
            const auto value = view.fixed<double>(row);
            return std::isnan(value) ? sink.null() : sink.real(value);
        }
        case ColumnKind::text:
        case ColumnKind::json: return sink.text(view.bytes(row));
        case ColumnKind::bytes:
        case ColumnKind::uuid:
        case ColumnKind::array: return sink.blob(view.bytes(row));
    }
}

}  // namespace perdure::store::sqlite
