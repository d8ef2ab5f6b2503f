// Connection and Statement: SQLite's handles as values that clean up after themselves, its codes as
// ours.
//
// Thread rule: one thread at a time. Lifetime: statements go before their connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "perdure/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace perdure::store::sqlite {

class Statement {
public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

    // Numbers count from 1. Bound memory must last until the statement is stepped to its end or
    // reset.
    void bind(int number, std::int64_t value);
    void bind(int number, ByteSpan blob);
    void bind(int number, std::string_view text);
    void bind_null(int number);
    void bind_pointer(int number, void* pointer, const char* type);

    // True if there is a row; false at the end.
    Result<bool> step();
    // Runs to its end and resets; rows are ignored.
    Status run();
    void reset();

    // Of the row that step() found; valid until the next step or reset. Columns count from 0.
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] ByteSpan blob(int column) const;
    [[nodiscard]] std::string_view text(int column) const;

    [[nodiscard]] sqlite3_stmt* handle() const noexcept { return statement_.get(); }
    explicit operator bool() const noexcept { return statement_ != nullptr; }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

struct ConnectionOptions {
    std::string path = {};
    std::string vfs = {};  // ChecksumVfs::name(), or empty for SQLite's own
    bool write = false;    // else the connection can never write, nor checkpoint
    bool create = false;   // the file, if it is missing
    // Nobody writes the file and it has no log: it is read as it lies there, nothing is made beside
    // it, and no lock is taken.
    bool at_rest = false;
    int busy_timeout_ms = 5000;
    std::uint32_t cache_kib = 64 * 1024;
};

class Connection {
public:
    static Result<Connection> open(const ConnectionOptions& options);
    Connection() = default;

    // Statements that do not return rows, one or several.
    Status run(const std::string& sql);
    // For use again and again.
    Result<Statement> prepare(const std::string& sql);
    // The first cell of the first row; 0 if there is none. The statement is run to its end: what it
    // changes may fail after it has answered.
    Result<std::int64_t> number(const std::string& sql);
    Result<std::string> word(const std::string& sql);
    // Between BEGIN and its end, whoever ended it: SQLite itself does after some failures.
    [[nodiscard]] bool is_in_transaction() const;
    // How many rows the last statement changed.
    [[nodiscard]] std::int64_t changes() const;

    // Of its page cache, now.
    [[nodiscard]] std::uint64_t cache_bytes() const;

    // What the last call that failed with this code means; `doing` says during what.
    [[nodiscard]] Status failure(int code, std::string_view doing) const;

    [[nodiscard]] sqlite3* handle() const noexcept { return connection_.get(); }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    // Closes; statements must be gone.
    void close() { connection_.reset(); }

private:
    struct Close {
        void operator()(sqlite3* connection) const noexcept;
    };
    std::string path_;
    std::unique_ptr<sqlite3, Close> connection_;
};

// The meaning of what SQLite last said on this connection.
[[nodiscard]] Status failure_of(sqlite3* connection, int code, std::string_view doing);

}  // namespace perdure::store::sqlite
