// field_value: one field of a live struct as a Value.
#pragma once

#include <cstddef>

#include "perdure/component.h"

namespace perdure {

// `from` is the beginning of the struct.
[[nodiscard]] Value field_value(const FieldShape& field, const std::byte* from);

}  // namespace perdure
