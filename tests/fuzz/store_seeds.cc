#include <bit>
#include <cstring>

#include "base/assert.h"
#include "fuzz/known_tables.h"
#include "fuzz/seeds.h"
#include "fuzz/writer.h"
#include "model/catalog.h"
#include "model/tables.h"
#include "store/sqlite/cell_view.h"
#include "store/sqlite/exact.h"
#include "store/sqlite/format.h"
#include "store/sqlite/page_checksum.h"

namespace perdure::fuzz {
namespace {

namespace sqlite = store::sqlite;

// A cell as sql_cells.h reads it.
struct CellWriter {
    Writer& to;

    void null() { to.number(std::uint8_t{0}); }
    void integer(std::int64_t value) { to.number(std::uint8_t{1}).number(value); }
    void real(double value) {
        to.number(std::uint8_t{2}).number(std::bit_cast<std::uint64_t>(value));
    }
    void text(ByteSpan bytes) { to.number(std::uint8_t{3}).short_piece(bytes); }
    void blob(ByteSpan bytes) { to.number(std::uint8_t{4}).short_piece(bytes); }
};

std::vector<std::byte> rows_seed(std::uint64_t seed) {
    Random random(seed);
    const TableDefinition& table = *known_tables().find("everything");
    const Batch batch = perdure::test::batch_of(table, {perdure::test::random_row(random, table),
                                                        perdure::test::random_row(random, table)});
    Writer writer;
    CellWriter cells{writer};
    sqlite::ExactCells exact(batch);
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        for (std::size_t column = 0; column < batch.columns(); ++column) {
            sqlite::send_cell(sqlite::CellView::of(batch, column), row, cells);
        }
        const ByteSpan entries = exact.of_row(row);
        entries.empty() ? cells.null() : cells.blob(entries);
    }
    return writer.done();
}

std::vector<std::byte> world_seed() {
    Writer writer;
    CellWriter cells{writer};
    const std::vector<std::byte> sixteen(16, std::byte{5});
    cells.blob(sixteen);  // the world
    for (const std::int64_t number : {1, 1, 7}) cells.integer(number);
    cells.blob(sixteen);  // the chain
    cells.null();         // no tick
    cells.blob(sixteen);
    for (const std::int64_t number : {6, 2}) cells.integer(number);
    std::uint8_t sequence = 0;
    for (const char* name : {"events", "every_key"}) {
        std::vector<std::byte> encoded;
        encode_definition(*known_tables().find(name), encoded);
        writer.number(++sequence).number(static_cast<std::uint16_t>(encoded.size()));
        writer.bytes(encoded);
    }
    return writer.done();
}

void put_big_endian(std::byte* to, std::uint32_t value) { store_le(to, __builtin_bswap32(value)); }

// A log of three frames, two of them committed, as SQLite writes it; store_log.cc has the form.
std::vector<std::byte> log_seed() {
    std::byte header[sqlite::wal_header_bytes]{};
    put_big_endian(header, sqlite::wal_magic);
    put_big_endian(header + 4, 3007000);
    put_big_endian(header + 8, sqlite::page_bytes);
    std::memset(header + sqlite::wal_header_salts_at, 0x5a, 8);
    sqlite::WalChecksum sum;
    sum.add(ByteSpan(header).first(sqlite::wal_header_checksum_at));
    put_big_endian(header + sqlite::wal_header_checksum_at, sum.first);
    put_big_endian(header + sqlite::wal_header_checksum_at + 4, sum.second);
    Writer writer;
    writer.bytes(header);
    for (std::uint32_t number = 1; number <= 3; ++number) {
        std::byte frame[sqlite::frame_header_bytes]{};
        put_big_endian(frame + sqlite::frame_page_at, number);
        put_big_endian(frame + sqlite::frame_commit_at, number == 2 ? 2 : 0);
        std::memset(frame + sqlite::frame_salts_at, 0x5a, 8);
        std::vector<std::byte> page(sqlite::page_bytes);
        page[0] = std::byte{0x0d};
        sum = sqlite::frame_checksum(sum, frame, page);
        put_big_endian(frame + sqlite::frame_checksum_at, sum.first);
        put_big_endian(frame + sqlite::frame_checksum_at + 4, sum.second);
        writer.bytes(frame).short_piece(ByteSpan(page).first(1));
    }
    return writer.done();
}

std::vector<std::byte> page_seed() {
    std::vector<std::byte> page(sqlite::page_bytes);
    std::memcpy(page.data(), "SQLite format 3", 16);
    page[sqlite::header_page_size_at] = std::byte{sqlite::page_bytes >> 8};
    page[sqlite::header_reserved_at] = std::byte{sqlite::reserved_bytes};
    sqlite::seal_page(page, 1);
    return Writer().number(std::uint32_t{0}).bytes(page).done();
}

// Rows as hydration.cc reads them: an entity's kind, parent, root and segment, ids of one byte.
std::vector<std::byte> entities_seed() {
    Writer writer;
    const auto entity = [&](std::uint8_t id, std::uint8_t kind, std::uint8_t parent,
                            std::uint8_t root) {
        for (const std::uint8_t byte : {std::uint8_t{0}, id, kind, parent, root}) {
            writer.number(byte);
        }
        writer.number(std::uint8_t{0});
    };
    entity(1, 0, 0, 1);
    entity(2, 1, 0, 2);
    entity(3, 2, 2, 2);
    entity(4, 0, 3, 2);
    writer.number(std::uint8_t{1}).number(std::uint8_t{0}).number(std::uint8_t{200});
    writer.number(std::uint8_t{2}).number(std::uint8_t{4}).number(1.5F).number(2.5F);
    writer.number(std::uint8_t{3}).number(std::uint8_t{2}).short_text("inn");
    writer.number(std::int16_t{7});
    writer.number(std::uint8_t{0x80}).number(std::uint8_t{4});
    return writer.done();
}

std::vector<std::byte> surface_seed() {
    Writer writer;
    writer.text("PDGROUND").number(std::uint32_t{1});
    writer.number(std::uint16_t{2}).number(std::uint16_t{2}).number(std::uint64_t{0});
    writer.number(std::uint16_t{2}).short_text("grass").short_text("sand");
    for (const int height : {1, 2, 3, -4}) writer.number(static_cast<std::int16_t>(height));
    for (const unsigned node : {0U, 1U, 1U, 0U}) writer.number(static_cast<std::uint8_t>(node));
    return writer.done();
}

// A byte in the middle of page 1 that nothing uses, with its checksum put right; store_file.cc has
// the form.
std::vector<std::byte> edit_seed() {
    Writer writer;
    writer.number(std::uint8_t{3}).number(std::uint8_t{0});
    writer.number(std::uint32_t{600}).short_text("x");
    return writer.done();
}

}  // namespace

std::vector<Seed> store_seeds() {
    return {
        {"store_rows", "seed-1", rows_seed(1)},
        {"store_rows", "seed-2", rows_seed(2)},
        {"store_world", "seed-two", world_seed()},
        {"store_log", "seed-three", log_seed()},
        {"store_page", "seed-first", page_seed()},
        {"hydration", "seed-inn", entities_seed()},
        {"ground", "seed-four", surface_seed()},
        {"store_file", "seed-logged", Writer().number(std::uint8_t{0}).done()},
        {"store_file", "seed-at-rest", Writer().number(std::uint8_t{1}).done()},
        {"store_file", "seed-edited", edit_seed()},
    };
}

}  // namespace perdure::fuzz
