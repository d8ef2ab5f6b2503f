#include "store/sqlite/batch_rows.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/text.h"
#include "store/sqlite/cell_view.h"
#include "store/sqlite/exact.h"

namespace perdure::store::sqlite {
namespace {

constexpr const char* pointer_type = "perdure.batch_rows";
constexpr int exact_column = static_cast<int>(table_columns_max);
constexpr int rows_column = exact_column + 1;  // hidden: the function's argument

struct Cursor {
    sqlite3_vtab_cursor head{};  // first: SQLite sees a Cursor as this
    BatchRows* rows = nullptr;
    std::size_t next_batch = 0;
    const Batch* batch = nullptr;  // null: at the end
    std::uint32_t row = 0;
    std::int64_t number = 0;
    std::vector<CellView> views;
    std::optional<ExactCells> exact;

    void enter_next_batch() {
        PERDURE_ASSERT(next_batch <= rows->batches.size());
        batch = nullptr;
        row = 0;
        while (next_batch < rows->batches.size() && batch == nullptr) {
            const Batch& candidate = rows->batches[next_batch++];
            if (candidate.rows() > 0) batch = &candidate;
        }
        if (batch == nullptr) return;
        PERDURE_ASSERT(batch->columns() <= table_columns_max);
        views.clear();
        for (std::size_t column = 0; column < batch->columns(); ++column) {
            views.push_back(CellView::of(*batch, column));
        }
        exact.emplace(*batch);
    }
};

Cursor& cursor_of(sqlite3_vtab_cursor* cursor) { return *reinterpret_cast<Cursor*>(cursor); }

// Static: the batch outlives the statement's run.
struct ResultSink {
    sqlite3_context* context;

    void null() const { sqlite3_result_null(context); }
    void integer(std::int64_t value) const { sqlite3_result_int64(context, value); }
    void real(double value) const { sqlite3_result_double(context, value); }
    void text(ByteSpan bytes) const {
        const auto* const data = bytes.empty() ? "" : reinterpret_cast<const char*>(bytes.data());
        sqlite3_result_text64(context, data, bytes.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    void blob(ByteSpan bytes) const {
        const void* const data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
        sqlite3_result_blob64(context, data, bytes.size(), SQLITE_STATIC);
    }
};

int connect(sqlite3* connection, void*, int, const char* const*, sqlite3_vtab** table, char**) {
    std::string sql = "CREATE TABLE x(";
    for (int column = 0; column < exact_column; ++column) sql += text::format("c{}, ", column);
    sql += "exact, rows HIDDEN)";
    const int outcome = sqlite3_declare_vtab(connection, sql.c_str());
    if (outcome == SQLITE_OK) *table = std::make_unique<sqlite3_vtab>().release();
    return outcome;
}

int disconnect(sqlite3_vtab* table) {
    const std::unique_ptr<sqlite3_vtab> gone(table);
    return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* index) {
    for (int number = 0; number < index->nConstraint; ++number) {
        const auto& constraint = index->aConstraint[number];
        if (constraint.iColumn != rows_column || constraint.usable == 0) continue;
        index->aConstraintUsage[number].argvIndex = 1;
        index->aConstraintUsage[number].omit = 1;
        index->estimatedRows = 1000;
        index->estimatedCost = 1000;
        return SQLITE_OK;
    }
    return SQLITE_CONSTRAINT;
}

int open_cursor(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
    *cursor = &std::make_unique<Cursor>().release()->head;
    return SQLITE_OK;
}

int close_cursor(sqlite3_vtab_cursor* cursor) {
    const std::unique_ptr<Cursor> gone(&cursor_of(cursor));
    return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* cursor, int, const char*, int count, sqlite3_value** values) {
    PERDURE_ASSERT(count == 1);
    Cursor& at = cursor_of(cursor);
    at.rows = static_cast<BatchRows*>(sqlite3_value_pointer(values[0], pointer_type));
    if (at.rows == nullptr) return SQLITE_MISUSE;
    at.next_batch = 0;
    at.number = 0;
    at.enter_next_batch();
    return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
    Cursor& at = cursor_of(cursor);
    PERDURE_ASSERT(at.batch != nullptr);
    ++at.number;
    if (++at.row == at.batch->rows()) at.enter_next_batch();
    return SQLITE_OK;
}

int at_end(sqlite3_vtab_cursor* cursor) { return cursor_of(cursor).batch == nullptr ? 1 : 0; }

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int number) {
    Cursor& at = cursor_of(cursor);
    const ResultSink sink{context};
    PERDURE_ASSERT(at.batch != nullptr);
    PERDURE_ASSERT(at.row < at.batch->rows());
    if (number == 0) {
        at.rows->batch = at.batch;
        at.rows->row = at.row;
    }
    if (number < exact_column) {
        PERDURE_ASSERT(static_cast<std::size_t>(number) < at.views.size());
        send_cell(at.views[static_cast<std::size_t>(number)], at.row, sink);
    } else if (number == exact_column && !at.exact->none()) {
        const ByteSpan entries = at.exact->of_row(at.row);
        if (!entries.empty()) {
            sqlite3_result_blob64(context, entries.data(), entries.size(), SQLITE_TRANSIENT);
        }
    }
    return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* number) {
    *number = cursor_of(cursor).number;
    return SQLITE_OK;
}

sqlite3_module make_module() {
    sqlite3_module module{};
    module.iVersion = 1;
    module.xConnect = connect;
    module.xBestIndex = best_index;
    module.xDisconnect = disconnect;
    module.xOpen = open_cursor;
    module.xClose = close_cursor;
    module.xFilter = filter;
    module.xNext = next;
    module.xEof = at_end;
    module.xColumn = column;
    module.xRowid = row_id;
    return module;
}

}  // namespace

Status add_batch_rows(Connection& connection) {
    static const sqlite3_module module = make_module();
    const int outcome =
        sqlite3_create_module(connection.handle(), "perdure_batch", &module, nullptr);
    return outcome == SQLITE_OK ? Status() : connection.failure(outcome, "adding perdure_batch");
}

void bind_rows(Statement& statement, int number, BatchRows& rows) {
    PERDURE_ASSERT(rows.batch == nullptr);
    statement.bind_pointer(number, &rows, pointer_type);
}

}  // namespace perdure::store::sqlite
