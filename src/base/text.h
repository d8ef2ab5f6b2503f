// Text formatting: the one place that knows which formatting library we use.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace perdure::text {

template <typename... Arguments>
using Format = fmt::format_string<Arguments...>;

template <typename... Arguments>
[[nodiscard]] std::string format(Format<Arguments...> pattern, Arguments&&... arguments) {
    return fmt::format(pattern, std::forward<Arguments>(arguments)...);
}

}  // namespace perdure::text
