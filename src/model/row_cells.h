// Which cell of a named row is for which column: the one place that refuses rows.
#pragma once

#include <cstddef>
#include <span>

#include "perdure/status.h"
#include "perdure/table.h"
#include "perdure/value.h"

namespace perdure {

// Sets `matched[i]` to the value for the table's column i, or to nullptr if it takes its default.
// There is one per column of the batch: all, or the key's only for an erase. Every value fits its
// column. `invalid` names the table and the cell that is unknown, there twice, missing from the
// key, or does not fit.
Status match_cells(const TableDefinition& table, std::span<const Cell> cells,
                   std::span<const Value*> matched);

}  // namespace perdure
