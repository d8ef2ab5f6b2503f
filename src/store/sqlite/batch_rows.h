// perdure_batch: batches as rows in SQL, for the statements that carry them into tables.
//
// A table-valued function of one bound pointer, with columns c0, c1, … (those of the batch, as SQL
// sees them) and `exact`. One statement takes a whole change: two to three times as fast as binding
// row by row.
//
//     INSERT OR REPLACE INTO position(id, x, _exact) SELECT c0, c1, exact FROM perdure_batch(?1)
#pragma once

#include <cstdint>
#include <span>

#include "perdure/batch.h"
#include "perdure/status.h"
#include "store/sqlite/connection.h"

namespace perdure::store::sqlite {

// What one execution reads: batches of one version of one table and one operation.
struct BatchRows {
    std::span<const Batch> batches;
    // The row handed out last: where it went wrong, if it did.
    const Batch* batch = nullptr;
    std::uint32_t row = 0;
};

// Makes perdure_batch known to a connection.
Status add_batch_rows(Connection& connection);
// `rows` must last until the statement is run.
void bind_rows(Statement& statement, int number, BatchRows& rows);

}  // namespace perdure::store::sqlite
