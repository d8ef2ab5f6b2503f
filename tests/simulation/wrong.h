// What the simulator itself says is wrong, told apart from what Perdure answers: a world that is
// refused as damaged is one thing, a world that is not what it must be another.
#pragma once

#include <string_view>
#include <utility>

#include "base/error.h"

namespace perdure::simulation {

inline constexpr std::string_view wrong_mark = "wrong: ";

template <typename... Arguments>
[[nodiscard]] Status wrong(text::Format<Arguments...> format, Arguments&&... arguments) {
    return error(Code::corrupt, "{}{}", wrong_mark,
                 text::format(format, std::forward<Arguments>(arguments)...));
}

[[nodiscard]] inline bool is_wrong(const Status& status) {
    return status.message().find(wrong_mark) != std::string_view::npos;
}

}  // namespace perdure::simulation
