// Everything that has a to_text() in this layer: what it says, and that nothing is too strange or
// too long for it.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "model/change_set.h"
#include "model/tables.h"
#include "perdure/validation.h"

namespace perdure {
namespace {

TableDefinition profiles() {
    TableBuilder table("profiles");
    table.key<std::string>("name").column<std::int64_t>("level", {.default_value = 1});
    table.column<std::optional<std::string>>("note").category("economy");
    TableDefinition made = test::numbered(table.definition());
    made.id = 7;
    return made;
}

std::size_t lines_of(const std::string& text) {
    return 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

bool is_shown_whole(const std::string& text) {
    return std::none_of(text.begin(), text.end(), [](char byte) {
        const auto code = static_cast<unsigned char>(byte);
        return (code < 0x20 && byte != '\n') || code == 0x7F;
    });
}

TEST(ToText, of_values_tells_kinds_apart) {
    EXPECT_EQ(to_text(Value()), "NULL");
    EXPECT_EQ(to_text(Value("NULL")), "\"NULL\"");
    EXPECT_EQ(to_text(Value(true)), "true");
    EXPECT_EQ(to_text(Value(-7)), "-7");
    EXPECT_EQ(to_text(Value(std::numeric_limits<std::uint64_t>::max())), "18446744073709551615");
    EXPECT_EQ(to_text(Value(1.5F)), "1.5");
    EXPECT_EQ(to_text(Value(0.1)), "0.1");
    EXPECT_EQ(to_text(Value(Entity{42})), "42");
    EXPECT_EQ(to_text(Value(Json{R"({"hp":3})"})), R"({"hp":3})");
    EXPECT_EQ(to_text(Value(Bytes{std::byte{0}, std::byte{255}})), "x'00ff'");
    EXPECT_EQ(to_text(Value(Uuid{})), "00000000-0000-0000-0000-000000000000");
    EXPECT_EQ(to_text(Row{{"name", "ana"}, {"level", 7}}), "name=\"ana\"  level=7");
}

TEST(ToText, of_strange_values_is_printable) {
    EXPECT_EQ(to_text(Value("a\"b\\c\n\x1b[2J")), R"("a\"b\\c\x0a\x1b[2J")");
    EXPECT_EQ(to_text(Value("\xFF\xC3")), R"("\xff\xc3")");
    EXPECT_EQ(to_text(Value(std::string("\0", 1))), R"("\x00")");
    EXPECT_EQ(to_text(Value(std::nan(""))), "nan");
    EXPECT_EQ(to_text(Value(-std::numeric_limits<double>::infinity())), "-inf");
}

TEST(ToText, of_long_values_is_cut_between_characters_and_says_how_much) {
    EXPECT_EQ(to_text(Value("abcdef"), {.bytes = 4}), "\"abcd\"…+2 bytes");
    EXPECT_EQ(to_text(Value("abcé"), {.bytes = 4}), "\"abc\"…+2 bytes");
    EXPECT_EQ(to_text(Value("abcd"), {.bytes = 4}), "\"abcd\"");
    EXPECT_EQ(to_text(Value("abcde"), {.bytes = 0}), "\"\"…+5 bytes");
    EXPECT_EQ(to_text(Value(std::string(10, '\x80')), {.bytes = 5}).substr(0, 9), R"("\x80\x80)");
    EXPECT_EQ(to_text(Value(Bytes(1000)), {.bytes = 2}), "x'0000'…+998 bytes");
    EXPECT_EQ(to_text(Row{{"a", 1}, {"b", 2}, {"c", 3}}, {.columns = 1}),
              "a=1  … and 2 more cells");
}

TEST(ToText, of_a_table_says_what_its_columns_are) {
    EXPECT_EQ(to_text(profiles()),
              "table profiles (id 7, version 1, category economy)\n"
              "  name text, key\n"
              "  level i64, default 1\n"
              "  note text, may be null");
    EXPECT_EQ(lines_of(to_text(test::everything(), {.columns = 5})), 7U);
    EXPECT_NE(to_text(test::everything(), {.columns = 5}).find("\n  … and 32 more columns"),
              std::string::npos);
}

TEST(ToText, of_a_table_that_no_catalog_would_take_says_what_is_in_it) {
    TableDefinition strange;
    EXPECT_EQ(to_text(strange), "table  (id 0, version 0, category world)");
    strange.name = std::string(1'000'000, '\n');
    strange.conversions.assign(1000, "x");
    strange.append_only = true;
    strange.key_columns = 9;
    Column column;
    column.name = "c";
    column.type = {static_cast<ColumnKind>(200), ColumnKind::u8, 0};
    column.default_value = Bytes(3);
    strange.columns.push_back(column);
    column.type = {ColumnKind::array, ColumnKind::text, 7};
    strange.columns.push_back(column);
    const std::string text = to_text(strange);
    EXPECT_TRUE(is_shown_whole(text));
    EXPECT_LT(text.size(), 1000U);
    EXPECT_NE(text.find("append-only, 1,000 conversions"), std::string::npos) << text;
    EXPECT_NE(text.find("c unknown kind, key, default x'000000'"), std::string::npos) << text;
}

TEST(ToText, of_a_batch_shows_its_rows) {
    const TableDefinition table = profiles();
    const Batch rows = test::batch_of(
        table, {{{"name", "ana"}, {"level", 7}}, {{"name", "bo"}, {"note", "new here"}}});
    EXPECT_EQ(to_text(rows),
              "upsert profiles: 2 rows\n"
              "  name=\"ana\"  level=7  note=NULL\n"
              "  name=\"bo\"  level=1  note=\"new here\"");
    EXPECT_EQ(to_text(rows, 1), "name=\"bo\"  level=1  note=\"new here\"");
    EXPECT_EQ(to_text(rows, 2), "no row");
    EXPECT_EQ(to_text(test::batch_of(table, {{{"name", "ana"}}}, Operation::erase)),
              "erase profiles: 1 row\n  name=\"ana\"");
}

TEST(ToText, of_a_large_batch_counts_what_it_leaves_out) {
    TableBuilder builder("many");
    builder.key<std::uint64_t>("id");
    const TableDefinition table = test::numbered(builder.definition());
    BatchBuilder rows(table, Operation::upsert);
    for (std::uint64_t id = 0; id < 1'000'000; ++id) ASSERT_TRUE(rows.add(Row{{"id", id}}).ok());
    const Batch batch = *rows.finish();
    EXPECT_EQ(to_text(batch, {.rows = 1}),
              "upsert many: 1,000,000 rows\n  id=0\n  … and 999,999 more rows");
    EXPECT_EQ(to_text(batch, {.rows = 0}),
              "upsert many: 1,000,000 rows\n  … and 1,000,000 more rows");
    EXPECT_EQ(lines_of(to_text(batch)), 12U);
}

TEST(ToText, of_a_batch_of_nothing_says_so) {
    EXPECT_EQ(to_text(Batch()), "no batch");
    const TableDefinition table = profiles();
    Batch rows = test::batch_of(table, {{{"name", "ana"}}});
    const Batch moved = std::move(rows);
    EXPECT_EQ(to_text(rows), "no batch");  // NOLINT(bugprone-use-after-move): that is the point
    EXPECT_EQ(to_text(rows, 0), "no row");
    EXPECT_EQ(to_text(test::batch_of(table, {})), "upsert profiles: 0 rows");
}

TEST(ToText, of_arrays_shows_their_elements) {
    TableBuilder builder("arrays");
    builder.key<std::uint64_t>("id").column<std::array<std::int16_t, 5>>("heights");
    const TableDefinition table = test::numbered(builder.definition());
    const std::array<std::int16_t, 5> heights{1, -2, 3, 4, 5};
    const auto* first = reinterpret_cast<const std::byte*>(heights.data());
    const Batch rows =
        test::batch_of(table, {{{"id", 1}, {"heights", Bytes(first, first + sizeof heights)}}});
    EXPECT_EQ(to_text(rows, 0), "id=1  heights=[1, -2, 3, 4, 5]");
    EXPECT_EQ(to_text(rows, 0, {.bytes = 5}), "id=1  heights=[1, -2, … and 3 more]");
    EXPECT_EQ(to_text(rows, 0, {.bytes = 1}), "id=1  heights=[… and 5 more]");
}

TEST(ToText, of_any_rows_is_printable_and_bounded) {
    Random random{test_seed()};
    const TableDefinition table = test::everything();
    for (int round = 0; round < 100; ++round) {
        std::vector<Row> rows;
        for (auto left = random.below(5); left > 0; --left) {
            rows.push_back(test::random_row(random, table));
        }
        const std::string text = to_text(test::batch_of(table, rows), {.rows = 2, .columns = 100});
        EXPECT_TRUE(is_shown_whole(text)) << text;
        EXPECT_EQ(lines_of(text), 1 + std::min<std::size_t>(rows.size(), 3)) << text;
    }
}

TEST(ToText, of_a_change_set_is_all_that_one_commit_did) {
    const TableDefinition table = profiles();
    ChangeSet changes;
    EXPECT_EQ(to_text(changes), "LSN 0: 0 batches");
    changes.lsn = 17;
    changes.tick = 5;
    changes.batches.push_back(test::batch_of(table, {{{"name", "bo"}}}, Operation::erase));
    changes.ephemeral.push_back(test::batch_of(table, {{{"name", "ana"}}}));
    changes.definitions.push_back(table);
    EXPECT_EQ(to_text(changes),
              "LSN 17, tick 5: 2 batches\n"
              "  erase profiles: 1 row\n"
              "    name=\"bo\"\n"
              "  ephemeral upsert profiles: 1 row\n"
              "    name=\"ana\"  level=1  note=NULL\n"
              "  defines table profiles (id 7, version 1, category economy)\n"
              "    name text, key\n"
              "    level i64, default 1\n"
              "    note text, may be null");
    EXPECT_EQ(to_text(changes, {.batches = 0}),
              "LSN 17, tick 5: 2 batches\n"
              "  … and 1 more of its batches\n"
              "  … and 1 more of its ephemeral batches\n"
              "  defines … and 1 more table");
}

TEST(ToText, of_an_invariant_s_result_says_when_and_how_far) {
    InvariantResult result;
    result.name = "gold";
    result.expected = "100";
    result.found = "98";
    result.grade = Grade::alarm;
    EXPECT_EQ(to_text(result), "opening: invariant gold is alarm: expected 100, found 98");
    result.tick = 7;
    EXPECT_EQ(to_text(result), "tick 7: invariant gold is alarm: expected 100, found 98");
}

TEST(ToText, of_a_category_says_what_a_crash_takes) {
    EXPECT_EQ(to_text(Category()), "category world: journal");
    EXPECT_EQ(to_text(Category{.name = "fog", .durability = Level::relaxed, .interval_ms = 500}),
              "category fog: relaxed, at most 500 ms lost");
    EXPECT_EQ(to_text(Category{.durability = static_cast<Level>(9)}),
              "category world: unknown level");
}

}  // namespace
}  // namespace perdure
