// Every value of every type comes back bit for bit, and keys of every type in the order of
// encode_key.
#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

#include "model/key.h"
#include "store/language.h"

namespace perdure::store {
namespace {

class StoreValues : public StoreTest {
protected:
    // Writes the values to a nullable column, one row each, and expects them back.
    void expect_kept(const ColumnType& type, const std::vector<Value>& values) {
        TableDefinition table =
            table_of(1, "kept", 1, {{"id", of(ColumnKind::i64)}, {"value", type}});
        table.columns[1].nullable = true;
        ASSERT_OK(world.define(table));
        std::vector<Row> rows;
        for (const Value& value : values) {
            rows.push_back({{"id", static_cast<std::int64_t>(rows.size())}, {"value", value}});
        }
        rows.push_back({{"id", static_cast<std::int64_t>(rows.size())}, {"value", Value()}});
        ASSERT_OK(world.upsert(table, rows));
        const Batch expected = test::batch_of(table, rows);
        EXPECT_EQ(rows_text(world.all(table)), rows_text(expected));
        world.reopen();
        const Batch read = world.all(table);
        EXPECT_EQ(rows_text(read), rows_text(expected));
        EXPECT_EQ(batch_digest(read), batch_digest(expected));
    }

    // Writes rows whose key columns take all combinations of values, in any order; expects them in
    // order.
    void expect_ordered(const std::vector<std::pair<ColumnType, std::vector<Value>>>& keys) {
        std::vector<std::pair<std::string, ColumnType>> columns;
        std::vector<Row> rows{{}};
        for (const auto& [type, values] : keys) {
            const std::string name = text::format("k{}", columns.size());
            columns.emplace_back(name, type);
            names_.push_back(name);
            std::vector<Row> longer;
            for (const Row& row : rows) {
                for (const Value& value : values) {
                    longer.push_back(row);
                    longer.back().push_back({names_.back(), value});
                }
            }
            rows = std::move(longer);
        }
        columns.emplace_back("value", of(ColumnKind::f64));
        const TableDefinition table = table_of(1, "ordered", keys.size(), std::move(columns));
        ASSERT_OK(world.define(table));
        Random random(rows.size());
        random.shuffle(std::span(rows));
        ASSERT_OK(world.upsert(table, rows));
        const Batch read = world.all(table);
        ASSERT_EQ(read.rows(), rows.size());
        std::vector<std::string> encoded(read.rows());
        for (std::uint32_t row = 0; row < read.rows(); ++row) encode_key(read, row, encoded[row]);
        EXPECT_TRUE(std::is_sorted(encoded.begin(), encoded.end())) << keys_text(read);
        EXPECT_EQ(batch_digest(read), batch_digest(test::batch_of(table, rows)));
        expect_pages(table, read);
        for (Row& row : rows) row.resize(keys.size());
        const Batch wanted = test::batch_of(table, rows, Operation::erase);
        EXPECT_EQ(keys_text(*world.snapshot()->find(table, wanted)), keys_text(read));
    }

private:
    // Scanning page by page, from every row on, finds the same.
    void expect_pages(const TableDefinition& table, const Batch& all) {
        const auto snapshot = world.snapshot();
        for (std::uint32_t row = 0; row + 1 < all.rows(); ++row) {
            const Batch next = *snapshot->scan(table, &all, row, 1);
            ASSERT_EQ(next.rows(), 1U);
            std::string expected;
            std::string found;
            encode_key(all, row + 1, expected);
            encode_key(next, 0, found);
            EXPECT_EQ(found, expected);
        }
    }

    std::deque<std::string> names_;
};
INSTANTIATE_TEST_SUITE_P(Stores, StoreValues, every_backend(), backend_name);

template <typename T>
std::vector<Value> edges() {
    constexpr T low = std::numeric_limits<T>::min();
    constexpr T high = std::numeric_limits<T>::max();
    std::vector<Value> values{Value(low), Value(high), Value(T{1}), Value(static_cast<T>(high / 2)),
                              Value(static_cast<T>(high / 2 + 1))};
    if constexpr (std::is_signed_v<T>) {
        values.insert(values.end(), {Value(T{0}), Value(static_cast<T>(low / 2))});
    }
    return values;
}

Uuid uuid_of(unsigned first, unsigned last) {
    Uuid uuid;
    uuid.bytes.front() = std::byte(first);
    uuid.bytes.back() = std::byte(last);
    return uuid;
}

Bytes bytes_of(std::string_view text) {
    const ByteSpan bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

float f32_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }
double f64_bits(std::uint64_t bits) { return std::bit_cast<double>(bits); }

TEST_P(StoreValues, booleans) { expect_kept(of(ColumnKind::boolean), {true, false}); }
TEST_P(StoreValues, i8) { expect_kept(of(ColumnKind::i8), edges<std::int8_t>()); }
TEST_P(StoreValues, i16) { expect_kept(of(ColumnKind::i16), edges<std::int16_t>()); }
TEST_P(StoreValues, i32) { expect_kept(of(ColumnKind::i32), edges<std::int32_t>()); }
TEST_P(StoreValues, i64) { expect_kept(of(ColumnKind::i64), edges<std::int64_t>()); }
TEST_P(StoreValues, u8) { expect_kept(of(ColumnKind::u8), edges<std::uint8_t>()); }
TEST_P(StoreValues, u16) { expect_kept(of(ColumnKind::u16), edges<std::uint16_t>()); }
TEST_P(StoreValues, u32) { expect_kept(of(ColumnKind::u32), edges<std::uint32_t>()); }
TEST_P(StoreValues, u64) { expect_kept(of(ColumnKind::u64), edges<std::uint64_t>()); }

TEST_P(StoreValues, ids) {
    expect_kept(of(ColumnKind::id), {Entity{0}, Entity{1}, Entity{entity_id_max}});
}

TEST_P(StoreValues, floats_with_signed_zeros_infinities_and_every_nan) {
    expect_kept(of(ColumnKind::f32),
                {0.0F, -0.0F, 1.5F, 0.1F, std::numeric_limits<float>::infinity(),
                 -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::max(),
                 std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::lowest(),
                 16777217.0F, f32_bits(0x7FC00000), f32_bits(0xFFC00000), f32_bits(0x7F800001),
                 f32_bits(0xFFFFFFFF), f32_bits(0x7FC12345)});
}

TEST_P(StoreValues, doubles_with_signed_zeros_infinities_and_every_nan) {
    expect_kept(of(ColumnKind::f64),
                {0.0, -0.0, 1.5, 0.1, std::numeric_limits<double>::infinity(),
                 -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::max(),
                 std::numeric_limits<double>::denorm_min(), 9007199254740993.0, 1e18, -1e18,
                 9223372036854775807.0, f64_bits(0x7FF8000000000000), f64_bits(0xFFF8000000000000),
                 f64_bits(0x7FF0000000000001), f64_bits(0xFFFFFFFFFFFFFFFF)});
}

TEST_P(StoreValues, text_and_json) {
    expect_kept(of(ColumnKind::text), {"", "a", "it's \"quoted\"", "é€𝄞", "\x01\x7F", "12", "1e5",
                                       std::string(1 << 20, 'x')});
}

TEST_P(StoreValues, json_is_kept_byte_for_byte) {
    expect_kept(of(ColumnKind::json), {Json{""}, Json{"{ \"b\":1,  \"a\":2 }"}, Json{"1.0"}});
}

TEST_P(StoreValues, bytes_empty_and_of_a_megabyte) {
    Bytes large(1 << 20);
    Random(1).fill(large);
    expect_kept(of(ColumnKind::bytes),
                {Bytes(), Bytes(1), bytes_of(std::string_view("a\0b", 3)), large});
}

TEST_P(StoreValues, uuids) {
    expect_kept(of(ColumnKind::uuid), {Uuid(), uuid_of(255, 255), uuid_of(0, 1)});
}

TEST_P(StoreValues, arrays) {
    Bytes reals(12);
    store_le(reals.data(), -0.0F);
    store_le(reals.data() + 4, f32_bits(0x7FC12345));
    expect_kept({ColumnKind::array, ColumnKind::f32, 3}, {Bytes(12), reals});
}

TEST_P(StoreValues, large_arrays) {
    expect_kept({ColumnKind::array, ColumnKind::u64, 65535},
                {Bytes(std::size_t{8} * 65535, std::byte{7})});
}

TEST_P(StoreValues, single_keys_of_every_integer_type_are_in_order) {
    expect_ordered({{of(ColumnKind::u64), edges<std::uint64_t>()}});
}
TEST_P(StoreValues, single_keys_i64) {
    expect_ordered({{of(ColumnKind::i64), edges<std::int64_t>()}});
}
TEST_P(StoreValues, single_keys_i8) {
    expect_ordered({{of(ColumnKind::i8), edges<std::int8_t>()}});
}
TEST_P(StoreValues, single_keys_u32) {
    expect_ordered({{of(ColumnKind::u32), edges<std::uint32_t>()}});
}
TEST_P(StoreValues, single_keys_bool) {
    expect_ordered({{of(ColumnKind::boolean), {true, false}}});
}
TEST_P(StoreValues, single_keys_uuid) {
    expect_ordered(
        {{of(ColumnKind::uuid), {uuid_of(1, 0), uuid_of(0, 255), uuid_of(255, 0), Uuid()}}});
}
TEST_P(StoreValues, single_keys_text) {
    expect_ordered({{of(ColumnKind::text), {"", "a", "B", "b", "aa", "é", "z", "\x01", "𝄞"}}});
}
TEST_P(StoreValues, single_keys_bytes_with_zeros) {
    expect_ordered(
        {{of(ColumnKind::bytes),
          {Bytes(), Bytes(1), Bytes(2), bytes_of("a"), bytes_of(std::string_view("a\0", 2)),
           bytes_of(std::string_view("a\0\xFF", 3)), bytes_of("ab"), bytes_of("\xFF")}}});
}

TEST_P(StoreValues, composite_keys_of_all_types_are_in_order) {
    expect_ordered(
        {{of(ColumnKind::u64), {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1} << 63}},
         {of(ColumnKind::text), {"", "a", "ab"}},
         {of(ColumnKind::i16), {-1, 0, 1}},
         {of(ColumnKind::bytes), {Bytes(), Bytes(1), bytes_of("b")}},
         {of(ColumnKind::boolean), {false, true}},
         {of(ColumnKind::uuid), {Uuid(), uuid_of(9, 9)}},
         {of(ColumnKind::id), {Entity{1}, Entity{entity_id_max}}}});
}

TEST_P(StoreValues, a_table_of_every_type_keeps_random_rows) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE(seed);
    Random random(seed);
    const TableDefinition table = test::everything();
    ASSERT_OK(world.define(table));
    std::vector<Row> rows;
    for (std::uint64_t id = 0; id < 200; ++id) {
        rows.push_back(test::random_row(random, table));
        rows.back()[0].value = id * 0x9E3779B97F4A7C15;
    }
    ASSERT_OK(world.upsert(table, rows));
    const Batch expected = test::batch_of(table, rows);
    EXPECT_EQ(batch_digest(world.all(table)), batch_digest(expected));
    world.reopen();
    EXPECT_EQ(batch_digest(world.all(table)), batch_digest(expected));
}

TEST_P(StoreValues, a_table_may_have_a_thousand_columns) {
    std::vector<std::pair<std::string, ColumnType>> columns{{"id", of(ColumnKind::id)}};
    while (columns.size() < table_columns_max) {
        columns.emplace_back(text::format("c{}", columns.size()), of(ColumnKind::f32));
    }
    const TableDefinition table = table_of(1, "wide", 1, std::move(columns));
    ASSERT_OK(world.define(table));
    const std::vector<Row> rows{{{"id", 1}, {"c999", -0.0F}, {"c1", 2.5F}}};
    ASSERT_OK(world.upsert(table, rows));
    EXPECT_EQ(rows_text(world.all(table)), rows_text(test::batch_of(table, rows)));
}

TEST_P(StoreValues, words_of_sql_are_good_names) {
    const TableDefinition table = table_of(1, "select", 1,
                                           {{"rowid", of(ColumnKind::text)},
                                            {"order", of(ColumnKind::i32)},
                                            {"oid", of(ColumnKind::f32)}});
    const TableDefinition reserved =
        table_of(2, "sqlite_master", 1, {{"group", of(ColumnKind::u64)}});
    ASSERT_OK(world.define(table));
    ASSERT_OK(world.define(reserved));
    ASSERT_OK(world.upsert(table, {{{"rowid", "a"}, {"order", 3}, {"oid", 1.0F}}}));
    ASSERT_OK(world.upsert(reserved, {{{"group", 5}}}));
    EXPECT_EQ(world.rows(table), "rowid=a order=3 oid=1");
    EXPECT_EQ(world.rows(reserved), "group=5");
}

}  // namespace
}  // namespace perdure::store
