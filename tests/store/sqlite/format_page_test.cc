// The worked example of docs/format/sqlite.md is what the code does.
#include "model/format_page.h"

#include <bit>

#include "store/language.h"
#include "store/sqlite/exact.h"
#include "store/sqlite/format.h"
#include "store/sqlite/page_checksum.h"

namespace perdure::store {
namespace {

TEST(SqliteFormatPage, exact_cells_and_page_checksums_are_as_the_page_says) {
    const TableDefinition table = table_of(
        1, "reals", 1,
        {{"id", of(ColumnKind::id)}, {"x", of(ColumnKind::f32)}, {"y", of(ColumnKind::f64)}});
    const Batch batch = test::batch_of(
        table, {{{"id", 1}, {"x", -0.0F}, {"y", std::bit_cast<double>(0x7FF8000000000001)}}});
    sqlite::ExactCells exact(batch);
    const ByteSpan entries = exact.of_row(0);
    std::vector<std::byte> bytes(entries.begin(), entries.end());

    std::vector<std::byte> page(sqlite::page_bytes);
    sqlite::seal_page(page, 3);
    bytes.insert(bytes.end(), page.end() - sqlite::reserved_bytes, page.end());

    EXPECT_EQ(test::hex(bytes), test::hex(test::hex_block(test::format_page("sqlite.md"))));
}

}  // namespace
}  // namespace perdure::store
