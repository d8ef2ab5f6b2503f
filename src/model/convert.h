// convert: rows written under one version of a table, as rows of another version of it.
#pragma once

#include "perdure/batch.h"

namespace perdure {

// Columns are matched by number, and widened; missing ones read as their default; unknown ones are
// left out. Both definitions must be versions of one table; `invalid` towards one that is narrower.
Result<Batch> convert(const Batch& batch, const TableDefinition& to);

}  // namespace perdure
