#include "peers/sqlite_database.h"

#include <stdexcept>

namespace perdure::bench {

SqliteDatabase::SqliteDatabase(const std::filesystem::path& path) {
    constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path.c_str(), &database_, flags, nullptr) != SQLITE_OK) {
        const std::string message =
            "SQLite: opening " + path.string() + ": " + sqlite3_errmsg(database_);
        sqlite3_close(database_);
        throw std::runtime_error(message);
    }
}

void SqliteDatabase::execute(const std::string& sql) const {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw std::runtime_error("SQLite: " + sql + ": " + sqlite3_errmsg(database_));
    }
}

std::int64_t SqliteDatabase::number(const std::string& sql) const {
    SqliteStatement statement(*this, sql);
    if (!statement.next_row()) {
        throw std::runtime_error("SQLite: no row: " + sql);
    }
    return statement.integer(0);
}

SqliteStatement::SqliteStatement(const SqliteDatabase& database, const std::string& sql)
    : database_(database.get()) {
    check(sqlite3_prepare_v3(database_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement_,
                             nullptr));
}

void SqliteStatement::run() {
    if (sqlite3_step(statement_) != SQLITE_DONE) fail();
    sqlite3_reset(statement_);
}

bool SqliteStatement::next_row() {
    const int outcome = sqlite3_step(statement_);
    if (outcome == SQLITE_ROW) return true;
    if (outcome != SQLITE_DONE) fail();
    sqlite3_reset(statement_);
    return false;
}

std::span<const std::uint8_t> SqliteStatement::bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    return {static_cast<const std::uint8_t*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void SqliteStatement::fail() const {
    throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(database_));
}

}  // namespace perdure::bench
