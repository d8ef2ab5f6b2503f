// Making and passing on errors: error(Code, "…{}…", value), and the two words PERDURE_TRY (run it,
// pass a failure on) and PERDURE_TAKE (take the value out of a Result, or pass its failure on).
#pragma once

#include <string>
#include <utility>

#include "base/text.h"
#include "perdure/status.h"

namespace perdure {

template <typename... Arguments>
[[nodiscard]] Status error(Code code, text::Format<Arguments...> format, Arguments&&... arguments) {
    return {code, text::format(format, std::forward<Arguments>(arguments)...)};
}

}  // namespace perdure

#define PERDURE_TRY(expression)                                                  \
    do {                                                                         \
        if (::perdure::Status status_of_try = (expression); !status_of_try.ok()) \
            return status_of_try;                                                \
    } while (false)

#define PERDURE_JOIN_INNER(left, right) left##right
#define PERDURE_JOIN(left, right) PERDURE_JOIN_INNER(left, right)
#define PERDURE_TAKE(declaration, expression) \
    PERDURE_TAKE_NAMED(PERDURE_JOIN(result_of_take_, __LINE__), declaration, expression)
#define PERDURE_TAKE_NAMED(name, declaration, expression) \
    auto name = (expression);                             \
    if (!name.ok()) return name.status();                 \
    declaration = *std::move(name)
