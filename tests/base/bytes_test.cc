#include "base/bytes.h"

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(Bytes, are_stored_with_the_lowest_first) {
    std::array<std::byte, 8> bytes{};
    store_le(bytes.data(), std::uint32_t{0x01020304});
    EXPECT_EQ(bytes[0], std::byte{4});
    EXPECT_EQ(bytes[3], std::byte{1});
    EXPECT_EQ(bytes[4], std::byte{0}) << "what lies behind is not touched";
}

TEST(Bytes, are_read_as_they_were_stored_at_any_address) {
    std::array<std::byte, 24> bytes{};
    for (std::size_t at = 0; at < 8; ++at) {
        store_le(bytes.data() + at, std::numeric_limits<std::int64_t>::min() + 7);
        EXPECT_EQ(load_le<std::int64_t>(bytes.data() + at),
                  std::numeric_limits<std::int64_t>::min() + 7);
        store_le(bytes.data() + at, -0.0);
        EXPECT_TRUE(std::signbit(load_le<double>(bytes.data() + at)));
    }
}

TEST(Bytes, and_text_are_two_views_of_the_same) {
    const std::string text = "a\0b";
    EXPECT_EQ(as_text(as_bytes(text)), text);
    EXPECT_EQ(as_bytes(std::string_view()).size(), 0u);
}

TEST(Bytes, round_up_to_a_multiple) {
    EXPECT_EQ(round_up(0, 4096), 0u);
    EXPECT_EQ(round_up(1, 4096), 4096u);
    EXPECT_EQ(round_up(4096, 4096), 4096u);
    EXPECT_EQ(round_up(4097, 4096), 8192u);
    EXPECT_EQ(round_up(5, 1), 5u);
}

}  // namespace
}  // namespace perdure
