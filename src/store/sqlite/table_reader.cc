#include "store/sqlite/table_reader.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "model/batch_builder.h"
#include "model/key.h"
#include "store/sqlite/batch_rows.h"
#include "store/sqlite/cell_view.h"
#include "store/sqlite/table_sql.h"

namespace perdure::store::sqlite {
namespace {

struct BindSink {
    Statement& statement;
    int number;

    void null() const { PERDURE_ASSERT(false && "keys are never null"); }
    void integer(std::int64_t value) const { statement.bind(number, value); }
    void real(double) const { PERDURE_ASSERT(false && "keys are never reals"); }
    void text(ByteSpan bytes) const { statement.bind(number, as_text(bytes)); }
    void blob(ByteSpan bytes) const { statement.bind(number, bytes); }
};

void bind_key(Statement& statement, const Batch& batch, std::uint32_t row) {
    PERDURE_ASSERT(row < batch.rows());
    for (std::size_t column = 0; column < batch.table().key_columns; ++column) {
        send_cell(CellView::of(batch, column), row,
                  BindSink{statement, static_cast<int>(column) + 1});
    }
}

std::vector<std::string> encoded_keys(const Batch& batch) {
    std::vector<std::string> keys(batch.rows());
    for (std::uint32_t row = 0; row < batch.rows(); ++row) encode_key(batch, row, keys[row]);
    return keys;
}

// The keys in order, each once; nullopt if they are so already.
Result<std::optional<Batch>> in_key_order(const Batch& batch) {
    if (batch.rows() <= 1) return std::optional<Batch>();
    const std::vector<std::string> keys = encoded_keys(batch);
    const auto not_below = [](const std::string& left, const std::string& right) {
        return left >= right;
    };
    if (std::adjacent_find(keys.begin(), keys.end(), not_below) == keys.end()) {
        return std::optional<Batch>();
    }
    std::vector<std::uint32_t> rows(batch.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    std::sort(rows.begin(), rows.end(),
              [&](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b]; });
    BatchBuilder builder(batch.table(), Operation::erase);
    const std::string* last = nullptr;
    for (const std::uint32_t row : rows) {
        if (last == nullptr || *last != keys[row]) builder.add(batch, row);
        last = &keys[row];
    }
    PERDURE_TAKE(Batch ordered, builder.finish());  // untaken: fewer than came in one batch
    PERDURE_ASSERT(ordered.rows() > 0);
    PERDURE_ASSERT(ordered.rows() <= batch.rows());
    return std::optional<Batch>(std::move(ordered));
}

}  // namespace

TableReader::TableReader(Connection& connection, const TableDefinition& wanted,
                         const TableDefinition& in_force)
    : connection_(&connection),
      find_sql_(find_rows(wanted, in_force)),
      scan_sql_(scan_rows(wanted, in_force, false)),
      scan_after_sql_(scan_rows(wanted, in_force, true)),
      last_sql_(last_row(wanted, in_force)),
      count_sql_("SELECT count(*) FROM " + quoted_name(sql_name(in_force))),
      gatherer_(wanted, in_force) {
    PERDURE_ASSERT(wanted.id == in_force.id);
}

Result<Statement*> TableReader::prepared(Statement& statement, const std::string& sql) {
    if (!statement) {
        PERDURE_TAKE(statement, connection_->prepare(sql));
    }
    return &statement;
}

Result<Batch> TableReader::gather(Statement& statement, const TableDefinition& table) {
    PERDURE_ASSERT(gatherer_.rows() == 0);
    for (;;) {
        Result<bool> is_row = statement.step();
        Status status = is_row.ok() && *is_row ? gatherer_.add(statement) : is_row.status();
        if (!status.ok()) {
            statement.reset();
            gatherer_.clear();
            return status.with_context("reading table " + table.name);
        }
        if (!*is_row) break;
    }
    statement.reset();
    return gatherer_.finish(table);
}

Result<Batch> TableReader::find(const TableDefinition& table, const Batch& keys) {
    PERDURE_ASSERT(keys.table().id == table.id);
    PERDURE_ASSERT(keys.operation() == Operation::erase);
    PERDURE_TAKE(Statement* const statement, prepared(find_, find_sql_));
    PERDURE_TAKE(const std::optional<Batch> ordered, in_key_order(keys));  // untaken: as there
    BatchRows rows{std::span(ordered ? &*ordered : &keys, 1)};
    bind_rows(*statement, 1, rows);
    Result<Batch> found = gather(*statement, table);
    statement->bind_null(1);
    return found;
}

Result<Batch> TableReader::scan(const TableDefinition& table, const Batch* after,
                                std::uint32_t after_row, std::uint32_t limit) {
    int limit_number = 1;
    Statement* statement = nullptr;
    if (after == nullptr) {
        PERDURE_TAKE(statement, prepared(scan_, scan_sql_));
    } else {
        PERDURE_ASSERT(after->table().id == table.id);
        PERDURE_TAKE(statement, prepared(scan_after_, scan_after_sql_));
        bind_key(*statement, *after, after_row);
        limit_number = table.key_columns + 1;
    }
    statement->bind(limit_number, std::int64_t{limit});
    return gather(*statement, table);
}

Result<Batch> TableReader::last(const TableDefinition& table) {
    PERDURE_TAKE(Statement* const statement, prepared(last_, last_sql_));
    return gather(*statement, table);
}

Result<std::uint64_t> TableReader::count() {
    PERDURE_TAKE(Statement* const statement, prepared(count_, count_sql_));
    PERDURE_TAKE(const bool is_row, statement->step());
    PERDURE_ASSERT(is_row);
    const auto rows = static_cast<std::uint64_t>(statement->integer(0));
    statement->reset();
    return rows;
}

}  // namespace perdure::store::sqlite
