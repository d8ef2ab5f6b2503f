// TableReader: the prepared statements that read one table as one version of it, and the rows as
// batches.
//
// Thread rule and lifetime: those of the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "perdure/batch.h"
#include "perdure/status.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/table_rows.h"

namespace perdure::store::sqlite {

class TableReader {
public:
    // Statements are prepared when they are first used. `in_force`: the version that the SQL table
    // has.
    TableReader(Connection& connection, const TableDefinition& wanted,
                const TableDefinition& in_force);

    // As Snapshot's; `table` is `wanted`, or equal to it.
    Result<Batch> find(const TableDefinition& table, const Batch& keys);
    Result<Batch> scan(const TableDefinition& table, const Batch* after, std::uint32_t after_row,
                       std::uint32_t limit);
    Result<Batch> last(const TableDefinition& table);
    Result<std::uint64_t> count();

private:
    Result<Statement*> prepared(Statement& statement, const std::string& sql);
    Result<Batch> gather(Statement& statement, const TableDefinition& table);

    Connection* connection_;
    std::string find_sql_;
    std::string scan_sql_;
    std::string scan_after_sql_;
    std::string last_sql_;
    std::string count_sql_;
    Statement find_;
    Statement scan_;
    Statement scan_after_;
    Statement last_;
    Statement count_;
    RowGatherer gatherer_;
};

}  // namespace perdure::store::sqlite
