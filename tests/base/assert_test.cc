#include "base/assert.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(AssertDeathTest, names_condition_file_and_line) {
    const int apples = 3;
    EXPECT_DEATH(PERDURE_ASSERT(apples == 4),
                 "bug: .*assert_test.cc:[0-9]+: this must hold: apples == 4");
}

TEST(Assert, looks_at_its_condition_once_and_goes_on) {
    int looks = 0;
    PERDURE_ASSERT(++looks == 1);
    EXPECT_EQ(looks, 1);
}

}  // namespace
}  // namespace perdure
