// Keys as bytes whose order is the order of the keys: what indexes and merges compare.
//
// Integers big-endian with the sign bit flipped, ids and unsigned as
// they are, bool one byte; text and bytes with 00 written as 00 FF
// and ended by 00 00; uuid its 16 bytes. Columns follow one another.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "perdure/batch.h"
#include "perdure/value.h"

namespace perdure {

// Appends the key of one row.
void encode_key(const Batch& batch, std::uint32_t row, std::string& to);
// The key in named cells, for look-ups. Cells of other columns are passed over. `invalid` if a key
// column is missing, named twice or does not fit, or if a cell names no column.
Result<std::string> encode_key(const TableDefinition& table, std::span<const Cell> cells);
// Human-readable: "tick=5 seq=2". For messages.
[[nodiscard]] std::string key_text(const Batch& batch, std::uint32_t row);

}  // namespace perdure
