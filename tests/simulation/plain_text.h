// Plain text: cells and keys as the model keeps them. Two cells are equal exactly if their texts
// are.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "perdure/value.h"

namespace perdure::simulation {

inline constexpr std::string_view null_text = "null";
inline constexpr std::string_view empty_text = "''";

template <std::integral Number>
[[nodiscard]] std::string plain_text(Number number) {
    return std::to_string(number);
}
[[nodiscard]] std::string plain_text(std::string_view text);
[[nodiscard]] std::string plain_text(Entity entity);
[[nodiscard]] std::string plain_text(const Value& value);

// Keys sort as their texts do: numbers have leading zeros.
[[nodiscard]] std::string key_text(std::uint64_t number);
[[nodiscard]] std::string key_text(const Value& value);

}  // namespace perdure::simulation
