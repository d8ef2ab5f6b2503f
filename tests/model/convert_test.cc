#include "model/convert.h"

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "model/tables.h"

namespace perdure {
namespace {

class ConvertTest : public testing::Test {
protected:
    // The next version of a table, as the catalog makes it.
    TableDefinition declare(const TableBuilder& table) { return declare(table.definition()); }
    TableDefinition declare(const TableDefinition& table) {
        const auto evolved = *catalog_.evolve(table);
        EXPECT_TRUE(evolved.has_value());
        EXPECT_TRUE(catalog_.add(*evolved).ok());
        return *evolved;
    }

    Catalog catalog_;
};

TEST_F(ConvertTest, columns_follow_their_number_not_their_place) {
    const auto first = declare(TableBuilder("t").key<int>("k").column<int>("a").column<int>("b"));
    const auto swapped = declare(TableBuilder("t").key<int>("k").column<int>("b").column<int>("a"));
    const Batch old = test::batch_of(first, {{{"k", 1}, {"a", 10}, {"b", 20}}});
    const Batch batch = *convert(old, swapped);
    EXPECT_EQ(batch.value(*swapped.find_column("a"), 0), Value(10));
    EXPECT_EQ(batch.value(*swapped.find_column("b"), 0), Value(20));
    EXPECT_EQ(&batch.table(), &swapped);
}

TEST_F(ConvertTest, new_columns_read_as_their_default_and_removed_ones_are_left_out) {
    const auto first = declare(TableBuilder("t").key<int>("k").column<std::string>("gone"));
    TableBuilder wanted("t");
    wanted.key<int>("k").column<std::int64_t>("level").column<bool>("on").column<bool>("off");
    wanted.column<std::string>("title").column<std::optional<std::string>>("note");
    wanted.column<std::array<float, 2>>("place");
    TableDefinition definition = wanted.definition();
    definition.columns[1].default_value = Value(7);
    definition.columns[2].default_value = Value(true);
    definition.columns[4].default_value = Value("none");
    const auto second = declare(definition);
    std::vector<Row> rows;
    for (int row = 0; row < 11; ++row) rows.push_back({{"k", row}, {"gone", "x"}});
    const Batch batch = *convert(test::batch_of(first, rows), second);
    ASSERT_EQ(batch.rows(), 11U);
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        EXPECT_EQ(batch.value(0, row), Value(static_cast<int>(row)));
        EXPECT_EQ(batch.value(1, row), Value(7));
        EXPECT_EQ(batch.value(2, row), Value(true));
        EXPECT_EQ(batch.value(3, row), Value(false));
        EXPECT_EQ(batch.value(4, row), Value("none"));
        EXPECT_EQ(batch.value(5, row), Value());
        EXPECT_EQ(batch.value(6, row), Value(Bytes(8)));
    }
}

TEST_F(ConvertTest, a_name_used_again_is_another_column) {
    const auto first = declare(TableBuilder("t").key<int>("k").column<int>("a"));
    declare(TableBuilder("t").key<int>("k"));
    const auto third = declare(TableBuilder("t").key<int>("k").column<std::string>("a"));
    const Batch batch = *convert(test::batch_of(first, {{{"k", 1}, {"a", 10}}}), third);
    EXPECT_EQ(batch.value(1, 0), Value(""));
}

TEST_F(ConvertTest, every_type_survives_and_goes_back) {
    Random random(test_seed());
    const TableDefinition first = declare(test::everything());
    TableDefinition wanted = first;
    std::reverse(wanted.columns.begin() + 1, wanted.columns.end());
    const TableDefinition second = declare(wanted);
    std::vector<Row> rows;
    for (int row = 0; row < 37; ++row) rows.push_back(test::random_row(random, first));
    const Batch before = test::batch_of(first, rows);
    const Batch there = *convert(before, second);
    const Batch back = *convert(there, first);
    for (std::uint32_t row = 0; row < before.rows(); ++row) {
        for (std::size_t column = 0; column < before.columns(); ++column) {
            EXPECT_TRUE(test::same_bits(before.value(column, row), back.value(column, row)));
        }
    }
}

TEST_F(ConvertTest, an_erase_stays_an_erase) {
    const auto first = declare(TableBuilder("t").key<int>("k").column<int>("a"));
    const auto second = declare(TableBuilder("t").key<int>("k").column<int>("b"));
    const Batch batch = *convert(test::batch_of(first, {{{"k", 5}}}, Operation::erase), second);
    EXPECT_EQ(batch.operation(), Operation::erase);
    EXPECT_EQ(batch.value(0, 0), Value(5));
}

TEST_F(ConvertTest, refuses_another_table_and_another_type_under_the_same_number) {
    const auto first = declare(TableBuilder("t").key<int>("k").column<int>("a"));
    const auto other = declare(TableBuilder("u").key<int>("k"));
    const Batch batch = test::batch_of(first, {{{"k", 5}}});
    EXPECT_EQ(convert(batch, other).status().code(), Code::invalid);
    TableDefinition bent = first;
    bent.columns[1].type = test::type_of(ColumnKind::f32);
    EXPECT_EQ(convert(batch, bent).status().code(), Code::invalid);
}

}  // namespace
}  // namespace perdure
