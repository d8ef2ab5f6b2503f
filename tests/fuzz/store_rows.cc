// Rows of SQL as batches: the table "everything" of known_tables.h, one row after the other.
#include <bit>
#include <optional>

#include <sqlite3.h>

#include "base/assert.h"
#include "fuzz/known_tables.h"
#include "fuzz/sql_cells.h"
#include "fuzz/target.h"
#include "model/cell.h"
#include "store/sqlite/cell_view.h"
#include "store/sqlite/exact.h"
#include "store/sqlite/table_rows.h"

namespace perdure::fuzz {
namespace {

namespace sqlite = store::sqlite;

constexpr std::size_t sql_rows_max = 8;

const TableDefinition& rows_table() { return *known_tables().find("everything"); }

// Binds what a writer sends.
struct Binder {
    sqlite::Statement& statement;
    int number;

    void null() { statement.bind_null(number); }
    void integer(std::int64_t value) { statement.bind(number, value); }
    void real(double value) {
        PERDURE_ASSERT(sqlite3_bind_double(statement.handle(), number, value) == SQLITE_OK);
    }
    void text(ByteSpan bytes) { statement.bind(number, as_text(bytes)); }
    void blob(ByteSpan bytes) { statement.bind(number, bytes); }
};

void check_cells(const Batch& batch) {
    for (std::size_t column = 0; column < batch.columns(); ++column) {
        const ColumnType& type = batch.table().columns[column].type;
        if (type.kind == ColumnKind::boolean) continue;
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            PERDURE_ASSERT(is_cell(type, batch.cell(column, row)));
        }
    }
}

// The values of a batch, sent as the writer sends them, and gathered again.
void check_sent_again(const Batch& batch, sqlite::Statement& select) {
    sqlite::RowGatherer gatherer(batch.table());
    sqlite::ExactCells exact(batch);
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        int number = 1;
        for (std::size_t column = 0; column < batch.columns(); ++column, ++number) {
            sqlite::send_cell(sqlite::CellView::of(batch, column), row, Binder{select, number});
        }
        const ByteSpan entries = exact.of_row(row);
        entries.empty() ? select.bind_null(number) : select.bind(number, entries);
        const auto stepped = select.step();
        PERDURE_ASSERT(stepped.ok() && *stepped && gatherer.add(select).ok());
        select.reset();
    }
    const auto again = gatherer.finish(batch.table());
    PERDURE_ASSERT(again.ok() && same_rows(*again, batch));
}

}  // namespace

Outcome store_rows(ByteSpan bytes) {
    const TableDefinition& table = rows_table();
    const std::size_t cells = table.columns.size() + 1;  // and _exact
    sqlite::Statement select = select_of(cells);
    sqlite::RowGatherer gatherer(table);
    Input input(bytes);
    for (std::size_t row = 0; row < sql_rows_max && (row == 0 || !input.empty()); ++row) {
        for (std::size_t cell = 1; cell <= cells; ++cell) {
            bind_next_cell(select, static_cast<int>(cell), input);
        }
        const auto stepped = select.step();
        PERDURE_ASSERT(stepped.ok() && *stepped);
        const Status status = gatherer.add(select);
        select.reset();
        if (!status.ok()) return refused(status, {Code::corrupt});
    }
    const auto batch = gatherer.finish(table);
    PERDURE_ASSERT(batch.ok());
    check_cells(*batch);
    check_sent_again(*batch, select);
    return Outcome::taken;
}

}  // namespace perdure::fuzz
