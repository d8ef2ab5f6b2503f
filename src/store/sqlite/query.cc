#include "store/sqlite/query.h"

#include <memory>
#include <string_view>
#include <utility>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "io/clock.h"
#include "store/sqlite/checksum_vfs.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/store_file.h"

namespace perdure::store::sqlite {
namespace {

// How far hostile SQL may go ("Defense against the dark arts" in SQLite's manual).
struct Limit {
    int what;
    int at_most;
};
constexpr Limit limits[] = {
    {SQLITE_LIMIT_LENGTH, 256 << 20},  // of one cell: a world may have large ones
    {SQLITE_LIMIT_SQL_LENGTH, 100'000},
    {SQLITE_LIMIT_EXPR_DEPTH, 100},
    {SQLITE_LIMIT_COMPOUND_SELECT, 100},
    {SQLITE_LIMIT_VDBE_OP, 250'000},  // a view of sixty wide tables takes many
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 10},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};
constexpr int steps_between_looks = 10'000;  // at the clock: some microseconds

bool is_harmless_pragma(std::string_view name) {
    return name == "table_info" || name == "table_xinfo" || name == "table_list" ||
           name == "index_list" || name == "index_info" || name == "page_count" ||
           name == "page_size" || name == "user_version" || name == "application_id" ||
           name == "integrity_check" || name == "quick_check";
}

int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_RECURSIVE: return SQLITE_OK;
        case SQLITE_FUNCTION:
            PERDURE_ASSERT(second != nullptr);  // SQLite's promise, as the next
            return std::string_view(second) == "load_extension" ? SQLITE_DENY : SQLITE_OK;
        case SQLITE_PRAGMA:
            PERDURE_ASSERT(first != nullptr);
            return is_harmless_pragma(first) ? SQLITE_OK : SQLITE_DENY;
        default: return SQLITE_DENY;
    }
}

struct Deadline {
    io::SystemClock clock;
    std::uint64_t at_ns;
};

int is_too_late(void* deadline) {
    const auto& set = *static_cast<const Deadline*>(deadline);
    return set.clock.monotonic_ns() > set.at_ns ? 1 : 0;
}

Value cell_of(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER: return Value(std::int64_t{sqlite3_column_int64(statement, column)});
        case SQLITE_FLOAT: return Value(sqlite3_column_double(statement, column));
        case SQLITE_NULL: return {};
        default: break;
    }
    const auto* const data = static_cast<const std::byte*>(sqlite3_column_blob(statement, column));
    const auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    if (sqlite3_column_type(statement, column) == SQLITE_BLOB)
        return Value(Bytes(data, data + bytes));
    return Value(std::string(as_text({data, bytes})));
}

// One statement and nothing behind it but blanks and comments.
Result<Statement> prepare_only(Connection& connection, const std::string& sql) {
    sqlite3_stmt* first = nullptr;
    const char* rest = nullptr;
    int outcome = sqlite3_prepare_v2(connection.handle(), sql.c_str(), -1, &first, &rest);
    Statement statement(first);
    if (outcome != SQLITE_OK) {
        return error(Code::invalid, "{}", sqlite3_errmsg(connection.handle()));
    }
    sqlite3_stmt* second = nullptr;
    outcome = sqlite3_prepare_v2(connection.handle(), rest, -1, &second, nullptr);
    const Statement more(second);
    if (!statement) return error(Code::invalid, "there is no statement in the query");
    if (outcome != SQLITE_OK || more)
        return error(Code::invalid, "one statement at a time, please");
    if (sqlite3_stmt_readonly(first) == 0) return error(Code::invalid, "the statement would write");
    return statement;
}

Result<QueryAnswer> gather(Statement& statement, const QueryOptions& options) {
    QueryAnswer answer;
    const int columns = sqlite3_column_count(statement.handle());
    PERDURE_ASSERT(sqlite3_stmt_readonly(statement.handle()) != 0);
    for (int column = 0; column < columns; ++column) {
        const char* const name = sqlite3_column_name(statement.handle(), column);
        PERDURE_ASSERT(name != nullptr);  // out of memory
        answer.columns.emplace_back(name);
    }
    std::uint64_t bytes = 0;
    for (;;) {
        PERDURE_TAKE(const bool is_row, statement.step());
        if (!is_row) return answer;
        if (answer.rows.size() >= options.rows_max || bytes > options.bytes_max) {
            answer.cut_off = true;
            return answer;
        }
        std::vector<Value>& row = answer.rows.emplace_back();
        for (int column = 0; column < columns; ++column) {
            row.push_back(cell_of(statement.handle(), column));
            bytes += sizeof(Value) +
                     static_cast<std::uint64_t>(sqlite3_column_bytes(statement.handle(), column));
        }
    }
}

}  // namespace

Result<QueryAnswer> run_query(const std::string& path, const std::string& sql,
                              const QueryOptions& options) {
    PERDURE_TAKE(const std::unique_ptr<ChecksumVfs> vfs, ChecksumVfs::make("unix"));
    PERDURE_TAKE(Connection connection,
                 Connection::open({.path = path, .vfs = vfs->name(), .at_rest = options.at_rest}));
    PERDURE_ASSERT(sqlite3_db_readonly(connection.handle(), "main") == 1);
    PERDURE_TRY(check_file(connection));
    for (const Limit& limit : limits) sqlite3_limit(connection.handle(), limit.what, limit.at_most);
    sqlite3_set_authorizer(connection.handle(), authorize, nullptr);
    Deadline deadline{};
    deadline.at_ns =
        deadline.clock.monotonic_ns() + options.seconds_max * std::uint64_t{1'000'000'000};
    sqlite3_progress_handler(connection.handle(), steps_between_looks, is_too_late, &deadline);
    PERDURE_TAKE(Statement statement, prepare_only(connection, sql));
    Result<QueryAnswer> answer = gather(statement, options);
    if (answer.ok() || answer.status().code() != Code::expired) return answer;
    return error(Code::expired, "the query took more than {} s; ask for less, or ask a copy",
                 options.seconds_max);
}

}  // namespace perdure::store::sqlite
