#include "journal/key_codec.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"

namespace perdure::journal {
namespace {

template <typename Key>
std::vector<std::byte> encoded(const std::vector<Key>& keys) {
    std::vector<std::byte> bytes(encoded_keys_bytes_max(keys.size(), sizeof(Key)));
    const auto* from = reinterpret_cast<const std::byte*>(keys.data());
    std::byte* end = encode_keys(from, keys.size(), sizeof(Key), bytes.data());
    EXPECT_LE(end - bytes.data(), static_cast<std::ptrdiff_t>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(end - bytes.data()));
    return bytes;
}

template <typename Key>
void expect_round_trip(const std::vector<Key>& keys) {
    const std::vector<std::byte> bytes = encoded(keys);
    const auto length = encoded_keys_bytes(bytes, keys.size(), sizeof(Key));
    ASSERT_TRUE(length.has_value());
    EXPECT_EQ(*length, bytes.size());
    std::vector<Key> decoded(keys.size());
    decode_keys(bytes.data(), keys.size(), sizeof(Key),
                reinterpret_cast<std::byte*>(decoded.data()));
    EXPECT_EQ(decoded, keys);
}

TEST(KeyCodec, SortedKeysWithSmallGapsTakeOneByteEach) {
    std::vector<std::uint64_t> keys(1280);
    for (std::size_t index = 0; index < keys.size(); ++index) keys[index] = 10 * index;
    EXPECT_EQ(encoded(keys).size(), 1280U + 10);
    expect_round_trip(keys);
}

TEST(KeyCodec, EqualKeysTakeNothing) {
    const std::vector<std::uint64_t> keys(128, 0);
    EXPECT_EQ(encoded(keys).size(), 1U);
    expect_round_trip(keys);
}

TEST(KeyCodec, TheWidestDifferenceDecidesForItsBlockOnly) {
    std::vector<std::uint64_t> keys(256);
    for (std::size_t index = 0; index < keys.size(); ++index) keys[index] = index;
    keys[200] = std::uint64_t{1} << 40;
    EXPECT_EQ(encoded(keys).size(), 1U + 128 + 1 + 128 * 8);
    expect_round_trip(keys);
}

TEST(KeyCodec, WidthsChangeExactlyWhereTheyMust) {
    const auto width_of_one = [](std::uint64_t key) {
        return encoded<std::uint64_t>({key}).size() - 1;
    };
    EXPECT_EQ(width_of_one(0), 0U);
    EXPECT_EQ(width_of_one(0x7f), 1U);  // zigzag doubles
    EXPECT_EQ(width_of_one(0x80), 2U);
    EXPECT_EQ(width_of_one(0x7fff), 2U);
    EXPECT_EQ(width_of_one(0x8000), 4U);
    EXPECT_EQ(width_of_one(0x7fff'ffff), 4U);
    EXPECT_EQ(width_of_one(0x8000'0000), 8U);
    EXPECT_EQ(width_of_one(~std::uint64_t{0}), 1U);  // -1
}

template <typename Key>
void expect_extremes() {
    using Limits = std::numeric_limits<Key>;
    const Key top = static_cast<Key>(Key{1} << (Limits::digits - 1));
    expect_round_trip<Key>(
        {0, Limits::max(), 0, top, static_cast<Key>(top - 1), Limits::max(), 1, top});
    expect_round_trip<Key>({Limits::max()});
    expect_round_trip<Key>({top});
    expect_round_trip<Key>({});
}

TEST(KeyCodec, ExtremesSurvive) {
    expect_extremes<std::uint32_t>();
    expect_extremes<std::uint64_t>();
}

template <typename Key>
std::vector<Key> random_keys(Random& random) {
    std::vector<Key> keys(random.below(600));
    const auto bits = random.range<unsigned>(1, sizeof(Key) * 8);
    for (Key& key : keys) key = static_cast<Key>(random.next() >> (64 - bits));
    if (random.chance(1, 2)) std::sort(keys.begin(), keys.end());
    if (!keys.empty() && random.chance(1, 4)) {
        keys[random.below(keys.size())] = std::numeric_limits<Key>::max();
    }
    return keys;
}

TEST(KeyCodec, RandomKeysSurvive) {
    Random random(test_seed());
    for (int round = 0; round < 2000; ++round) {
        expect_round_trip(random_keys<std::uint32_t>(random));
        expect_round_trip(random_keys<std::uint64_t>(random));
        ASSERT_FALSE(testing::Test::HasFailure());
    }
}

TEST(KeyCodec, WhatIsCutShortOrOfAnUnknownWidthIsNoEncoding) {
    Random random(test_seed());
    const std::vector<std::uint64_t> keys = {1, 2, 3, 1000, 5};
    const std::vector<std::byte> whole = encoded(keys);
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
        EXPECT_FALSE(encoded_keys_bytes(ByteSpan(whole).first(bytes), keys.size(), 8).has_value());
    }
    for (unsigned code = 0; code < 256; ++code) {
        std::vector<std::byte> bytes(256, std::byte{0});
        bytes[0] = static_cast<std::byte>(code);
        const bool known = code == 0 || code == 1 || code == 2 || code == 4;
        EXPECT_EQ(encoded_keys_bytes(bytes, 3, 4).has_value(), known) << code;
        EXPECT_EQ(encoded_keys_bytes(bytes, 3, 8).has_value(), known || code == 8) << code;
    }
}

}  // namespace
}  // namespace perdure::journal
