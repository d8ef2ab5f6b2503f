#include "store/sqlite/table_writer.h"

#include <algorithm>
#include <utility>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "model/convert.h"
#include "model/key.h"
#include "store/sqlite/batch_rows.h"

namespace perdure::store::sqlite {
namespace {

Status run_over(Statement& statement, std::span<const Batch> batches,
                const TableDefinition& table) {
    BatchRows rows{batches};
    bind_rows(statement, 1, rows);
    Status status = statement.run();
    statement.bind_null(1);
    if (status.ok()) return status;
    if (status.code() == Code::conflict && table.append_only && rows.batch != nullptr) {
        return error(Code::conflict,
                     "table {}: the row with key {} is there already; rows of an append-only "
                     "table are written once",
                     table.name, key_text(*rows.batch, rows.row));
    }
    return status.with_context("table " + table.name);
}

// Rows written by a program with an older version of the table, as rows of the version in force.
Result<std::vector<Batch>> converted(std::span<const Batch> batches, const TableDefinition& to) {
    std::vector<Batch> result;
    for (const Batch& batch : batches) {
        PERDURE_TAKE(Batch as_in_force, convert(batch, to));
        PERDURE_ASSERT(as_in_force.rows() == batch.rows());
        PERDURE_ASSERT(as_in_force.table().version == to.version);
        result.push_back(std::move(as_in_force));
    }
    return result;
}

}  // namespace

Result<TableWriter> TableWriter::make(Connection& connection, const TableDefinition& table,
                                      Form form) {
    TableWriter writer;
    writer.table_ = &table;
    const std::string sql = table.append_only ? insert_rows(table) : upsert_rows(table, form);
    PERDURE_TAKE(writer.upsert_, connection.prepare(sql));
    PERDURE_TAKE(writer.erase_, connection.prepare(erase_rows(table)));
    PERDURE_ASSERT(sqlite3_bind_parameter_count(writer.upsert_.handle()) == 1);
    PERDURE_ASSERT(sqlite3_bind_parameter_count(writer.erase_.handle()) == 1);
    return writer;
}

Status TableWriter::upsert(std::span<const Batch> batches) {
    const auto is_of_version = [this](const Batch& batch) {
        PERDURE_ASSERT(batch.table().id == table_->id);
        PERDURE_ASSERT(batch.operation() == Operation::upsert);
        return batch.table().version == table_->version;
    };
    if (std::all_of(batches.begin(), batches.end(), is_of_version)) {
        return run_over(upsert_, batches, *table_);
    }
    PERDURE_TAKE(const std::vector<Batch> in_force, converted(batches, *table_));
    return run_over(upsert_, in_force, *table_);
}

// Keys are the same in every version.
Status TableWriter::erase(std::span<const Batch> batches) {
    for (const Batch& batch : batches) {
        PERDURE_ASSERT(batch.table().id == table_->id);
        PERDURE_ASSERT(batch.operation() == Operation::erase);
    }
    return run_over(erase_, batches, *table_);
}

Status TableWriter::empty(Connection& connection) {
    PERDURE_ASSERT(connection.is_in_transaction());
    return connection.run("DELETE FROM " + quoted_name(sql_name(*table_)));
}

}  // namespace perdure::store::sqlite
