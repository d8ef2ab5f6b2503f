#include "entities/row_marks.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"

namespace perdure::entities {
namespace {

using RowNumbers = std::vector<std::uint32_t>;

RowNumbers marked(const RowMarks& marks) {
    RowNumbers rows;
    marks.for_each_row([&](std::uint32_t row) { rows.push_back(row); });
    return rows;
}

class RowMarksTest : public testing::Test {
protected:
    RowMarksTest() { marks.grow(20'480); }
    RowMarks marks;
};

TEST_F(RowMarksTest, begin_without_marks) {
    EXPECT_TRUE(marks.empty());
    EXPECT_EQ(marked(marks), RowNumbers{});
}

TEST_F(RowMarksTest, are_visited_in_order) {
    for (const std::uint32_t row : {20'479U, 4096U, 63U, 64U, 0U}) marks.set(row);
    EXPECT_EQ(marked(marks), (RowNumbers{0, 63, 64, 4096, 20'479}));
}

TEST_F(RowMarksTest, a_cleared_one_is_not_visited) {
    marks.set(5);
    marks.set(6);
    marks.clear(5);
    EXPECT_EQ(marked(marks), RowNumbers{6});
    marks.clear(6);
    EXPECT_TRUE(marks.empty());
}

TEST_F(RowMarksTest, a_range_may_begin_and_end_anywhere) {
    for (const std::uint32_t first : {0U, 1U, 63U, 64U, 4000U}) {
        for (const std::uint32_t count : {0U, 1U, 63U, 64U, 65U, 1024U, 9000U}) {
            marks.clear_all();
            marks.set_range(first, count);
            RowNumbers wanted;
            for (std::uint32_t row = first; row < first + count; ++row) wanted.push_back(row);
            ASSERT_EQ(marked(marks), wanted) << first << " + " << count;
        }
    }
}

TEST_F(RowMarksTest, many_are_set_in_any_order) {
    marks.set(70);
    marks.set_each({});
    EXPECT_EQ(marked(marks), RowNumbers{70});
    const RowNumbers rows{3, 1, 64, 2, 20'479, 0, 127, 3, 63};
    marks.set_each(rows);
    EXPECT_EQ(marked(marks), (RowNumbers{0, 1, 2, 3, 63, 64, 70, 127, 20'479}));
    EXPECT_EQ(marks.count(), 9U);
}

TEST_F(RowMarksTest, growing_keeps_them_and_adds_none) {
    marks.set(20'479);
    marks.grow(40'960);
    EXPECT_EQ(marked(marks), RowNumbers{20'479});
    marks.grow(1024);  // never shrinks
    marks.set(40'959);
    EXPECT_EQ(marked(marks), (RowNumbers{20'479, 40'959}));
}

TEST_F(RowMarksTest, of_others_are_cleared_together) {
    RowMarks others;
    others.grow(4096);
    for (const std::uint32_t row : {0U, 5U, 64U, 4095U}) others.set(row);
    for (const std::uint32_t row : {5U, 6U, 4095U, 20'479U}) marks.set(row);
    marks.clear_marked_in(others);
    EXPECT_EQ(marked(marks), (RowNumbers{6, 20'479}));
    EXPECT_EQ(marked(others), (RowNumbers{0, 5, 64, 4095}));
}

TEST_F(RowMarksTest, are_a_set) {
    Random random(test_seed());
    std::set<std::uint32_t> model;
    for (int step = 0; step < 20'000; ++step) {
        const auto row = static_cast<std::uint32_t>(random.below(20'480));
        if (random.chance(1, 2)) {
            marks.set(row);
            model.insert(row);
        } else {
            marks.clear(row);
            model.erase(row);
        }
        if (random.chance(1, 2000)) {
            marks.clear_all();
            model.clear();
        }
        ASSERT_EQ(marks.test(row), model.contains(row));
    }
    EXPECT_EQ(marked(marks), RowNumbers(model.begin(), model.end()));
}

}  // namespace
}  // namespace perdure::entities
