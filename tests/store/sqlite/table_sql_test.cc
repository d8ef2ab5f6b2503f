#include "store/sqlite/table_sql.h"

#include <limits>

#include "store/sqlite/sqlite_files.h"

namespace perdure::store {
namespace {

using sqlite::Form;

std::string literal_of(ColumnKind kind, const Value& value) {
    return sqlite::default_literal({"c", 2, of(kind), false, value});
}

TEST(TableSql, a_default_is_a_literal_or_null_where_sql_has_none) {
    EXPECT_EQ(literal_of(ColumnKind::f64, 0.5), "5.0000000000000000e-01");
    EXPECT_EQ(literal_of(ColumnKind::f64, std::numeric_limits<double>::infinity()), "NULL");
    EXPECT_EQ(literal_of(ColumnKind::f64, std::numeric_limits<double>::quiet_NaN()), "NULL");
    EXPECT_EQ(literal_of(ColumnKind::f64, -0.0), "NULL");
    EXPECT_EQ(literal_of(ColumnKind::text, "it's"), "'it''s'");
    EXPECT_EQ(literal_of(ColumnKind::text, ""), "''");
    EXPECT_EQ(literal_of(ColumnKind::bytes, Bytes(2, std::byte{0xAB})), "X'ABAB'");
    EXPECT_EQ(sqlite::default_literal({"c", 2, of(ColumnKind::i8), true, {}}), "NULL");
}

TEST(TableSql, a_name_that_sqlite_keeps_for_itself_gets_another) {
    const auto in_sql = [](const std::string& word) {
        return sqlite::sql_name(table_of(1, word, 1, {{"id", of(ColumnKind::id)}}));
    };
    EXPECT_EQ(in_sql("sqlite_stat1"), "_sqlite_stat1");
    EXPECT_EQ(in_sql("SQLite_x"), "_SQLite_x");
    EXPECT_EQ(in_sql("sqlitestat"), "sqlitestat");
    EXPECT_EQ(in_sql("sqlite"), "sqlite");
}

TEST(TableSql, large_keys_are_kept_in_an_index_and_small_rows_with_their_key) {
    std::vector<std::pair<std::string, ColumnType>> names;
    for (int at = 0; at < 9; ++at)
        names.emplace_back(text::format("k{}", at), of(ColumnKind::text));
    EXPECT_EQ(sqlite::form_of(table_of(1, "large", 9, names)), Form::indexed);
    names.resize(2);
    EXPECT_EQ(sqlite::form_of(table_of(1, "small", 2, names)), Form::clustered);
}

class TableSqlTest : public SqliteTest {};

// Nothing but a key, and that in an index: an upsert has nothing to set.
TEST_F(TableSqlTest, a_table_of_large_keys_takes_the_same_row_twice) {
    std::vector<std::pair<std::string, ColumnType>> names;
    for (int at = 0; at < 9; ++at)
        names.emplace_back(text::format("k{}", at), of(ColumnKind::text));
    const TableDefinition large = table_of(1, "large", 9, names);
    World world = open();
    ASSERT_OK(world.define(large));
    const auto row_of = [&](const std::string& word) {
        Row row;
        for (const auto& [name, type] : names) row.push_back({name, word});
        return row;
    };
    ASSERT_OK(world.upsert(large, {row_of("a")}));
    ASSERT_OK(world.upsert(large, {row_of("a"), row_of("b")}));
    EXPECT_EQ(world.count(large), 2U);
}

TEST_F(TableSqlTest, reals_beside_an_index_are_kept_bit_for_bit_when_they_change) {
    TableDefinition table = table_of(1, "spots", 2,
                                     {{"collection", of(ColumnKind::text)},
                                      {"name", of(ColumnKind::text)},
                                      {"words", of(ColumnKind::text)},
                                      {"x", of(ColumnKind::f32)}});
    World world = open();
    ASSERT_OK(world.define(table));
    for (const float x : {-0.0F, 1.5F, std::numeric_limits<float>::quiet_NaN()}) {
        const std::vector<Row> row{{{"collection", "c"}, {"name", "n"}, {"x", x}}};
        ASSERT_OK(world.upsert(table, row));
        EXPECT_EQ(world.rows(table), rows_text(test::batch_of(table, row)));
    }
    TableDefinition before = table_of(1, "spots", 2,
                                      {{"collection", of(ColumnKind::text)},
                                       {"name", of(ColumnKind::text)},
                                       {"words", of(ColumnKind::text)}});
    before.version = 7;
    EXPECT_EQ(world.rows(before), "collection=c name=n words=");
}

}  // namespace
}  // namespace perdure::store
