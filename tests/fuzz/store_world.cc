// The store's own tables. Input: the nine cells of the row of `_perdure_world` (sql_cells.h), then
// rows of `_perdure_catalog`: sequence (1 byte), length of the definition (2 bytes), the
// definition.
#include <map>

#include "base/assert.h"
#include "fuzz/sql_cells.h"
#include "fuzz/target.h"
#include "model/catalog.h"
#include "store/sqlite/world_tables.h"

namespace perdure::fuzz {
namespace {

namespace sqlite = store::sqlite;

constexpr int world_cells = 9;
constexpr std::size_t catalog_rows_max = 8;

Outcome world_row_of(Input& input) {
    sqlite::Statement select = select_of(world_cells);
    for (int cell = 1; cell <= world_cells; ++cell) bind_next_cell(select, cell, input);
    const auto row = sqlite::read_world_row(select);
    if (!row) return refused(row.status(), {Code::corrupt});
    return Outcome::taken;
}

// By sequence.
using Definitions = std::map<std::uint8_t, ByteSpan>;

Definitions fill_catalog(Input& input) {
    Definitions filled;
    sqlite::Connection& connection = sql_connection();
    PERDURE_ASSERT(connection
                       .run("CREATE TABLE IF NOT EXISTS _perdure_catalog"
                            " (sequence INTEGER PRIMARY KEY, definition);"
                            "DELETE FROM _perdure_catalog")
                       .ok());
    static sqlite::Statement insert =
        *connection.prepare("INSERT OR REPLACE INTO _perdure_catalog VALUES (?1, ?2)");
    for (std::size_t row = 0; row < catalog_rows_max && !input.empty(); ++row) {
        const auto sequence = input.number<std::uint8_t>();
        const ByteSpan bytes = input.take(input.number<std::uint16_t>());
        filled[sequence] = bytes;
        insert.bind(1, std::int64_t{sequence});
        insert.bind(2, bytes);
        PERDURE_ASSERT(insert.run().ok());
    }
    return filled;
}

Outcome catalog_of(Input& input) {
    const Definitions filled = fill_catalog(input);
    std::vector<TableDefinition> found;
    const Status status = sqlite::read_definitions(
        sql_connection(), [&](const TableDefinition& table) { found.push_back(table); });
    for (const TableDefinition& table : found) PERDURE_ASSERT(check_catalogued(table).ok());
    if (!status.ok()) return refused(status, {Code::corrupt, Code::unsupported});
    PERDURE_ASSERT(found.size() == filled.size());
    auto at = filled.begin();
    for (const TableDefinition& table : found) {
        std::vector<std::byte> written;
        encode_definition(table, written);
        PERDURE_ASSERT(as_text(written) == as_text((at++)->second));
    }
    return Outcome::taken;
}

}  // namespace

Outcome store_world(ByteSpan bytes) {
    Input input(bytes);
    const Outcome row = world_row_of(input);
    const Outcome catalog = catalog_of(input);
    return row == Outcome::taken && catalog == Outcome::taken ? Outcome::taken : Outcome::refused;
}

}  // namespace perdure::fuzz
