#include "store/sqlite/table_rows.h"

#include <gtest/gtest.h>

#include "model/tables.h"
#include "store/sqlite/connection.h"

namespace perdure::store::sqlite {
namespace {

// Cells as another program might have left them: `1, 0.5` becomes a row of the table.
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

TEST_F(RowGathererTest, a_cell_stored_as_something_else_is_refused_and_not_bent) {
    expect_refused("'7', 0.5, 'ana', x'00'", "column n");
    expect_refused("7, 0.5, 12, x'00'", "words");
    expect_refused("7, 0.5, x'616e61', x'00'", "words");
    expect_refused("7, 0.5, 'ana', '00'", "blob");
    expect_refused("7, 0.5, 'ana', 1.5", "blob");
}

}  // namespace
}  // namespace perdure::store::sqlite
