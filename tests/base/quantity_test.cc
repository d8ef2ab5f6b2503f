#include "base/quantity.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(Quantity, is_short_in_words) {
    EXPECT_EQ(bytes_text(999), "999 B");
    EXPECT_EQ(bytes_text(1000), "1.0 kB");
    EXPECT_EQ(bytes_text(999'949), "999.9 kB");
    EXPECT_EQ(bytes_text(999'950), "1.0 MB");
    EXPECT_EQ(bytes_text(64ULL << 30), "68.7 GB");
    EXPECT_EQ(count_text(0), "0");
    EXPECT_EQ(count_text(999), "999");
    EXPECT_EQ(count_text(1'234'567), "1,234,567");
    EXPECT_EQ(count_text(1, "row"), "1 row");
    EXPECT_EQ(count_text(0, "row"), "0 rows");
    EXPECT_EQ(count_text(1000, "row"), "1,000 rows");
    EXPECT_EQ(duration_text(999), "999 us");
    EXPECT_EQ(duration_text(1500), "1.5 ms");
    EXPECT_EQ(duration_text(2'000'000), "2.0 s");
}

}  // namespace
}  // namespace perdure
