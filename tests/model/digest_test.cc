// docs/format/digest.md.
#include "model/digest.h"

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "model/convert.h"
#include "model/format_page.h"
#include "model/tables.h"

namespace perdure {
namespace {

TableDefinition purse() {
    TableBuilder builder("Purse");
    builder.key<Entity>("entity").column<std::int64_t>("coins").column<bool>("open");
    TableDefinition table = builder.column<std::optional<std::string>>("note").definition();
    const std::uint16_t numbers[] = {1, 2, 4, 3};
    for (std::size_t index = 0; index < 4; ++index) table.columns[index].number = numbers[index];
    table.id = table.version = 1;
    table.next_column_number = 5;
    return table;
}

Row purse_row(std::uint64_t entity, std::int64_t coins, const Value& note) {
    return {{"entity", Entity{entity}}, {"coins", coins}, {"open", true}, {"note", note}};
}

ChangeSet changes_of(Batch batch) {
    ChangeSet changes;
    changes.batches.push_back(std::move(batch));
    return changes;
}

// The value in the page's table of hashes.
std::string on_page(const std::string& page, const std::string& what) {
    const std::size_t begin = page.find("| " + what + " | ");
    EXPECT_NE(begin, std::string::npos) << what;
    const std::size_t value = begin + what.size() + 5;
    return page.substr(value, page.find(" |", value) - value);
}

TEST(Digest, the_worked_example_is_what_the_code_hashes) {
    const std::string page = test::format_page("digest.md");
    const auto bytes = test::hex_block(page);
    const TableDefinition table = purse();
    const Batch batch = test::batch_of(table, {purse_row(5, -2, "é")});
    const std::uint64_t seed = checksum64(as_bytes("purse"), 0);
    EXPECT_EQ(row_digest(batch, 0), checksum128(bytes, seed)) << "the page's bytes";

    EXPECT_EQ(text::format("{:016x}", seed), on_page(page, "seed(purse, 0)"));
    EXPECT_EQ(batch_digest(batch).hex(), on_page(page, "state digest of that one row"));
    const auto upserted = changes_of(test::batch_of(table, {purse_row(5, -2, "é")}));
    const auto erased =
        changes_of(test::batch_of(table, {{{"entity", Entity{5}}}}, Operation::erase));
    EXPECT_EQ(content_hash(upserted).hex(), on_page(page, "content hash: the row upserted"));
    EXPECT_EQ(content_hash(erased).hex(), on_page(page, "content hash: the row erased"));
}

// The page's rules once more, in the plainest way.
Hash128 hash_slowly(const Batch& batch, std::uint32_t row, std::uint64_t purpose) {
    const TableDefinition& table = batch.table();
    std::vector<std::size_t> order(batch.columns());
    for (std::size_t index = 0; index < order.size(); ++index) order[index] = index;
    std::sort(order.begin() + table.key_columns, order.end(),
              [&](std::size_t one, std::size_t other) {
                  return table.columns[one].number < table.columns[other].number;
              });
    std::string bytes;
    const auto put = [&](auto number) {
        bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    };
    for (const std::size_t index : order) {
        if (batch.is_null(index, row)) continue;
        put(table.columns[index].number);
        if (table.columns[index].type.kind == ColumnKind::boolean) {
            put(static_cast<std::uint8_t>(batch.boolean(index, row)));
            continue;
        }
        const auto cell = batch.cell(index, row);
        if (table.columns[index].type.is_variable()) put(static_cast<std::uint32_t>(cell.size()));
        bytes += as_text(cell);
    }
    return checksum128(as_bytes(bytes), checksum64(as_bytes(lower_case(table.name)), purpose));
}

TEST(Digest, follows_the_page_for_every_type) {
    Random random(test_seed());
    const TableDefinition table = test::everything();
    std::vector<Row> rows;
    for (int row = 0; row < 50; ++row) rows.push_back(test::random_row(random, table));
    rows.push_back({{"id", 1}, {"c_text", std::string(5000, 'x')}});  // beyond the small buffer
    const Batch batch = test::batch_of(table, rows);
    Hash128 sum;
    Hash128 content;
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        EXPECT_EQ(row_digest(batch, row), hash_slowly(batch, row, 0));
        sum = sum + row_digest(batch, row);
        content = content + hash_slowly(batch, row, 1);
    }
    EXPECT_EQ(batch_digest(batch), sum);
    EXPECT_EQ(content_hash(changes_of(test::batch_of(table, rows))), content);
}

TEST(Digest, rows_of_fixed_columns_follow_the_page_too) {
    TableBuilder builder("fixed");
    builder.key<std::uint32_t>("b").key<std::uint64_t>("a").column<Uuid>("u").column<std::uint8_t>(
        "s");
    const TableDefinition table = test::numbered(
        builder.column<std::array<double, 9>>("d").column<std::int16_t>("w").definition());
    Random random(test_seed());
    std::vector<Row> rows;
    for (int row = 0; row < 20; ++row) rows.push_back(test::random_row(random, table));
    const Batch batch = test::batch_of(table, rows);
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        EXPECT_EQ(row_digest(batch, row), hash_slowly(batch, row, 0));
    }
}

TEST(Digest, rows_wider_than_the_small_buffer_follow_the_page_too) {
    TableBuilder builder("wide");
    builder.key<std::uint32_t>("k").column<std::array<double, 300>>("d");
    const TableDefinition table = test::numbered(builder.definition());
    Random random(test_seed());
    const Batch batch = test::batch_of(table, {test::random_row(random, table)});
    EXPECT_EQ(row_digest(batch, 0), hash_slowly(batch, 0, 0));
}

TEST(Digest, does_not_depend_on_order_of_rows_or_columns) {
    const TableDefinition table = purse();
    TableDefinition other = table;
    std::swap(other.columns[1], other.columns[3]);
    other.version = 2;
    const Batch one = test::batch_of(table, {purse_row(1, 5, "a"), purse_row(2, 6, {})});
    const Batch two = test::batch_of(table, {purse_row(2, 6, {}), purse_row(1, 5, "a")});
    EXPECT_EQ(batch_digest(one), batch_digest(two));
    EXPECT_EQ(batch_digest(one), batch_digest(*convert(one, other)));
}

TEST(Digest, tells_values_columns_and_tables_apart) {
    const TableDefinition table = purse();
    const auto digest = [&](const Row& row) { return batch_digest(test::batch_of(table, {row})); };
    const Hash128 base = digest(purse_row(1, 5, "a"));
    EXPECT_NE(base, digest(purse_row(2, 5, "a")));
    EXPECT_NE(base, digest(purse_row(1, 6, "a")));
    EXPECT_NE(base, digest(purse_row(1, 5, "")));
    EXPECT_NE(digest(purse_row(1, 5, "")), digest(purse_row(1, 5, {}))) << "empty is not null";
    TableDefinition other = purse();
    other.name = "purse2";
    EXPECT_NE(base, batch_digest(test::batch_of(other, {purse_row(1, 5, "a")})));
    other.name = "PURSE";
    EXPECT_EQ(base, batch_digest(test::batch_of(other, {purse_row(1, 5, "a")})));
    other = purse();
    other.columns[1].number = 9;
    EXPECT_NE(base, batch_digest(test::batch_of(other, {purse_row(1, 5, "a")})));
}

TEST(ContentHash, tells_operations_apart_and_leaves_ephemeral_rows_out) {
    TableBuilder builder("keys");
    const TableDefinition table = test::numbered(builder.key<int>("k").definition());
    const auto upsert = [&] { return changes_of(test::batch_of(table, {{{"k", 1}}})); };
    const ChangeSet erase = changes_of(test::batch_of(table, {{{"k", 1}}}, Operation::erase));
    EXPECT_NE(content_hash(upsert()), content_hash(erase));
    EXPECT_NE(content_hash(upsert()), batch_digest(upsert().batches[0]));
    ChangeSet with_ephemeral = upsert();
    with_ephemeral.ephemeral.push_back(test::batch_of(table, {{{"k", 2}}}));
    with_ephemeral.lsn = 9;
    with_ephemeral.tick = 4;
    EXPECT_EQ(content_hash(with_ephemeral), content_hash(upsert()));
    EXPECT_EQ(content_hash(ChangeSet()), Hash128());
}

TEST(ContentHash, does_not_depend_on_the_order_of_batches) {
    const TableDefinition one = purse();
    const TableDefinition other = test::everything();
    const auto first = [&] { return test::batch_of(one, {purse_row(1, 5, "a")}); };
    const auto second = [&] { return test::batch_of(other, {{{"id", 3}}}); };
    ChangeSet forward = changes_of(first());
    forward.batches.push_back(second());
    ChangeSet backward = changes_of(second());
    backward.batches.push_back(first());
    EXPECT_EQ(content_hash(forward), content_hash(backward));
}

TEST(ContentHash, is_the_sum_of_what_its_batches_add) {
    const TableDefinition table = purse();
    ChangeSet changes = changes_of(test::batch_of(table, {purse_row(1, 5, "a")}));
    changes.batches.push_back(test::batch_of(table, {{{"entity", Entity{2}}}}, Operation::erase));
    EXPECT_EQ(content_hash(changes),
              content_hash(changes.batches[0]) + content_hash(changes.batches[1]));
}

TEST(ContentHash, includes_definitions) {
    ChangeSet changes;
    changes.definitions.push_back(purse());
    const Hash128 first = content_hash(changes);
    EXPECT_NE(first, Hash128());
    changes.definitions[0].version = 2;
    EXPECT_NE(content_hash(changes), first);
}

}  // namespace
}  // namespace perdure
