#include "invariants/invariants.h"

#include <cmath>
#include <limits>

#include "invariants/tables.h"
#include "invariants/watched_tables.h"

namespace perdure::invariants {
namespace {

Finding finding(double tolerance, double alarm_beyond, Wide found) {
    Invariant invariant;
    invariant.tolerance = tolerance;
    invariant.alarm_beyond = alarm_beyond;
    return judge(invariant, Amount{false, 100, 0}, Amount{false, found, 0}, 0);
}

TEST(Judge, within_the_tolerance_is_ok_both_ways) {
    EXPECT_EQ(finding(0, 0, 100).grade, Grade::ok);
    EXPECT_EQ(finding(3, 0, 103).grade, Grade::ok);
    EXPECT_EQ(finding(3, 0, 97).grade, Grade::ok);
}

TEST(Judge, beyond_it_is_a_warning_up_to_the_second_bound_and_then_an_alarm) {
    EXPECT_EQ(finding(0, 0, 101).grade, Grade::alarm);
    EXPECT_EQ(finding(3, 10, 104).grade, Grade::warn);
    EXPECT_EQ(finding(3, 10, 90).grade, Grade::warn);
    EXPECT_EQ(finding(3, 10, 89).grade, Grade::alarm);
}

TEST(Judge, what_is_no_number_is_an_alarm_whatever_the_tolerance) {
    Invariant invariant;
    invariant.tolerance = std::numeric_limits<double>::max();
    const Amount none{true, 0, std::numeric_limits<double>::quiet_NaN()};
    const Finding found = judge(invariant, Amount{true, 0, 0}, none, 1);
    EXPECT_EQ(found.grade, Grade::alarm);
    EXPECT_TRUE(std::isnan(found.residual));
}

TEST(Worse, is_what_differs_and_is_no_nearer) {
    EXPECT_TRUE(is_worse(finding(0, 0, 100), finding(0, 0, 101)));
    EXPECT_TRUE(is_worse(finding(0, 0, 99), finding(0, 0, 101))) << "two have come";
    EXPECT_FALSE(is_worse(finding(0, 0, 105), finding(0, 0, 105)));
    EXPECT_FALSE(is_worse(finding(0, 0, 105), finding(0, 0, 104)));
    // A double would see no difference.
    EXPECT_TRUE(is_worse(finding(0, 0, Wide{1} << 90), finding(0, 0, (Wide{1} << 90) + 1)));
}

TEST(Worse, is_one_more_cell_that_is_no_number) {
    Finding before;
    before.found.is_real = true;
    Finding after = before;
    after.not_finite = 1;
    after.residual = std::numeric_limits<double>::quiet_NaN();
    EXPECT_TRUE(is_worse(before, after));
    EXPECT_FALSE(is_worse(after, after));
    EXPECT_FALSE(is_worse(after, before));
}

TEST(AmountText, is_read_again_as_it_was) {
    for (const double real : {0.0, 0.1, -1e300, 123456789.0, 5e-324}) {
        const Amount amount{true, 0, real};
        EXPECT_EQ(Amount::parse(amount.text(), true), amount) << amount.text();
    }
    EXPECT_EQ(Amount::parse("12x", true), std::nullopt);
    EXPECT_EQ(Amount::parse("1.5", false), std::nullopt);
}

}  // namespace
}  // namespace perdure::invariants
