#include "model/widen.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "base/seeded_bug.h"
#include "model/cell.h"

namespace perdure {
namespace {

// Bits of an integer, and whether it has a sign; 0 bits for what is none.
struct IntegerKind {
    int bits;
    bool is_signed;
};

IntegerKind integer_kind(ColumnKind kind) noexcept {
    switch (kind) {
        case ColumnKind::i8: return {8, true};
        case ColumnKind::i16: return {16, true};
        case ColumnKind::i32: return {32, true};
        case ColumnKind::i64: return {64, true};
        case ColumnKind::u8: return {8, false};
        case ColumnKind::u16: return {16, false};
        case ColumnKind::u32: return {32, false};
        case ColumnKind::u64: return {64, false};
        default: return {0, false};
    }
}

}  // namespace

bool widens(const ColumnType& from, const ColumnType& to) noexcept {
    if (from == to) return true;
    if (from.kind == ColumnKind::f32) return to.kind == ColumnKind::f64;
    const IntegerKind old_kind = integer_kind(from.kind);
    const IntegerKind new_kind = integer_kind(to.kind);
    if (old_kind.bits == 0 || old_kind.bits >= new_kind.bits) return false;
    return new_kind.is_signed || !old_kind.is_signed;
}

bool may_become(const Column& from, const Column& to) noexcept {
    return widens(from.type, to.type) && (to.nullable || !from.nullable);
}

// By bits: a conversion of the machine's own would quiet a signalling NaN, here or there.
std::uint64_t widened_float_bits(std::uint32_t bits) noexcept {
    const auto value = std::bit_cast<float>(bits);
    if (value == value) return std::bit_cast<std::uint64_t>(static_cast<double>(value));
    const std::uint64_t sign = std::uint64_t{bits >> 31} << 63;
    const std::uint64_t payload = std::uint64_t{bits & 0x7FFFFFU} << 29;
    return sign | (std::uint64_t{0x7FF} << 52) | payload;
}

void append_widened(const ColumnType& from, const ColumnType& to, ByteSpan cell,
                    std::vector<std::byte>& to_bytes) {
    PERDURE_ASSERT(widens(from, to));
    if (from == to) {
        to_bytes.insert(to_bytes.end(), cell.begin(), cell.end());
        return;
    }
    PERDURE_ASSERT(cell.size() == from.width());
    const std::size_t at = to_bytes.size();
    const std::size_t width = to.width();
    if (from.kind == ColumnKind::f32) {
        to_bytes.resize(at + width);
        store_le(to_bytes.data() + at, widened_float_bits(load_le<std::uint32_t>(cell.data())));
        return;
    }
    const bool negative = integer_kind(from.kind).is_signed && !cell.empty() &&
                          (cell.back() & std::byte{0x80}) != std::byte{0} &&
                          !seeded_bug("model: widening loses the sign");
    to_bytes.resize(at + width, negative ? std::byte{0xFF} : std::byte{0});
    std::copy(cell.begin(), cell.end(), to_bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

Value widened(const ColumnType& from, const ColumnType& to, const Value& value) {
    if (value.is_null() || from == to) return value;
    std::vector<std::byte> narrow;
    append_cell(from, value, narrow);
    std::vector<std::byte> wide;
    append_widened(from, to, narrow, wide);
    return cell_value(to, wide);
}

}  // namespace perdure
