// Checks: conditions on rows, judged against the row that is there.
#pragma once

#include "engine/proposal.h"

namespace perdure::engine {

// `row`: one row of the table, an upsert's or an erase's, that gives the key. `invalid` names a
// cell of the condition that is no column or does not fit it.
Result<Check> make_check(const TableDefinition& table, const Batch& row,
                         const Condition& condition);

// ok if the condition holds of row `at` of `there` (null: there is no such row); else `conflict`,
// in words.
Status judge(const Check& check, const Batch* there, std::uint32_t at);

}  // namespace perdure::engine
