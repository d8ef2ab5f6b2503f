#include "base/text.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(Text, is_formatted_as_fmt_does) {
    EXPECT_EQ(text::format("{} of {:04x}", "page", 0xabU), "page of 00ab");
    EXPECT_EQ(text::format("nothing"), "nothing");
    EXPECT_EQ(text::format("{{{}}}", 1), "{1}");
}

}  // namespace
}  // namespace perdure
