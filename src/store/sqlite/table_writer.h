// TableWriter: the prepared statements that change one table, in the version in force.
//
// Thread rule and lifetime: those of the connection.
#pragma once

#include <span>
#include <vector>

#include "perdure/batch.h"
#include "perdure/status.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/table_sql.h"

namespace perdure::store::sqlite {

class TableWriter {
public:
    static Result<TableWriter> make(Connection& connection, const TableDefinition& table,
                                    Form form);

    // Batches of any version of the table. Append-only tables: a key that is there is `conflict`.
    Status upsert(std::span<const Batch> batches);
    Status erase(std::span<const Batch> batches);
    Status empty(Connection& connection);

private:
    const TableDefinition* table_ = nullptr;
    Statement upsert_;
    Statement erase_;
};

}  // namespace perdure::store::sqlite
