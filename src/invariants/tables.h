// The tables of invariants: "_invariants", what is declared and expected, and "_invariant_log",
// what ticks found. See docs/format/invariants.md.
#pragma once

#include <span>

#include "invariants/total.h"
#include "model/change_set.h"
#include "perdure/table.h"
#include "perdure/validation.h"

namespace perdure::invariants {

[[nodiscard]] TableDefinition invariants_definition();
[[nodiscard]] TableDefinition log_definition();

// What a row of "_invariants" says was expected: nullopt unless it is of the same tables and
// columns. `corrupt` if it is no number.
Result<std::optional<Amount>> read_expected(const Batch& row, std::string_view identity,
                                            bool is_real);
// A row of it, of the definition in force.
Result<Batch> invariant_row(const TableDefinition& table, const Invariant& invariant,
                            std::string_view identity, const Amount& expected);
[[nodiscard]] bool is_same_row(const Batch& one, const Batch& other);

}  // namespace perdure::invariants
