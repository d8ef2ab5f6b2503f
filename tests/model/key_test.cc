#include "model/key.h"

#include <compare>

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "model/tables.h"

namespace perdure {
namespace {

using namespace std::string_literals;

const std::vector<ColumnKind> key_kinds{
    ColumnKind::boolean, ColumnKind::i8,    ColumnKind::i16, ColumnKind::i32, ColumnKind::i64,
    ColumnKind::u8,      ColumnKind::u16,   ColumnKind::u32, ColumnKind::u64, ColumnKind::id,
    ColumnKind::text,    ColumnKind::bytes, ColumnKind::uuid};

// The encoding of a key of one column.
std::string key_of(ColumnKind kind, const Value& value) {
    TableBuilder table("t");
    table.key("k", test::type_of(kind));
    return *encode_key(table.definition(), Row{{"k", value}});
}

TEST(Key, has_the_documented_bytes) {
    EXPECT_EQ(key_of(ColumnKind::boolean, true), "\x01");
    EXPECT_EQ(key_of(ColumnKind::i8, -1), "\x7F");
    EXPECT_EQ(key_of(ColumnKind::i16, 1), "\x80\x01");
    EXPECT_EQ(key_of(ColumnKind::i32, -2), "\x7F\xFF\xFF\xFE");
    EXPECT_EQ(key_of(ColumnKind::u32, 258), "\0\0\x01\x02"s);
    EXPECT_EQ(key_of(ColumnKind::i64, 0), "\x80\0\0\0\0\0\0\0"s);
    EXPECT_EQ(key_of(ColumnKind::id, Entity{5}), "\0\0\0\0\0\0\0\x05"s);
    EXPECT_EQ(key_of(ColumnKind::text, "ab"), "ab\0\0"s);
    EXPECT_EQ(key_of(ColumnKind::bytes, Bytes{std::byte{1}, std::byte{0}}), "\x01\0\xFF\0\0"s);
    EXPECT_EQ(key_of(ColumnKind::uuid, Uuid()), std::string(16, '\0'));
}

// Values that are near each other, so that prefixes and ties are common.
Value close_value(Random& random, ColumnKind kind) {
    if (kind == ColumnKind::text) {
        static const std::vector<std::string> words{"", "a", "a\x01", "aa", "b", "é", "\x7F"};
        return Value(words[random.below(words.size())]);
    }
    if (kind == ColumnKind::bytes) {
        Bytes bytes;
        for (auto left = random.below(4); left > 0; --left) {
            bytes.push_back(random.chance(1, 2) ? std::byte{0}
                                                : static_cast<std::byte>(random.next()));
        }
        return Value(bytes);
    }
    if (kind == ColumnKind::uuid) {
        Uuid uuid;
        uuid.bytes[random.below(16)] = static_cast<std::byte>(random.next());
        return Value(uuid);
    }
    return test::random_value(random, test::type_of(kind));
}

// The order that people expect of two values of one kind.
std::strong_ordering order(const Value& one, const Value& other) {
    const auto compare = [](const auto& left, const auto& right) {
        return std::lexicographical_compare_three_way(left.begin(), left.end(), right.begin(),
                                                      right.end());
    };
    if (const auto* left = one.get_if<bool>()) return int{*left} <=> int{*other.get_if<bool>()};
    if (const auto* left = one.get_if<std::int64_t>())
        return *left <=> *other.get_if<std::int64_t>();
    if (const auto* left = one.get_if<std::uint64_t>())
        return *left <=> *other.get_if<std::uint64_t>();
    if (const auto* left = one.get_if<Entity>()) return left->id <=> other.get_if<Entity>()->id;
    if (const auto* left = one.get_if<Bytes>()) return compare(*left, *other.get_if<Bytes>());
    if (const auto* left = one.get_if<Uuid>())
        return compare(left->bytes, other.get_if<Uuid>()->bytes);
    const auto* left = one.get_if<std::string>();
    return left->compare(*other.get_if<std::string>()) <=> 0;  // bytewise, as unsigned
}

TEST(Key, encodings_are_ordered_as_the_keys_are) {
    Random random(test_seed());
    for (int round = 0; round < 20'000; ++round) {
        TableBuilder table("t");
        Row one;
        Row other;
        std::strong_ordering expected = std::strong_ordering::equal;
        const char* names[] = {"a", "b", "c"};
        for (std::size_t column = 0; column < 1 + random.below(3); ++column) {
            const ColumnKind kind = key_kinds[random.below(key_kinds.size())];
            table.key(names[column], test::type_of(kind));
            const Value left = close_value(random, kind);
            const Value right = random.chance(1, 2) ? left : close_value(random, kind);
            one.push_back({names[column], left});
            other.push_back({names[column], right});
            if (expected == 0) expected = order(left, right);
        }
        const std::string first = *encode_key(table.definition(), one);
        const std::string second = *encode_key(table.definition(), other);
        ASSERT_EQ(first.compare(second) <=> 0, expected);
    }
}

TEST(Key, of_a_row_is_the_key_of_its_cells) {
    Random random(test_seed());
    TableBuilder builder("t");
    for (const ColumnKind kind : key_kinds) {
        builder.key("k_" + std::string(kind_name(kind)), test::type_of(kind));
    }
    builder.column<int>("other");
    const TableDefinition table = test::numbered(builder.definition());
    for (int round = 0; round < 100; ++round) {
        const Row row = test::random_row(random, table);
        std::string key = "kept:";
        encode_key(test::batch_of(table, {row}), 0, key);
        EXPECT_EQ(key, "kept:" + *encode_key(table, row));
    }
}

TEST(Key, look_ups_name_every_key_column_once) {
    const TableDefinition table =
        TableBuilder("t").key<int>("a").key<std::string>("b").column<int>("c").definition();
    const auto refusal = [&](const Row& row) {
        const Status status = encode_key(table, row).status();
        EXPECT_EQ(status.code(), Code::invalid);
        return std::string(status.message());
    };
    EXPECT_TRUE(encode_key(table, Row{{"B", "x"}, {"A", 1}, {"c", 1}}).ok());
    EXPECT_NE(refusal({{"a", 1}}).find("no cell for b"), std::string::npos);
    EXPECT_NE(refusal({{"a", 1}, {"b", "x"}, {"A", 1}}).find("given twice"), std::string::npos);
    EXPECT_NE(refusal({{"a", 1}, {"b", 2}}).find("column b (text) cannot hold 2"),
              std::string::npos);
    EXPECT_NE(refusal({{"a", 1}, {"b", "x"}, {"d", 2}}).find("no column d"), std::string::npos);
    EXPECT_NE(refusal({{"a", Value()}, {"b", "x"}}).find("cannot be null"), std::string::npos);
}

TEST(Key, text_is_for_people) {
    TableBuilder builder("t");
    builder.key<std::uint64_t>("tick").key<std::string>("name").key<bool>("on").key<Bytes>("raw");
    const TableDefinition table = test::numbered(builder.definition());
    const Row row{{"tick", 5}, {"name", "ana"}, {"on", true}, {"raw", Bytes{std::byte{10}}}};
    EXPECT_EQ(key_text(test::batch_of(table, {row}), 0), "tick=5 name=\"ana\" on=true raw=0a");
}

}  // namespace
}  // namespace perdure
