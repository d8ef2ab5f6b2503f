// Widening: which columns may become which without asking anybody, because every cell keeps its
// meaning; and how a cell does. The table is in docs/format/definition.md, "Widening".
#pragma once

#include <vector>

#include "base/bytes.h"
#include "perdure/column.h"

namespace perdure {

// The same type, or a wider one.
[[nodiscard]] bool widens(const ColumnType& from, const ColumnType& to) noexcept;
// Type and nullability: also from not null to nullable, never back.
[[nodiscard]] bool may_become(const Column& from, const Column& to) noexcept;

// Appends a cell of `from`, not null, as a cell of `to`; it must widen. NaN keeps sign and payload.
void append_widened(const ColumnType& from, const ColumnType& to, ByteSpan cell,
                    std::vector<std::byte>& to_bytes);
[[nodiscard]] std::uint64_t widened_float_bits(std::uint32_t bits) noexcept;
// The value as one of `to`; null stays null. It must fit `from`.
[[nodiscard]] Value widened(const ColumnType& from, const ColumnType& to, const Value& value);

}  // namespace perdure
