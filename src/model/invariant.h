// Invariants, as the schema declares them: whether they can be what they say. Who watches them is
// src/invariants/.
#pragma once

#include <functional>
#include <string_view>

#include "perdure/status.h"
#include "perdure/table.h"
#include "perdure/validation.h"

namespace perdure {

// nullptr: there is no such table.
using FindTable = std::function<const TableDefinition*(std::string_view)>;

// `invalid` names what is missing, of another type, there twice or out of bounds.
Status check_invariant(const Invariant& invariant, const FindTable& find);

}  // namespace perdure
