#include "fuzz/sql_cells.h"

#include <bit>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/text.h"

namespace perdure::fuzz {

using store::sqlite::Connection;
using store::sqlite::Statement;

Connection& sql_connection() {
    static Connection connection = [] {
        Result<Connection> opened =
            Connection::open({.path = ":memory:", .write = true, .create = true});
        PERDURE_ASSERT(opened.ok());
        return *std::move(opened);
    }();
    return connection;
}

Statement select_of(std::size_t cells) {
    std::string sql = "SELECT ";
    for (std::size_t cell = 1; cell <= cells; ++cell) {
        sql += text::format("{}?{}", cell == 1 ? "" : ", ", cell);
    }
    Result<Statement> statement = sql_connection().prepare(sql);
    PERDURE_ASSERT(statement.ok());
    return *std::move(statement);
}

void bind_next_cell(Statement& statement, int number, Input& input) {
    switch (input.number<std::uint8_t>() % 5) {
        case 0: return statement.bind_null(number);
        case 1: return statement.bind(number, input.number<std::int64_t>());
        case 2: {
            const auto real = std::bit_cast<double>(input.number<std::uint64_t>());
            PERDURE_ASSERT(sqlite3_bind_double(statement.handle(), number, real) == SQLITE_OK);
            return;
        }
        case 3: return statement.bind(number, as_text(input.short_piece()));
        default: return statement.bind(number, input.short_piece());
    }
}

}  // namespace perdure::fuzz
