// Cells: a Value as the bytes that a batch, a definition and a digest hold, and back.
//
// A cell's bytes are its fixed width, little endian; for text, json and bytes what they are; for
// bool one byte, 0 or 1 (a batch packs them into bits).
#pragma once

#include <vector>

#include "base/bytes.h"
#include "perdure/column.h"
#include "perdure/status.h"
#include "perdure/value.h"

namespace perdure {

// `invalid` says why `value` cannot stand in the column: null where none may be, another kind of
// value, out of range, not text, another number of bytes.
Status check_cell(const Column& column, const Value& value);

// The bytes of a value that check_cell accepted and that is not null: how many, and writing them.
[[nodiscard]] std::size_t cell_bytes(const ColumnType& type, const Value& value) noexcept;
void write_cell(const ColumnType& type, const Value& value, std::byte* to) noexcept;
void append_cell(const ColumnType& type, const Value& value, std::vector<std::byte>& to);

// Whether rows without a cell for this column have null in it.
[[nodiscard]] bool is_null_by_default(const Column& column) noexcept;
// Appends the column's default, where it is not null.
void append_default(const Column& column, std::vector<std::byte>& to);

// Whether these bytes can be a cell of this type: width, text, 0 or 1, 63 bits.
[[nodiscard]] bool is_cell(const ColumnType& type, ByteSpan cell) noexcept;
// The Value that such bytes are.
[[nodiscard]] Value cell_value(const ColumnType& type, ByteSpan cell);

}  // namespace perdure
