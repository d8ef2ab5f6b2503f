#include "store/sqlite/store_file.h"

#include <array>
#include <string>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "store/sqlite/format.h"
#include "store/sqlite/world_tables.h"

namespace perdure::store::sqlite {
namespace {

// SQLite cuts the log back to this when it begins it anew.
constexpr std::int64_t log_bytes_after_reset = std::int64_t{64} << 20;

Status expect(Connection& connection, const std::string& pragma, std::int64_t wanted) {
    PERDURE_TAKE(const std::int64_t found, connection.number("PRAGMA " + pragma));
    if (found == wanted) return {};
    return error(Code::unsupported,
                 "{}: SQLite answers PRAGMA {} with {}, not {}; is it another build?",
                 connection.path(), pragma, found, wanted);
}

// What SQLite answers itself, for any database that is open.
void control(Connection& connection, int operation, void* argument) {
    const int outcome = sqlite3_file_control(connection.handle(), "main", operation, argument);
    PERDURE_ASSERT(outcome == SQLITE_OK);
}

int reserved_of(Connection& connection) {
    int reserved = -1;  // only ask
    control(connection, SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    PERDURE_ASSERT(reserved >= 0);
    return reserved;
}

Result<bool> is_blank(Connection& connection) {
    PERDURE_TAKE(const std::int64_t things,
                 connection.number("SELECT count(*) FROM sqlite_schema"));
    PERDURE_TAKE(const std::int64_t id, connection.number("PRAGMA application_id"));
    PERDURE_TAKE(const std::int64_t version, connection.number("PRAGMA user_version"));
    return things == 0 && id == 0 && version == 0;
}

// Page size and reserved bytes are fixed by the first page that is written, here by the change to
// WAL.
Status lay_out(Connection& writer) {
    PERDURE_TRY(
        writer.run(text::format("PRAGMA page_size = {}; PRAGMA encoding = 'UTF-8'", page_bytes)));
    int reserved = static_cast<int>(reserved_bytes);
    control(writer, SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    return {};
}

Status use_log(Connection& writer) {
    PERDURE_TAKE(const std::string mode, writer.word("PRAGMA journal_mode = WAL"));
    if (mode != "wal") {
        return error(Code::unsupported,
                     "{}: SQLite cannot keep a write-ahead log there ({}); use a local disk",
                     writer.path(), mode);
    }
    return writer.run(text::format("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = {}",
                                   log_bytes_after_reset));
}

Status create_content(Connection& writer, const Uuid& world) {
    PERDURE_ASSERT(!writer.is_in_transaction());
    PERDURE_TRY(writer.run("BEGIN IMMEDIATE"));
    Status status = writer.run(text::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                            application_id, format_version));
    if (status.ok()) status = create_world_tables(writer, world);
    if (status.ok()) status = writer.run("COMMIT");
    // A transaction that is still open ends with the connection, which nobody gets to see.
    PERDURE_ASSERT(!status.ok() || !writer.is_in_transaction());
    return status;
}

Status check_settings(Connection& writer) {
    PERDURE_TRY(expect(writer, "synchronous", 1));
    PERDURE_TRY(expect(writer, "wal_autocheckpoint", 0));
    PERDURE_TRY(expect(writer, "foreign_keys", 0));
    PERDURE_TRY(expect(writer, "cell_size_check", 1));
    PERDURE_TRY(expect(writer, "trusted_schema", 0));
    return expect(writer, "journal_size_limit", log_bytes_after_reset);
}

}  // namespace

Status check_file(Connection& connection) {
    PERDURE_TAKE(const std::int64_t id, connection.number("PRAGMA application_id"));
    PERDURE_TAKE(const std::int64_t version, connection.number("PRAGMA user_version"));
    if (id != application_id) {
        return error(
            Code::invalid,
            "{} is an SQLite database of another program (application_id {:#x}); it is left alone",
            connection.path(), id);
    }
    if (version > format_version || version < 1) {
        return error(Code::unsupported,
                     "{} has format {}, and this program knows formats 1 to {}; use a "
                     "newer one",
                     connection.path(), version, format_version);
    }
    PERDURE_TAKE(const std::int64_t size, connection.number("PRAGMA page_size"));
    const int reserved = reserved_of(connection);
    if (size == page_bytes && reserved == static_cast<int>(reserved_bytes)) return {};
    return error(Code::corrupt,
                 "{}: the header says pages of {} bytes with {} for checksums, and ours have {} "
                 "and {}; it was "
                 "rewritten by another program, or damaged: restore a backup",
                 connection.path(), size, reserved, page_bytes, reserved_bytes);
}

Status prepare_file(Connection& writer, const Uuid& world, bool create) {
    PERDURE_TAKE(const bool blank, is_blank(writer));
    if (blank && !create) {
        return error(Code::not_found, "{} is an empty database, not a store", writer.path());
    }
    if (blank) {
        PERDURE_TRY(lay_out(writer));
    } else {
        PERDURE_TRY(check_file(writer));
    }
    PERDURE_TRY(use_log(writer));
    if (blank) {
        PERDURE_TRY(create_content(writer, world));
        PERDURE_TRY(check_file(writer));
    }
    return check_settings(writer);
}

Result<FileSizes> file_sizes(Connection& connection) {
    FileSizes sizes;
    const auto size_of = [&](int which, std::uint64_t& bytes) -> Status {
        sqlite3_file* file = nullptr;
        control(connection, which, &file);
        PERDURE_ASSERT(file != nullptr);
        if (file->pMethods == nullptr) return {};  // not open yet
        sqlite3_int64 found = 0;
        const int outcome = file->pMethods->xFileSize(file, &found);
        if (outcome != SQLITE_OK) return connection.failure(outcome, "asking for a file's size");
        PERDURE_ASSERT(found >= 0);
        bytes = static_cast<std::uint64_t>(found);
        return {};
    };
    PERDURE_TRY(size_of(SQLITE_FCNTL_FILE_POINTER, sizes.database));
    PERDURE_TRY(size_of(SQLITE_FCNTL_JOURNAL_POINTER, sizes.log));
    return sizes;
}

void let_close_remove_log(Connection& writer) {
    sqlite3_db_config(writer.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

}  // namespace perdure::store::sqlite
