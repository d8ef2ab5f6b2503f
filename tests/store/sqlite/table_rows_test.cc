#include "store/sqlite/table_rows.h"

#include <cmath>
#include <optional>

#include <gtest/gtest.h>

#include "model/tables.h"
#include "store/sqlite/connection.h"

namespace perdure::store::sqlite {
namespace {

// Cells as another program might have left them: `1, 0.5` becomes a row of the
// table.
class RowGathererTest : public testing::Test {
protected:
    RowGathererTest() {
        TableBuilder builder("cells");
        builder.key<std::uint32_t>("n").column<float>("real").column<std::string>("words");
        builder.column<Bytes>("blob");
        table_ = perdure::test::numbered(builder.definition());
        auto opened = Connection::open({.path = ":memory:", .write = true, .create = true});
        EXPECT_TRUE(opened.ok());
        connection_ = *std::move(opened);
    }

    Result<Batch> gathered(const std::string& cells) {
        auto select = connection_.prepare("SELECT " + cells + ", NULL");  // and no _exact
        EXPECT_TRUE(select.ok() && *select->step()) << cells;
        RowGatherer gatherer(table_);
        const Status status = gatherer.add(*select);
        if (!status.ok()) return status;
        return gatherer.finish(table_);
    }
    void expect_refused(const std::string& cells, std::string_view column) {
        const Status status = gathered(cells).status();
        EXPECT_EQ(status.code(), Code::corrupt) << cells;
        EXPECT_NE(status.message().find(column), std::string_view::npos) << status.message();
    }

    TableDefinition table_;
    Connection connection_;
};

TEST_F(RowGathererTest, takes_what_the_writer_writes) {
    const auto batch = gathered("7, 0.5, 'ana', x'00ff'");
    ASSERT_TRUE(batch.ok()) << batch.status().text();
    EXPECT_EQ(batch->fixed<float>(1, 0), 0.5F);
    EXPECT_EQ(batch->text(2, 0), "ana");
    EXPECT_TRUE(gathered("7, 9e999, '', x''").ok());  // infinity is a float
}

TEST_F(RowGathererTest, a_number_that_is_no_float_is_refused_and_not_rounded) {
    expect_refused("7, 0.1, 'ana', x'00'", "real");
    expect_refused("7, 1e300, 'ana', x'00'", "real");
    expect_refused("7, 16777217, 'ana', x'00'", "real");
    expect_refused("7, 'half', 'ana', x'00'", "real");
}

TEST_F(RowGathererTest, a_row_that_is_refused_leaves_those_before_it_as_they_are) {
    auto select = *connection_.prepare(
        "SELECT * FROM (VALUES (7, 0.5, 'ana', x'00ff', NULL), (8, 0.5, 'bo', 'text', NULL),"
        " (9, 1.5, NULL, x'', NULL), (10, 'x', 'c', x'01', NULL))");
    RowGatherer gatherer(table_);
    EXPECT_TRUE(*select.step());
    EXPECT_TRUE(gatherer.add(select).ok());
    EXPECT_TRUE(*select.step());
    EXPECT_EQ(gatherer.add(select).code(), Code::corrupt);
    EXPECT_TRUE(*select.step());
    EXPECT_TRUE(gatherer.add(select).ok());
    EXPECT_TRUE(*select.step());
    EXPECT_EQ(gatherer.add(select).code(), Code::corrupt);
    const auto batch = gatherer.finish(table_);
    ASSERT_EQ(batch->rows(), 2U);
    EXPECT_EQ(batch->text(2, 0), "ana");
    EXPECT_EQ(batch->text(3, 0), std::string_view("\0\xff", 2));
    EXPECT_EQ(batch->fixed<std::uint32_t>(0, 1), 9U);
    EXPECT_EQ(batch->text(2, 1), "");  // a row from before the column
    EXPECT_EQ(gatherer.rows(), 0U);
}

class ExactCellTest : public RowGathererTest {
protected:
    ExactCellTest() {
        TableBuilder builder("exact");
        builder.key<std::uint32_t>("n").column<float>("real").column<std::optional<float>>("maybe");
        builder.column<std::uint8_t>("small").column<bool>("flag");
        builder.column<std::optional<std::string>>("note");
        table_ = perdure::test::numbered(builder.definition());
    }
    Result<Batch> with(const std::string& cells, const std::string& exact) {
        auto select = *connection_.prepare("SELECT " + cells + ", " + exact);
        EXPECT_TRUE(*select.step());
        RowGatherer gatherer(table_);
        const Status status = gatherer.add(select);
        if (!status.ok()) return status;
        return gatherer.finish(table_);
    }
    static constexpr const char* plain = "7, NULL, NULL, 1, 1, NULL";
};

TEST_F(ExactCellTest, what_sql_cannot_hold_comes_from_the_hidden_cell) {
    const auto batch = with(plain, "x'0200000000800000000003000000008000000000'");
    ASSERT_TRUE(batch.ok()) << batch.status().text();
    EXPECT_TRUE(std::signbit(batch->fixed<float>(1, 0)));
    EXPECT_FALSE(batch->is_null(2, 0));
    EXPECT_TRUE(with(plain, "NULL")->is_null(2, 0));
    EXPECT_TRUE(with(plain, "x'63000000008000000000'").ok());  // of a column removed since
    EXPECT_TRUE(with(plain, "NULL").ok());
}

TEST_F(ExactCellTest, a_hidden_cell_that_is_not_ours_is_refused) {
    EXPECT_EQ(with(plain, "x'0200'").status().code(), Code::corrupt);
    EXPECT_EQ(with(plain, "x'04000000008000000000'").status().code(), Code::corrupt);
}

TEST_F(ExactCellTest, numbers_out_of_range_are_refused) {
    EXPECT_TRUE(with("7, 0.5, 0.5, 255, 0, 'n'", "NULL").ok());
    EXPECT_EQ(with("7, 0.5, 0.5, 256, 0, 'n'", "NULL").status().code(), Code::corrupt);
    EXPECT_EQ(with("7, 0.5, 0.5, -1, 0, 'n'", "NULL").status().code(), Code::corrupt);
    EXPECT_EQ(with("7, 0.5, 0.5, 255, 2, 'n'", "NULL").status().code(), Code::corrupt);
    EXPECT_EQ(with("NULL, 0.5, 0.5, 255, 1, 'n'", "NULL").status().code(), Code::corrupt);
    EXPECT_EQ(with("-1, 0.5, 0.5, 255, 1, 'n'", "NULL").status().code(), Code::corrupt);
    EXPECT_EQ(with("7, -1e300, 0.5, 255, 1, 'n'", "NULL").status().code(), Code::corrupt);
    EXPECT_EQ(with("7, 0.5, 0.5, 255, 1, CAST(x'ff' AS TEXT)", "NULL").status().code(),
              Code::corrupt);
}

TEST_F(RowGathererTest, a_cell_stored_as_something_else_is_refused_and_not_bent) {
    expect_refused("'7', 0.5, 'ana', x'00'", "column n");
    expect_refused("7, 0.5, 12, x'00'", "words");
    expect_refused("7, 0.5, x'616e61', x'00'", "words");
    expect_refused("7, 0.5, 'ana', '00'", "blob");
    expect_refused("7, 0.5, 'ana', 1.5", "blob");
}

}  // namespace
}  // namespace perdure::store::sqlite
