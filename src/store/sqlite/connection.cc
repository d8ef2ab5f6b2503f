#include "store/sqlite/connection.h"

#include <cerrno>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "model/utf8.h"
#include "store/sqlite/checksum_vfs.h"

namespace perdure::store::sqlite {
namespace {

void must(int code) {
    PERDURE_ASSERT(code == SQLITE_OK);  // a number or a lifetime that is not as it must be: our bug
}

Code code_for(int extended) {
    if (extended == SQLITE_IOERR_DATA || extended == SQLITE_IOERR_CORRUPTFS) return Code::corrupt;
    switch (extended & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Code::busy;
        case SQLITE_FULL: return Code::no_space;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return Code::corrupt;
        case SQLITE_CONSTRAINT: return Code::conflict;
        case SQLITE_TOOBIG: return Code::no_space;
        case SQLITE_INTERRUPT: return Code::expired;
        case SQLITE_ERROR:
        case SQLITE_AUTH: return Code::invalid;
        default: return Code::io;
    }
}

std::string advice(Code code) {
    switch (code) {
        case Code::busy: return "another program holds it; end that program, or wait";
        case Code::no_space: return "make space; what was being written was undone";
        case Code::corrupt:
            return "do not write to it; run `perdure verify`, then restore a backup or see what "
                   "`perdure repair` offers";
        default: return {};
    }
}

// Columns are of a row that the statement stands on.
void must_have(sqlite3_stmt* statement, int column) {
    PERDURE_ASSERT(column >= 0);
    PERDURE_ASSERT(column < sqlite3_data_count(statement));
}

// Long statements are cut: the beginning says which one it is.
constexpr std::size_t shown_sql_max = 120;

std::string where(const std::string& path, const std::optional<BadPage>& bad) {
    if (!bad) return path;
    if (bad->in_log) {
        return text::format("{} frame {} (page data at offset {})", bad->path, bad->page,
                            bad->offset);
    }
    return text::format("{} page {} at offset {}", bad->path, bad->page, bad->offset);
}

// A file at rest can only be named by a URI, in which these characters mean something.
std::string at_rest_uri(const std::string& path) {
    std::string uri = path.starts_with('/') ? "file://" : "file:";
    for (const char letter : path) {
        if (letter == '%' || letter == '?' || letter == '#') {
            uri += text::format("%{:02x}", unsigned{static_cast<unsigned char>(letter)});
        } else {
            uri += letter;
        }
    }
    return uri + "?immutable=1";
}

}  // namespace

Status failure_of(sqlite3* connection, int code, std::string_view doing) {
    PERDURE_ASSERT(code != SQLITE_OK);
    PERDURE_ASSERT(code != SQLITE_ROW);
    PERDURE_ASSERT(code != SQLITE_DONE);
    const int extended = connection != nullptr ? sqlite3_extended_errcode(connection) : code;
    const bool is_of_call = (extended & 0xff) == (code & 0xff);
    const Code meaning = code_for(is_of_call ? extended : code);
    const char* const name =
        connection != nullptr ? sqlite3_db_filename(connection, "main") : nullptr;
    std::optional<BadPage> bad =
        take_bad_page();  // forgotten even if it has nothing to do with this
    if (extended != SQLITE_IOERR_DATA) bad.reset();
    std::string message = text::format("{}: {}: ", where(name != nullptr ? name : "SQLite", bad),
                                       printable(doing.substr(0, shown_sql_max)));
    if (bad) {
        message += "this is not what was written (its checksum differs)";
    } else {
        // It may repeat what stands in a damaged file.
        message += printable(is_of_call && connection != nullptr ? sqlite3_errmsg(connection)
                                                                 : sqlite3_errstr(code));
    }
    const int system = connection != nullptr ? sqlite3_system_errno(connection) : 0;
    if (meaning == Code::io && system != 0) message += text::format(" (errno {})", system);
    if (const std::string todo = advice(meaning); !todo.empty()) message += "; " + todo;
    return {meaning, std::move(message)};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

void Statement::bind(int number, std::int64_t value) {
    must(sqlite3_bind_int64(handle(), number, value));
}

void Statement::bind(int number, ByteSpan blob) {
    // A null pointer would bind NULL.
    const void* const data = blob.empty() ? static_cast<const void*>("") : blob.data();
    must(sqlite3_bind_blob64(handle(), number, data, blob.size(), SQLITE_STATIC));
}

void Statement::bind(int number, std::string_view text) {
    const char* const data = text.empty() ? "" : text.data();
    must(sqlite3_bind_text64(handle(), number, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind_null(int number) { must(sqlite3_bind_null(handle(), number)); }

void Statement::bind_pointer(int number, void* pointer, const char* type) {
    must(sqlite3_bind_pointer(handle(), number, pointer, type, nullptr));
}

Result<bool> Statement::step() {
    PERDURE_ASSERT(handle() != nullptr);
    const int outcome = sqlite3_step(handle());
    if (outcome == SQLITE_ROW) return true;
    if (outcome == SQLITE_DONE) return false;
    Status status = failure_of(sqlite3_db_handle(handle()), outcome, sqlite3_sql(handle()));
    sqlite3_reset(handle());
    return status;
}

Status Statement::run() {
    PERDURE_ASSERT(handle() != nullptr);
    for (;;) {
        PERDURE_TAKE(const bool is_row, step());
        if (!is_row) break;
    }
    reset();
    PERDURE_ASSERT(sqlite3_stmt_busy(handle()) == 0);
    return {};
}

void Statement::reset() {
    sqlite3_reset(handle());  // says again what step() said
}

bool Statement::is_null(int column) const {
    must_have(handle(), column);
    return sqlite3_column_type(handle(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    must_have(handle(), column);
    return sqlite3_column_int64(handle(), column);
}

ByteSpan Statement::blob(int column) const {
    must_have(handle(), column);
    const void* const data = sqlite3_column_blob(handle(), column);
    const int bytes = sqlite3_column_bytes(handle(), column);
    PERDURE_ASSERT(bytes == 0 || data != nullptr);
    return {static_cast<const std::byte*>(data), static_cast<std::size_t>(bytes)};
}

std::string_view Statement::text(int column) const { return as_text(blob(column)); }

void Connection::Close::operator()(sqlite3* connection) const noexcept {
    const int outcome = sqlite3_close(connection);
    PERDURE_ASSERT(outcome == SQLITE_OK);  // a statement was left over
}

Result<Connection> Connection::open(const ConnectionOptions& options) {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
    flags |= options.write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    if (options.create) flags |= SQLITE_OPEN_CREATE;
    if (options.at_rest) flags |= SQLITE_OPEN_URI;
    PERDURE_ASSERT(!options.at_rest || !options.write);
    PERDURE_ASSERT(!options.create || options.write);
    const std::string name = options.at_rest ? at_rest_uri(options.path) : options.path;
    const char* const vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
    sqlite3* opened = nullptr;
    const int outcome = sqlite3_open_v2(name.c_str(), &opened, flags, vfs);
    Connection connection;
    connection.path_ = options.path;
    connection.connection_.reset(opened);
    if (outcome != SQLITE_OK) {
        const bool is_missing = sqlite3_system_errno(opened) == ENOENT;
        if (is_missing) return error(Code::not_found, "{} does not exist", options.path);
        return failure_of(opened, outcome, "opening it");
    }
    sqlite3_busy_timeout(opened, options.busy_timeout_ms);
    must(sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr));
    must(sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr));
    must(sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nullptr));
    must(sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr));
    // Two checkpointers can damage the file before SQLite 3.51.3. Closing is no time for it anyway:
    // the writer asks for it when it knows that the file is ours.
    must(sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
    sqlite3_wal_autocheckpoint(opened, 0);
    PERDURE_TRY(connection.run(
        text::format("PRAGMA cell_size_check = 1; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
                     "PRAGMA foreign_keys = 0; PRAGMA cache_size = -{}; PRAGMA query_only = {}",
                     options.cache_kib, options.write ? 0 : 1)));
    PERDURE_ASSERT(!connection.is_in_transaction());
    return connection;
}

Status Connection::run(const std::string& sql) {
    const int outcome = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
    return outcome == SQLITE_OK ? Status() : failure(outcome, sql);
}

Result<Statement> Connection::prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int outcome = sqlite3_prepare_v3(handle(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                                           SQLITE_PREPARE_PERSISTENT, &statement, &rest);
    if (outcome != SQLITE_OK) return failure(outcome, sql);
    PERDURE_ASSERT(statement != nullptr);
    PERDURE_ASSERT(*rest == '\0');  // what follows would never run
    return Statement(statement);
}

Result<std::int64_t> Connection::number(const std::string& sql) {
    PERDURE_TAKE(Statement statement, prepare(sql));
    PERDURE_TAKE(const bool is_row, statement.step());
    const std::int64_t found = is_row ? statement.integer(0) : 0;
    if (is_row) PERDURE_TRY(statement.run());
    return found;
}

Result<std::string> Connection::word(const std::string& sql) {
    PERDURE_TAKE(Statement statement, prepare(sql));
    PERDURE_TAKE(const bool is_row, statement.step());
    const std::string found(is_row ? statement.text(0) : std::string_view());
    if (is_row) PERDURE_TRY(statement.run());
    return found;
}

bool Connection::is_in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

std::int64_t Connection::changes() const { return sqlite3_changes64(handle()); }

std::uint64_t Connection::cache_bytes() const {
    int now = 0;
    int most = 0;
    must(sqlite3_db_status(handle(), SQLITE_DBSTATUS_CACHE_USED, &now, &most, 0));
    return static_cast<std::uint64_t>(now);
}

Status Connection::failure(int code, std::string_view doing) const {
    return failure_of(handle(), code, doing);
}

}  // namespace perdure::store::sqlite
