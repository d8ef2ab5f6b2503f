#include "base/checksum.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace perdure {
namespace {

// As libxxhash 0.8 has them: what is on disk was made with these, whatever is linked tomorrow.
TEST(Checksum, is_the_same_for_ever) {
    EXPECT_EQ(checksum64(as_bytes("")), 0x2d06800538d394c2u);
    EXPECT_EQ(checksum128(as_bytes("")).hex(), "99aa06d3014798d86001c324468d497f");
    EXPECT_EQ(checksum64(as_bytes("perdure")), 0xa5a535dcc752e0a6u);
    EXPECT_EQ(checksum64(as_bytes("perdure"), 1), 0x67e310e59c616a67u);
    EXPECT_EQ(checksum128(as_bytes("perdure")).hex(), "b8bdbcdabf21f2579cb77346c1a53647");
}

// Short, medium and long inputs go three different ways through XXH3.
TEST(Checksum, notices_every_single_bit) {
    Random random(1);
    for (const std::size_t size : {1u, 16u, 17u, 128u, 129u, 240u, 241u, 600u}) {
        std::vector<std::byte> bytes(size);
        random.fill(bytes);
        const std::uint64_t narrow = checksum64(bytes);
        const Hash128 wide = checksum128(bytes);
        for (std::size_t bit = 0; bit < 8 * size; ++bit) {
            bytes[bit / 8] ^= std::byte{1} << (bit % 8);
            ASSERT_NE(checksum64(bytes), narrow) << size << " bytes, bit " << bit;
            ASSERT_NE(checksum128(bytes), wide) << size << " bytes, bit " << bit;
            bytes[bit / 8] ^= std::byte{1} << (bit % 8);
        }
        EXPECT_EQ(checksum64(bytes), narrow);
    }
}

TEST(Checksum, notices_zeros_at_the_end) {
    std::vector<std::byte> zeros(64);
    EXPECT_NE(checksum64(ByteSpan(zeros).first(63)), checksum64(zeros));
    EXPECT_NE(checksum128(ByteSpan(zeros).first(63)), checksum128(zeros));
}

TEST(Checksum, depends_on_its_seed) {
    EXPECT_NE(checksum64(as_bytes("a"), 1), checksum64(as_bytes("a"), 2));
    EXPECT_NE(checksum128(as_bytes("a"), 1), checksum128(as_bytes("a"), 2));
}

TEST(Hash128, is_32_digits_with_the_high_half_first) {
    EXPECT_EQ((Hash128{0xAB, 0x1}).hex(), "000000000000000100000000000000ab");
}

TEST(Hash128, sums_carry_into_the_high_half) {
    constexpr std::uint64_t most = ~std::uint64_t{0};
    EXPECT_EQ((Hash128{most, 0} + Hash128{1, 0}), (Hash128{0, 1}));
    EXPECT_EQ((Hash128{most, most} + Hash128{1, 0}), Hash128{});
    EXPECT_EQ((Hash128{0, 1} - Hash128{1, 0}), (Hash128{most, 0}));
    EXPECT_EQ((Hash128{} - Hash128{1, 0}), (Hash128{most, most}));
}

TEST(Hash128, sums_do_not_depend_on_order_and_can_be_taken_back) {
    const Hash128 one = checksum128(as_bytes("one"));
    const Hash128 two = checksum128(as_bytes("two"));
    const Hash128 three = checksum128(as_bytes("three"));
    EXPECT_EQ(one + two + three, three + one + two);
    EXPECT_EQ(one + two - one, two);
}

}  // namespace
}  // namespace perdure
