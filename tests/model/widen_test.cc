#include "model/widen.h"

#include <bit>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "model/convert.h"
#include "model/tables.h"

namespace perdure {
namespace {

using enum ColumnKind;

ColumnType plain(ColumnKind kind) { return {kind, u8, 0}; }

// docs/format/definition.md, "Widening", is this table.
const std::vector<std::pair<ColumnKind, std::vector<ColumnKind>>> wider{
    {i8, {i16, i32, i64}},
    {i16, {i32, i64}},
    {i32, {i64}},
    {u8, {u16, u32, u64, i16, i32, i64}},
    {u16, {u32, u64, i32, i64}},
    {u32, {u64, i64}},
    {f32, {f64}},
};

TEST(Widen, every_pair_of_types_is_as_the_page_says) {
    for (int from = 1; from <= static_cast<int>(uuid); ++from) {
        for (int to = 1; to <= static_cast<int>(uuid); ++to) {
            bool expected = from == to;
            for (const auto& [narrow, wide] : wider) {
                if (static_cast<int>(narrow) != from) continue;
                for (const ColumnKind kind : wide) expected |= static_cast<int>(kind) == to;
            }
            EXPECT_EQ(widens(plain(ColumnKind{static_cast<std::uint8_t>(from)}),
                             plain(ColumnKind{static_cast<std::uint8_t>(to)})),
                      expected)
                << from << " " << to;
        }
    }
    EXPECT_FALSE(widens({array, f32, 2}, {array, f64, 2}));
    EXPECT_FALSE(widens({array, f32, 2}, {array, f32, 3}));
}

TEST(Widen, null_may_come_and_never_go) {
    Column never{"a", 1, plain(i32), false, {}};
    Column maybe{"a", 1, plain(i64), true, {}};
    EXPECT_TRUE(may_become(never, maybe));
    EXPECT_FALSE(may_become(maybe, never));
}

TEST(Widen, values_stay_what_they_are) {
    const auto value = [](ColumnKind from, ColumnKind to, const Value& was) {
        return widened(plain(from), plain(to), was);
    };
    EXPECT_EQ(value(i8, i64, -128), Value(-128));
    EXPECT_EQ(value(i16, i32, 32767), Value(32767));
    EXPECT_EQ(value(i32, i64, std::numeric_limits<std::int32_t>::min()),
              Value(std::numeric_limits<std::int32_t>::min()));
    EXPECT_EQ(value(u8, i16, 255U), Value(255));
    EXPECT_EQ(value(u32, u64, 4'294'967'295U), Value(4'294'967'295U));
    EXPECT_EQ(value(u32, i64, 4'294'967'295U), Value(std::int64_t{4'294'967'295}));
    EXPECT_EQ(value(f32, f64, 0.1F), Value(static_cast<double>(0.1F)));
    EXPECT_EQ(value(f32, f64, Value()), Value());
}

TEST(Widen, what_sql_cannot_say_keeps_its_bits) {
    EXPECT_EQ(widened_float_bits(0x80000000U), 0x8000000000000000U);  // -0
    EXPECT_EQ(widened_float_bits(0x7F800000U), 0x7FF0000000000000U);
    EXPECT_EQ(widened_float_bits(0xFFC00001U), 0xFFF8000020000000U);  // NaN: sign and payload
    EXPECT_EQ(widened_float_bits(0x7F800001U), 0x7FF0000020000000U) << "a signalling one, too";
}

TEST(Widen, batches_of_an_older_version_become_wider) {
    Catalog catalog;
    const auto declare = [&](const TableBuilder& table) {
        const auto made = *catalog.evolve(table.definition());
        EXPECT_TRUE(catalog.add(*made).ok());
        return *made;
    };
    const auto first = declare(
        TableBuilder("t").key<int>("k").column<std::int8_t>("a").column<float>("b").column<bool>(
            "c"));
    const auto second = declare(TableBuilder("t")
                                    .key<int>("k")
                                    .column<std::optional<std::int64_t>>("a")
                                    .column<double>("b")
                                    .column<std::optional<bool>>("c"));
    const Batch old = test::batch_of(
        first, {{{"k", 1}, {"a", -3}, {"b", -0.0F}, {"c", true}}, {{"k", 2}, {"b", 1.5F}}});
    const Batch batch = *convert(old, second);
    EXPECT_EQ(batch.value(1, 0), Value(-3));
    EXPECT_EQ(batch.fixed<std::uint64_t>(2, 0), 0x8000000000000000U);
    EXPECT_EQ(batch.value(3, 0), Value(true));
    EXPECT_EQ(batch.value(2, 1), Value(1.5));
    EXPECT_EQ(convert(batch, first).status().code(), Code::invalid) << "never narrower";
}

}  // namespace
}  // namespace perdure
