// fill: what conversions make of rows in the version between: model/evolve.h.
#pragma once

#include <cstdint>

#include "model/evolve.h"
#include "perdure/batch.h"

namespace perdure {

// Rows `first` to `first` + `count` of a page of the version between, their hidden columns filled.
// A failure, the conversion's own or because what it made does not fit, names table, key and field.
Result<Batch> fill_rows(const Batch& page, std::uint32_t first, std::uint32_t count,
                        const TablePlan& plan);

// Rows of the table as it was before, as the plan makes them.
Result<Batch> evolve_rows(const Batch& rows, const TablePlan& plan);

}  // namespace perdure
