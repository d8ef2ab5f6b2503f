// Kinds of columns, by what can be done with them.
#pragma once

#include "perdure/column.h"

namespace perdure {

[[nodiscard]] constexpr bool is_integer(ColumnKind kind) noexcept {
    return kind >= ColumnKind::i8 && kind <= ColumnKind::u64;
}
[[nodiscard]] constexpr bool is_real(ColumnKind kind) noexcept {
    return kind == ColumnKind::f32 || kind == ColumnKind::f64;
}

}  // namespace perdure
