#include "base/utc.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(Utc, moments_are_told_as_people_tell_them) {
    EXPECT_EQ(utc_text(0), "1970-01-01 00:00:00 UTC");
    EXPECT_EQ(utc_text(1'000'000), "1970-01-01 00:00:01 UTC");
    EXPECT_EQ(utc_text(951'782'399'999'999), "2000-02-28 23:59:59 UTC");
    EXPECT_EQ(utc_text(951'782'400'000'000), "2000-02-29 00:00:00 UTC");
    EXPECT_EQ(utc_text(-1), "1969-12-31 23:59:59 UTC");
}

}  // namespace
}  // namespace perdure
