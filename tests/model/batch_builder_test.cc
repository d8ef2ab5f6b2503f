#include "model/batch_builder.h"

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "model/block_pool.h"
#include "model/tables.h"

namespace perdure {
namespace {

void expect_row(const Batch& batch, std::uint32_t row, const Row& cells) {
    for (const Cell& cell : cells) {
        const std::size_t column = *batch.table().find_column(cell.column);
        EXPECT_TRUE(test::same_bits(batch.value(column, row), cell.value)) << cell.column;
    }
}

TEST(BatchBuilder, every_type_comes_back_bit_for_bit) {
    Random random(test_seed());
    const TableDefinition table = test::everything();
    BlockPool pool(1U << 20);
    BatchBuilder builder(table, Operation::upsert);
    for (int round = 0; round < 20; ++round) {
        std::vector<Row> rows;
        for (auto left = random.below(40); left > 0; --left) {
            rows.push_back(test::random_row(random, table));
            ASSERT_TRUE(builder.add(rows.back()).ok());
        }
        const Batch batch = *builder.finish(round % 2 == 0 ? &pool : nullptr);
        ASSERT_EQ(batch.rows(), rows.size());
        for (std::uint32_t row = 0; row < batch.rows(); ++row) expect_row(batch, row, rows[row]);
    }
}

TEST(BatchBuilder, rows_are_copied_between_batches) {
    Random random(test_seed());
    const TableDefinition table = test::everything();
    std::vector<Row> rows;
    for (int row = 0; row < 30; ++row) rows.push_back(test::random_row(random, table));
    const Batch batch = test::batch_of(table, rows);
    BatchBuilder reversed(table, Operation::upsert);
    BatchBuilder keys(table, Operation::erase);
    for (std::uint32_t row = batch.rows(); row-- > 0;) {
        reversed.add(batch, row);
        keys.add(batch, row);
    }
    const Batch copied = *reversed.finish();
    const Batch erased = *keys.finish();
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        expect_row(copied, batch.rows() - 1 - row, rows[row]);
        EXPECT_EQ(erased.value(0, batch.rows() - 1 - row), rows[row][0].value);
    }
}

class BatchBuilderTest : public testing::Test {
protected:
    static TableDefinition accounts() {
        TableBuilder table("accounts");
        table.key<std::uint64_t>("id").column<std::int32_t>("amount");
        table.column<std::string>("note").column<std::optional<bool>>("open");
        TableDefinition definition = table.definition();
        definition.columns[2].default_value = Value("none");
        return test::numbered(definition);
    }

    void expect_refused(const Row& row, std::string_view words) {
        const Status status = builder_.add(row);
        EXPECT_EQ(status.code(), Code::invalid);
        EXPECT_NE(status.message().find(words), std::string_view::npos) << status.message();
        EXPECT_NE(status.message().find("table accounts"), std::string_view::npos);
        EXPECT_EQ(builder_.rows(), 0U);
        EXPECT_EQ(builder_.bytes(), 0U);
    }

    TableDefinition table_ = accounts();
    BatchBuilder builder_{table_, Operation::upsert};
};

TEST_F(BatchBuilderTest, missing_cells_take_their_default) {
    ASSERT_TRUE(builder_.add(Row{{"ID", 1}}).ok());
    const Batch batch = *builder_.finish();
    EXPECT_EQ(batch.value(1, 0), Value(0));
    EXPECT_EQ(batch.value(2, 0), Value("none"));
    EXPECT_EQ(batch.value(3, 0), Value());
}

TEST_F(BatchBuilderTest, a_refused_row_leaves_nothing_behind) {
    expect_refused({{"amount", 1}}, "no cell for id");
    expect_refused({{"id", 1}, {"amuont", 1}}, "no column amuont");
    expect_refused({{"id", 1}, {"note", "x"}, {"NOTE", "y"}}, "given twice");
    expect_refused({{"id", 1}, {"note", "x"}, {"amount", 3'000'000'000}}, "cannot hold 3000000000");
    expect_refused({{"id", -1}}, "column id (u64)");
    expect_refused({{"id", Value()}}, "cannot be null");
    expect_refused({{"id", 1}, {"amount", Value()}}, "cannot be null");
}

TEST_F(BatchBuilderTest, an_erase_takes_only_the_key) {
    BatchBuilder eraser(table_, Operation::erase);
    EXPECT_EQ(eraser.add(Row{{"id", 1}, {"amount", 2}}).code(), Code::invalid);
    EXPECT_TRUE(eraser.add(Row{{"id", 1}}).ok());
    EXPECT_EQ((*eraser.finish()).rows(), 1U);
}

TEST_F(BatchBuilderTest, a_row_can_be_abandoned_half_way) {
    const auto add = [&](std::uint64_t id, const Value& note) -> Status {
        for (const Status& status :
             {builder_.add_value(0, Value(id)), builder_.add_value(1, Value(7)),
              builder_.add_value(2, note)}) {
            if (!status.ok()) return status;
        }
        builder_.add_null(3);
        builder_.end_row();
        return {};
    };
    EXPECT_TRUE(add(1, Value("one")).ok());
    EXPECT_EQ(add(2, Value("\xFF")).code(), Code::invalid);
    builder_.abandon_row();
    EXPECT_TRUE(add(3, Value("three")).ok());
    ASSERT_TRUE(builder_.add_value(0, Value(4)).ok());
    ASSERT_TRUE(builder_.add_value(1, Value(4)).ok());
    ASSERT_TRUE(builder_.add_value(2, Value("four")).ok());
    builder_.add_null(3);
    builder_.abandon_row();
    const Batch batch = *builder_.finish();
    ASSERT_EQ(batch.rows(), 2U);
    EXPECT_EQ(batch.value(0, 1), Value(std::uint64_t{3}));
    EXPECT_EQ(batch.text(2, 0), "one");
    EXPECT_EQ(batch.text(2, 1), "three");
}

TEST_F(BatchBuilderTest, is_empty_after_finish_and_may_be_used_again) {
    ASSERT_TRUE(builder_.add(Row{{"id", 1}, {"note", "long"}, {"open", Value()}}).ok());
    const Batch first = *builder_.finish();
    EXPECT_EQ(builder_.rows(), 0U);
    ASSERT_TRUE(builder_.add(Row{{"id", 2}, {"open", true}}).ok());
    const Batch second = *builder_.finish();
    EXPECT_EQ(first.text(2, 0), "long");
    EXPECT_EQ(second.layout(3).validity, 0U) << "nothing is null";
    EXPECT_TRUE(second.boolean(3, 0));
}

TEST_F(BatchBuilderTest, a_row_that_is_not_whole_is_a_bug) {
    builder_.add_boolean(3, true);
    EXPECT_DEATH((void)builder_.finish(), "this must hold");
    EXPECT_DEATH(builder_.add_null(0), "nullable");
    EXPECT_DEATH(builder_.add_bytes(0, Bytes(7)), "width");
}

}  // namespace
}  // namespace perdure
