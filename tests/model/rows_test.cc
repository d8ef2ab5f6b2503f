#include "model/rows.h"

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "model/tables.h"

namespace perdure {
namespace {

class RowsTest : public testing::Test {
protected:
    void expect_same_row(const Batch& one, std::uint32_t row, const Batch& other,
                         std::uint32_t other_row) {
        for (std::size_t column = 0; column < one.columns(); ++column) {
            EXPECT_TRUE(test::same_bits(one.value(column, row), other.value(column, other_row)))
                << table_.columns[column].name;
        }
    }

    Batch random_batch(std::size_t count) {
        std::vector<Row> rows;
        for (std::size_t row = 0; row < count; ++row) {
            rows.push_back(test::random_row(random_, table_));
        }
        return test::batch_of(table_, rows);
    }

    Random random_{test_seed()};
    TableDefinition table_ = test::everything();
};

TEST_F(RowsTest, rows_of_many_batches_stand_in_the_order_asked_for) {
    const Batch batches[] = {random_batch(5), random_batch(1), random_batch(30)};
    std::vector<RowOf> wanted;
    for (int count = 0; count < 100; ++count) {
        const Batch& batch = batches[random_.below(3)];
        wanted.push_back({&batch, static_cast<std::uint32_t>(random_.below(batch.rows()))});
    }
    const Batch rows = *gather_rows(table_, Operation::upsert, wanted);
    const Batch keys = *gather_rows(table_, Operation::erase, wanted);
    ASSERT_EQ(rows.rows(), 100U);
    for (std::uint32_t row = 0; row < 100; ++row) {
        expect_same_row(rows, row, *wanted[row].batch, wanted[row].row);
        expect_same_row(keys, row, *wanted[row].batch, wanted[row].row);
    }
    EXPECT_EQ(keys.columns(), 1U);
}

TEST_F(RowsTest, no_rows_are_a_batch_too) {
    EXPECT_EQ((*gather_rows(table_, Operation::upsert, {})).rows(), 0U);
}

TEST_F(RowsTest, rows_of_an_erase_cannot_become_an_upsert) {
    const Batch keys = test::batch_of(table_, {{{"id", 1}}}, Operation::erase);
    const RowOf row{&keys, 0};
    EXPECT_DEATH((void)gather_rows(table_, Operation::upsert, {&row, 1}), "operation");
}

TEST_F(RowsTest, a_single_row_is_what_the_builder_makes) {
    for (int round = 0; round < 200; ++round) {
        Row row = test::random_row(random_, table_);
        const std::size_t kept = 1 + random_.below(row.size());
        row.resize(kept);  // the rest takes its default
        const Batch expected = test::batch_of(table_, {row});
        const Batch single = *make_row(table_, Operation::upsert, row);
        ASSERT_EQ(single.rows(), 1U);
        expect_same_row(single, 0, expected, 0);
    }
}

TEST_F(RowsTest, a_single_row_takes_the_defaults_of_the_table) {
    for (Column& column : table_.columns) {
        if (!column.nullable) column.default_value = test::random_value(random_, column.type);
    }
    const Row row{{"id", 7}};
    expect_same_row(*make_row(table_, Operation::upsert, row), 0, test::batch_of(table_, {row}), 0);
}

TEST_F(RowsTest, a_single_erase_is_its_key) {
    const Batch key = *make_row(table_, Operation::erase, Row{{"ID", 7}});
    EXPECT_EQ(key.columns(), 1U);
    EXPECT_EQ(key.value(0, 0), Value(7U));
    EXPECT_EQ(make_row(table_, Operation::erase, Row{{"id", 7}, {"c_i8", 1}}).status().code(),
              Code::invalid);
}

TEST_F(RowsTest, a_single_row_is_refused_like_any_other) {
    const auto refused = [&](const Row& row) {
        return make_row(table_, Operation::upsert, row).status().code() == Code::invalid;
    };
    EXPECT_TRUE(refused({{"c_i8", 1}}));
    EXPECT_TRUE(refused({{"id", 1}, {"c_i8", 128}}));
    EXPECT_TRUE(refused({{"id", 1}, {"c_i8", Value()}}));
    EXPECT_TRUE(refused({{"id", 1}, {"Id", 1}}));
    EXPECT_TRUE(refused({{"id", 1}, {"nothing", 1}}));
}

}  // namespace
}  // namespace perdure
