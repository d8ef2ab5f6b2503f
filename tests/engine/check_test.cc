#include "engine/check.h"

#include <limits>

#include <gtest/gtest.h>

#include "model/batch_builder.h"
#include "model/tables.h"

namespace perdure::engine {
namespace {

TableDefinition profiles() {
    TableBuilder table("profiles");
    table.key<std::string>("name").column<std::int32_t>("level").column<bool>("online");
    table.column<std::optional<std::string>>("guild").column<double>("luck");
    return test::numbered(table.definition());
}

class CheckTest : public testing::Test {
protected:
    Batch row(std::vector<Cell> cells) { return test::batch_of(table_, {cells}); }
    Result<Check> make(const Condition& condition) {
        return make_check(table_, row({{"name", "ana"}}), condition);
    }
    // What becomes of a condition on "ana" if this row, or none, is there.
    Code judge_ana(const Condition& condition, const Batch* there) {
        auto check = make(condition);
        EXPECT_TRUE(check.ok()) << check.status().text();
        return judge(*check, there, 0).code();
    }

    const TableDefinition table_ = profiles();
    const Batch ana_ =
        row({{"name", "ana"}, {"level", 7}, {"online", true}, {"guild", "smiths"}, {"luck", 0.5}});
};

TEST_F(CheckTest, without_a_condition_everything_goes) {
    EXPECT_EQ(judge_ana({}, nullptr), Code::ok);
    EXPECT_EQ(judge_ana({}, &ana_), Code::ok);
}

TEST_F(CheckTest, if_absent_wants_no_row) {
    EXPECT_EQ(judge_ana(if_absent(), nullptr), Code::ok);
    EXPECT_EQ(judge_ana(if_absent(), &ana_), Code::conflict);
}

TEST_F(CheckTest, if_present_wants_a_row) {
    EXPECT_EQ(judge_ana(if_present(), nullptr), Code::conflict);
    EXPECT_EQ(judge_ana(if_present(), &ana_), Code::ok);
}

TEST_F(CheckTest, if_equal_wants_a_row_with_just_these_cells) {
    EXPECT_EQ(judge_ana(if_equal({{"level", 7}}), &ana_), Code::ok);
    EXPECT_EQ(judge_ana(if_equal({{"level", 8}}), &ana_), Code::conflict);
    EXPECT_EQ(judge_ana(if_equal({{"level", 7}}), nullptr), Code::conflict);
    EXPECT_EQ(judge_ana(if_equal({}), &ana_), Code::ok) << "the row is there";
    EXPECT_EQ(judge_ana(if_equal({}), nullptr), Code::conflict);
}

TEST_F(CheckTest, every_named_cell_counts_and_no_other) {
    EXPECT_EQ(judge_ana(if_equal({{"level", 7}, {"online", true}, {"guild", "smiths"}}), &ana_),
              Code::ok);
    EXPECT_EQ(judge_ana(if_equal({{"level", 7}, {"online", false}}), &ana_), Code::conflict);
    EXPECT_EQ(judge_ana(if_equal({{"guild", "smith"}}), &ana_), Code::conflict);
    EXPECT_EQ(judge_ana(if_equal({{"LEVEL", 7}}), &ana_), Code::ok) << "names in any case";
}

TEST_F(CheckTest, null_equals_null_and_nothing_else) {
    const Batch loner = row({{"name", "ana"}});
    EXPECT_EQ(judge_ana(if_equal({{"guild", {}}}), &loner), Code::ok);
    EXPECT_EQ(judge_ana(if_equal({{"guild", ""}}), &loner), Code::conflict);
    EXPECT_EQ(judge_ana(if_equal({{"guild", {}}}), &ana_), Code::conflict);
}

TEST_F(CheckTest, floats_are_compared_bit_for_bit) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Batch lucky = row({{"name", "ana"}, {"luck", nan}});
    const Batch plain = row({{"name", "ana"}, {"luck", 0.0}});
    EXPECT_EQ(judge_ana(if_equal({{"luck", nan}}), &lucky), Code::ok);
    EXPECT_EQ(judge_ana(if_equal({{"luck", -0.0}}), &plain), Code::conflict);
}

TEST_F(CheckTest, the_key_among_the_cells_is_what_it_is) {
    EXPECT_EQ(judge_ana(if_equal({{"name", "ana"}, {"level", 7}}), &ana_), Code::ok);
}

TEST_F(CheckTest, judges_the_row_it_is_pointed_at) {
    const Batch both =
        test::batch_of(table_, {{{"name", "ana"}, {"level", 1}}, {{"name", "bob"}, {"level", 2}}});
    auto check = make(if_equal({{"level", 2}}));
    EXPECT_EQ(judge(*check, &both, 0).code(), Code::conflict);
    EXPECT_EQ(judge(*check, &both, 1).code(), Code::ok);
}

TEST_F(CheckTest, refusals_name_table_key_and_column) {
    auto check = make(if_equal({{"level", 8}}));
    const std::string text = judge(*check, &ana_, 0).text();
    EXPECT_NE(text.find("profiles"), std::string::npos) << text;
    EXPECT_NE(text.find("ana"), std::string::npos) << text;
    EXPECT_NE(text.find("level"), std::string::npos) << text;
}

TEST_F(CheckTest, a_condition_on_no_column_or_with_a_wrong_cell_is_refused) {
    EXPECT_EQ(make(if_equal({{"height", 8}})).status().code(), Code::not_found);
    EXPECT_EQ(make(if_equal({{"level", "eight"}})).status().code(), Code::invalid);
    EXPECT_EQ(make(if_equal({{"level", std::int64_t{1} << 40}})).status().code(), Code::invalid);
    EXPECT_EQ(make(if_equal({{"level", {}}})).status().code(), Code::invalid);
}

TEST_F(CheckTest, its_key_is_that_of_the_row) {
    auto check = make(if_present());
    EXPECT_EQ(check->key, std::string("ana\0\0", 5));
    EXPECT_EQ(check->key_row.operation(), Operation::erase);
    EXPECT_EQ(check->key_row.text(0, 0), "ana");
}

}  // namespace
}  // namespace perdure::engine
