#include "store/sqlite/world_tables.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/catalog.h"
#include "store/fence.h"
#include "store/sqlite/cell_view.h"

namespace perdure::store::sqlite {
namespace {

constexpr const char* tables_sql =
    "CREATE TABLE _perdure_world ("
    " one INTEGER PRIMARY KEY CHECK (one = 1), uuid BLOB NOT NULL, owner_epoch INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, lsn INTEGER NOT NULL, chain BLOB NOT NULL, tick INTEGER,"
    " tick_content BLOB NOT NULL, safe_lsn INTEGER NOT NULL, definitions INTEGER NOT NULL) STRICT;"
    "CREATE TABLE _perdure_catalog ("
    " sequence INTEGER PRIMARY KEY, table_id INTEGER NOT NULL, version INTEGER NOT NULL,"
    " name TEXT NOT NULL, category TEXT NOT NULL, append_only INTEGER NOT NULL,"
    " resident INTEGER NOT NULL, key TEXT NOT NULL, columns TEXT NOT NULL, lsn INTEGER NOT NULL,"
    " definition BLOB NOT NULL, UNIQUE (table_id, version)) STRICT;";

using HashBytes = std::array<std::byte, 16>;

// The high half first, so that hex(chain) reads as in our messages.
HashBytes hash_bytes(const Hash128& hash) {
    HashBytes bytes;
    store_le(bytes.data(), __builtin_bswap64(hash.high));
    store_le(bytes.data() + 8, __builtin_bswap64(hash.low));
    return bytes;
}

bool read_hash(ByteSpan blob, Hash128& into) {
    if (blob.size() != sizeof(HashBytes)) return false;
    into.high = __builtin_bswap64(load_le<std::uint64_t>(blob.data()));
    into.low = __builtin_bswap64(load_le<std::uint64_t>(blob.data() + 8));
    return true;
}

void bind_unsigned(Statement& statement, int number, std::uint64_t value) {
    statement.bind(number, static_cast<std::int64_t>(value));
}

std::uint64_t unsigned_at(const Statement& statement, int column) {
    return static_cast<std::uint64_t>(statement.integer(column));
}

// Why the update found nothing to change.
Status fence_conflict(Connection& connection, const Fence& fence) {
    PERDURE_TAKE(Statement select, connection.prepare(select_world_row()));
    PERDURE_TAKE(const WorldRow row, read_world_row(select));
    Status refused = check_fence(connection.path(), row.owner_epoch, row.watermark, fence);
    PERDURE_ASSERT(!refused.ok());
    return refused;
}

std::string columns_text(std::span<const Column> columns) {
    std::string joined;
    for (const Column& column : columns) {
        if (!joined.empty()) joined += ", ";
        joined += text::format("{} {}{} #{}", column.name, column.type.name(),
                               column.nullable ? "?" : "", column.number);
    }
    return joined;
}

}  // namespace

Status create_world_tables(Connection& connection, const Uuid& world) {
    PERDURE_ASSERT(connection.is_in_transaction());
    PERDURE_TRY(connection.run(tables_sql));
    PERDURE_TAKE(Statement insert, connection.prepare("INSERT INTO _perdure_world VALUES"
                                                      " (1, ?1, 0, 0, 0, ?2, NULL, ?2, 0, 0)"));
    const HashBytes none{};
    insert.bind(1, ByteSpan(world.bytes));
    insert.bind(2, ByteSpan(none));
    return insert.run();
}

std::string select_world_row() {
    return "SELECT uuid, owner_epoch, epoch, lsn, chain, tick, tick_content, safe_lsn, definitions"
           " FROM _perdure_world";
}

Result<WorldRow> read_world_row(Statement& select) {
    PERDURE_TAKE(const bool is_row, select.step());
    WorldRow row;
    bool good = is_row;
    if (is_row) {
        const ByteSpan uuid = select.blob(0);
        good = uuid.size() == row.world.bytes.size();
        if (good) std::copy(uuid.begin(), uuid.end(), row.world.bytes.begin());
        row.owner_epoch = unsigned_at(select, 1);
        row.watermark.epoch = unsigned_at(select, 2);
        row.watermark.lsn = unsigned_at(select, 3);
        good = read_hash(select.blob(4), row.watermark.chain) && good;
        if (!select.is_null(5)) row.watermark.tick = unsigned_at(select, 5);
        good = read_hash(select.blob(6), row.watermark.tick_content) && good;
        row.safe = unsigned_at(select, 7);
        row.definitions = unsigned_at(select, 8);
        good = row.safe <= row.watermark.lsn && good;
    }
    select.reset();
    if (good) return row;
    return error(Code::corrupt, "_perdure_world does not hold one row of ours; restore a backup");
}

std::string update_world_row() {
    std::string update =
        "UPDATE _perdure_world SET owner_epoch = ?1, epoch = ?2, lsn = ?3, chain = ?4, tick = ?5,"
        " tick_content = ?6, safe_lsn = ?7, definitions = ?8"
        " WHERE epoch = ?9 AND lsn = ?10 AND chain = ?11";
    if (seeded_bug("sqlite: an older owner is let in")) return update;
    return update + " AND owner_epoch <= ?1";
}

Status write_world_row(Connection& connection, Statement& update, const Fence& fence,
                       const WorldRow& after) {
    // Compared in SQL, where numbers are signed. Epochs count owners: they never come near.
    PERDURE_ASSERT(connection.is_in_transaction());
    PERDURE_ASSERT(fence.owner_epoch < key_flip);
    PERDURE_ASSERT(after.owner_epoch == fence.owner_epoch);
    PERDURE_ASSERT(after.watermark.lsn >= fence.expected.lsn);
    const HashBytes chain = hash_bytes(after.watermark.chain);
    const HashBytes content = hash_bytes(after.watermark.tick_content);
    const HashBytes expected = hash_bytes(fence.expected.chain);
    bind_unsigned(update, 1, after.owner_epoch);
    bind_unsigned(update, 2, after.watermark.epoch);
    bind_unsigned(update, 3, after.watermark.lsn);
    update.bind(4, ByteSpan(chain));
    update.bind_null(5);
    if (after.watermark.tick) bind_unsigned(update, 5, *after.watermark.tick);
    update.bind(6, ByteSpan(content));
    bind_unsigned(update, 7, after.safe);
    bind_unsigned(update, 8, after.definitions);
    bind_unsigned(update, 9, fence.expected.epoch);
    bind_unsigned(update, 10, fence.expected.lsn);
    update.bind(11, ByteSpan(expected));
    PERDURE_TRY(update.run());
    return connection.changes() == 1 ? Status() : fence_conflict(connection, fence);
}

Status insert_definition(Connection& connection, std::uint64_t sequence,
                         const TableDefinition& definition, Lsn lsn) {
    PERDURE_ASSERT(connection.is_in_transaction());
    PERDURE_ASSERT(sequence > 0);
    std::vector<std::byte> encoded;
    encode_definition(definition, encoded);
    PERDURE_ASSERT(!encoded.empty());
    const std::string key = columns_text(definition.key());
    const std::string columns =
        columns_text(std::span(definition.columns).subspan(definition.key_columns));
    PERDURE_TAKE(Statement insert,
                 connection.prepare("INSERT INTO _perdure_catalog VALUES"
                                    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"));
    bind_unsigned(insert, 1, sequence);
    insert.bind(2, std::int64_t{definition.id});
    insert.bind(3, std::int64_t{definition.version});
    insert.bind(4, std::string_view(definition.name));
    insert.bind(5, std::string_view(definition.category));
    insert.bind(6, std::int64_t{definition.append_only});
    insert.bind(7, std::int64_t{definition.resident});
    insert.bind(8, std::string_view(key));
    insert.bind(9, std::string_view(columns));
    bind_unsigned(insert, 10, lsn);
    insert.bind(11, ByteSpan(encoded));
    return insert.run();
}

Status read_definitions(Connection& connection,
                        const std::function<void(const TableDefinition&)>& visit) {
    PERDURE_TAKE(Statement select,
                 connection.prepare("SELECT sequence, definition FROM _perdure_catalog"
                                    " ORDER BY sequence"));
    for (std::int64_t expected = 1;; ++expected) {
        PERDURE_TAKE(const bool is_row, select.step());
        if (!is_row) return {};
        if (select.integer(0) != expected) {
            return error(Code::corrupt,
                         "{}: row {} of _perdure_catalog is missing; restore a backup",
                         connection.path(), expected);
        }
        ByteSpan encoded = select.blob(1);
        Result<TableDefinition> definition = decode_definition(encoded);
        if (!definition.ok()) {
            return definition.status().with_context(
                text::format("{}: row {} of _perdure_catalog", connection.path(), expected));
        }
        if (!encoded.empty()) {
            return error(Code::corrupt,
                         "{}: row {} of _perdure_catalog has {} bytes behind its definition; "
                         "restore a backup",
                         connection.path(), expected, encoded.size());
        }
        visit(*definition);
    }
}

}  // namespace perdure::store::sqlite
