#include "model/cell.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "model/tables.h"

namespace perdure {
namespace {

using test::type_of;

Column column_of(ColumnKind kind) {
    Column column;
    column.name = "amount";
    column.type = type_of(kind);
    return column;
}

bool fits(ColumnKind kind, const Value& value) {
    const Status status = check_cell(column_of(kind), value);
    EXPECT_TRUE(status.ok() || status.code() == Code::invalid);
    return status.ok();
}

template <typename T>
void expect_range(ColumnKind kind) {
    constexpr T low = std::numeric_limits<T>::min();
    constexpr T high = std::numeric_limits<T>::max();
    EXPECT_TRUE(fits(kind, Value(low)) && fits(kind, Value(high))) << kind_name(kind);
    if constexpr (sizeof(T) < 8) {
        EXPECT_FALSE(fits(kind, Value(std::int64_t{low} - 1))) << kind_name(kind);
        EXPECT_FALSE(fits(kind, Value(std::int64_t{high} + 1))) << kind_name(kind);
        EXPECT_FALSE(fits(kind, Value(std::uint64_t{high} + 1))) << kind_name(kind);
    }
}

TEST(Cell, integers_take_their_whole_range_and_no_more) {
    expect_range<std::int8_t>(ColumnKind::i8);
    expect_range<std::int16_t>(ColumnKind::i16);
    expect_range<std::int32_t>(ColumnKind::i32);
    expect_range<std::int64_t>(ColumnKind::i64);
    expect_range<std::uint8_t>(ColumnKind::u8);
    expect_range<std::uint16_t>(ColumnKind::u16);
    expect_range<std::uint32_t>(ColumnKind::u32);
    expect_range<std::uint64_t>(ColumnKind::u64);
    EXPECT_FALSE(fits(ColumnKind::i64, Value(std::uint64_t{1} << 63)));
    EXPECT_FALSE(fits(ColumnKind::u64, Value(-1)));
    EXPECT_TRUE(fits(ColumnKind::i8, Value(std::uint64_t{127})));
    EXPECT_FALSE(fits(ColumnKind::i8, Value(std::uint64_t{128})));
}

TEST(Cell, ids_have_63_bits) {
    EXPECT_TRUE(fits(ColumnKind::id, Value(Entity{entity_id_max})));
    EXPECT_FALSE(fits(ColumnKind::id, Value(Entity{entity_id_max + 1})));
    EXPECT_TRUE(fits(ColumnKind::id, Value(entity_id_max)));
    EXPECT_FALSE(fits(ColumnKind::id, Value(-1)));
    EXPECT_FALSE(fits(ColumnKind::u64, Value(Entity{1})));
}

TEST(Cell, bools_are_only_bools) {
    EXPECT_TRUE(fits(ColumnKind::boolean, Value(true)));
    EXPECT_FALSE(fits(ColumnKind::boolean, Value(1)));
    EXPECT_FALSE(fits(ColumnKind::i32, Value(true)));
}

TEST(Cell, integers_do_not_become_floats) {
    EXPECT_FALSE(fits(ColumnKind::f32, Value(1)));
    EXPECT_FALSE(fits(ColumnKind::f64, Value(1)));
    EXPECT_FALSE(fits(ColumnKind::i32, Value(1.0)));
    EXPECT_TRUE(fits(ColumnKind::f64, Value(1.0F)));
}

TEST(Cell, doubles_become_floats_only_where_nothing_is_lost) {
    EXPECT_TRUE(fits(ColumnKind::f32, Value(0.5)));
    EXPECT_FALSE(fits(ColumnKind::f32, Value(0.1)));
    EXPECT_FALSE(fits(ColumnKind::f32, Value(1e300)));
    EXPECT_FALSE(fits(ColumnKind::f32, Value(1e-300)));
    EXPECT_TRUE(fits(ColumnKind::f32, Value(-0.0)));
    EXPECT_TRUE(fits(ColumnKind::f32, Value(std::nan(""))));
    EXPECT_TRUE(fits(ColumnKind::f32, Value(std::numeric_limits<double>::infinity())));
}

TEST(Cell, text_and_json_are_utf8_without_nul) {
    EXPECT_TRUE(fits(ColumnKind::text, Value("häuser")));
    EXPECT_FALSE(fits(ColumnKind::text, Value(std::string(1, '\0'))));
    EXPECT_FALSE(fits(ColumnKind::text, Value("\xFF")));
    EXPECT_FALSE(fits(ColumnKind::json, Value(Json{"\xFF"})));
    EXPECT_TRUE(fits(ColumnKind::json, Value(Json{"not looked into"})));
    EXPECT_FALSE(fits(ColumnKind::json, Value("a string")));
    EXPECT_FALSE(fits(ColumnKind::text, Value(Json{"{}"})));
}

TEST(Cell, bytes_uuid_and_arrays_take_only_their_own) {
    EXPECT_TRUE(fits(ColumnKind::bytes, Value(Bytes())));
    EXPECT_FALSE(fits(ColumnKind::bytes, Value("text")));
    EXPECT_TRUE(fits(ColumnKind::uuid, Value(Uuid())));
    EXPECT_FALSE(fits(ColumnKind::uuid, Value(Bytes(16))));
    Column array = column_of(ColumnKind::array);
    array.type = {ColumnKind::array, ColumnKind::i16, 3};
    EXPECT_TRUE(check_cell(array, Value(Bytes(6))).ok());
    EXPECT_EQ(check_cell(array, Value(Bytes(5))).code(), Code::invalid);
    EXPECT_EQ(check_cell(array, Value(Bytes(7))).code(), Code::invalid);
}

TEST(Cell, null_stands_only_where_it_may) {
    Column column = column_of(ColumnKind::i32);
    EXPECT_EQ(check_cell(column, Value()).code(), Code::invalid);
    column.nullable = true;
    EXPECT_TRUE(check_cell(column, Value()).ok());
}

TEST(Cell, the_refusal_names_column_value_and_range) {
    const Status status = check_cell(column_of(ColumnKind::u8), Value(-5));
    EXPECT_EQ(status.message(), "column amount (u8) cannot hold -5; give an integer from 0 to 255");
    EXPECT_EQ(check_cell(column_of(ColumnKind::u8), Value(std::string(200, 'x'))).message(),
              "column amount (u8) cannot hold text of 200 bytes; give an integer from 0 to 255");
}

TEST(Cell, values_come_back_bit_for_bit) {
    Random random(test_seed());
    for (const ColumnType& type : test::every_type()) {
        for (int round = 0; round < 500; ++round) {
            Column column = column_of(type.kind);
            column.type = type;
            const Value value = test::random_value(random, type);
            ASSERT_TRUE(check_cell(column, value).ok()) << type.name();
            std::vector<std::byte> cell;
            append_cell(type, value, cell);
            EXPECT_TRUE(is_cell(type, cell)) << type.name();
            EXPECT_TRUE(test::same_bits(cell_value(type, cell), value)) << type.name();
        }
    }
}

TEST(Cell, bytes_that_are_no_cell_are_told) {
    const std::vector<std::byte> two{std::byte{2}};
    EXPECT_FALSE(is_cell(type_of(ColumnKind::boolean), two));
    EXPECT_FALSE(is_cell(type_of(ColumnKind::boolean), {}));
    EXPECT_FALSE(is_cell(type_of(ColumnKind::i32), two));
    EXPECT_FALSE(is_cell(type_of(ColumnKind::text), as_bytes("\xC0\xAF")));
    EXPECT_FALSE(is_cell(type_of(ColumnKind::id), Bytes(8, std::byte{0xFF})));
    EXPECT_TRUE(is_cell(type_of(ColumnKind::u64), Bytes(8, std::byte{0xFF})));
}

TEST(Cell, a_null_default_is_zero_or_empty) {
    for (const ColumnType& type : test::every_type()) {
        Column column;
        column.type = type;
        std::vector<std::byte> cell;
        append_default(column, cell);
        EXPECT_TRUE(is_cell(type, cell)) << type.name();
        EXPECT_EQ(std::count(cell.begin(), cell.end(), std::byte{0}), std::ssize(cell));
    }
}

}  // namespace
}  // namespace perdure
