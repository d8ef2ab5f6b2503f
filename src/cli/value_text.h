// Values of cells, for people and as JSON.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "perdure/value.h"

namespace perdure::cli {

// "NULL", "7", "1.5", "ana", "x'00ff'"; text as it is.
[[nodiscard]] std::string value_text(const Value& value);
// Bytes and UUIDs as text in hexadecimal, NaN and infinities as null.
[[nodiscard]] nlohmann::ordered_json value_json(const Value& value);
// On one line, its end included; what is not UTF-8 is replaced.
[[nodiscard]] std::string json_line(const nlohmann::ordered_json& json);

}  // namespace perdure::cli
