// The little of SQLite's C interface that the benchmarks need. All members throw
// std::runtime_error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include <sqlite3.h>

namespace perdure::bench {

class SqliteDatabase {
public:
    // Opens or creates; for one thread.
    explicit SqliteDatabase(const std::filesystem::path& path);
    ~SqliteDatabase() { sqlite3_close(database_); }
    SqliteDatabase(const SqliteDatabase&) = delete;
    SqliteDatabase& operator=(const SqliteDatabase&) = delete;

    void execute(const std::string& sql) const;         // one statement or several
    std::int64_t number(const std::string& sql) const;  // the first column of the first row

    sqlite3* get() const { return database_; }

private:
    sqlite3* database_ = nullptr;
};

// A prepared statement; parameters count from 1, columns from 0. Must go before its database.
class SqliteStatement {
public:
    SqliteStatement(const SqliteDatabase& database, const std::string& sql);
    ~SqliteStatement() { sqlite3_finalize(statement_); }
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;

    void bind(int parameter, std::int64_t value) {
        check(sqlite3_bind_int64(statement_, parameter, value));
    }
    void bind(int parameter, float value) {
        check(sqlite3_bind_double(statement_, parameter, static_cast<double>(value)));
    }
    // The bytes must stay until run().
    void bind(int parameter, std::span<const std::uint8_t> bytes) {
        check(sqlite3_bind_blob(statement_, parameter, bytes.data(), static_cast<int>(bytes.size()),
                                SQLITE_STATIC));
    }

    void run();       // to the end; the statement may then be bound again
    bool next_row();  // false after the last; the statement may then be bound again

    std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
    float real(int column) const {
        return static_cast<float>(sqlite3_column_double(statement_, column));
    }
    std::span<const std::uint8_t> bytes(int column) const;

private:
    void check(int outcome) const {
        if (outcome != SQLITE_OK) fail();
    }
    [[noreturn]] void fail() const;

    sqlite3* database_;
    sqlite3_stmt* statement_ = nullptr;
};

}  // namespace perdure::bench
