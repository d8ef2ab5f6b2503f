// The pieces that every to_text() is made of; its promise is in perdure/value.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "perdure/column.h"
#include "perdure/value.h"

namespace perdure {

// A value as its column has it: an array's elements instead of its bytes.
[[nodiscard]] std::string cell_text(const ColumnType& type, const Value& value,
                                    const TextLimits& limits);
// printable(), and of a long name only its beginning: names from a disk may be of any length.
[[nodiscard]] std::string name_text(std::string_view name);
// "… and 1,234 more rows"
[[nodiscard]] std::string more_text(std::uint64_t count, std::string_view noun);
// Every line of `text` but the first, moved to the right.
[[nodiscard]] std::string indented(std::string_view text);

}  // namespace perdure
