// Values of cells, for people and as JSON.
#pragma once

#include <string>
#include <string_view>

#include "perdure/value.h"

namespace perdure::cli {

// "NULL", "7", "1.5", "ana", "x'00ff'"; text as it is.
[[nodiscard]] std::string value_text(const Value& value);
// A JSON value: bytes and UUIDs as text in hexadecimal, NaN and infinities as null.
[[nodiscard]] std::string value_json(const Value& value);
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace perdure::cli
