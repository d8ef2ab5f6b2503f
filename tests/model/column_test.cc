#include "perdure/column.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/tables.h"

namespace perdure {
namespace {

using test::type_of;

TEST(Column, widths_are_those_of_arrow) {
    EXPECT_EQ(type_of(ColumnKind::boolean).width(), 0U);
    EXPECT_EQ(type_of(ColumnKind::i8).width(), 1U);
    EXPECT_EQ(type_of(ColumnKind::u16).width(), 2U);
    EXPECT_EQ(type_of(ColumnKind::f32).width(), 4U);
    EXPECT_EQ(type_of(ColumnKind::id).width(), 8U);
    EXPECT_EQ(type_of(ColumnKind::uuid).width(), 16U);
    EXPECT_EQ(type_of(ColumnKind::text).width(), 0U);
    EXPECT_EQ((ColumnType{ColumnKind::array, ColumnKind::f64, 65535}.width()), 524'280U);
}

TEST(Column, every_kind_has_its_own_name) {
    std::set<std::string> names;
    for (const ColumnType& type : test::every_type()) {
        EXPECT_TRUE(type.is_valid()) << type.name();
        EXPECT_TRUE(names.insert(type.name()).second) << type.name();
    }
    EXPECT_TRUE(names.contains("array<f32,3>"));
    EXPECT_EQ(kind_name(ColumnKind{99}), "unknown kind");
}

TEST(Column, keys_are_bool_integer_id_text_bytes_uuid) {
    std::set<std::string> not_keys;
    for (const ColumnType& type : test::every_type()) {
        if (!type.is_key_type()) not_keys.insert(type.name());
    }
    EXPECT_EQ(not_keys,
              (std::set<std::string>{"f32", "f64", "json", "array<f32,3>", "array<i16,1>"}));
}

TEST(Column, types_that_do_not_exist_are_not_valid) {
    EXPECT_FALSE((ColumnType{ColumnKind{0}, ColumnKind::u8, 0}.is_valid()));
    EXPECT_FALSE((ColumnType{ColumnKind{18}, ColumnKind::u8, 0}.is_valid()));
    EXPECT_FALSE((ColumnType{ColumnKind::i32, ColumnKind::u8, 1}.is_valid()));
    EXPECT_FALSE((ColumnType{ColumnKind::i32, ColumnKind::f32, 0}.is_valid()));
    EXPECT_FALSE((ColumnType{ColumnKind::array, ColumnKind::f32, 0}.is_valid()));
    EXPECT_FALSE((ColumnType{ColumnKind::array, ColumnKind::f32, 65536}.is_valid()));
    EXPECT_FALSE((ColumnType{ColumnKind::array, ColumnKind::text, 4}.is_valid()));
    EXPECT_FALSE((ColumnType{ColumnKind::array, ColumnKind::boolean, 4}.is_valid()));
    EXPECT_FALSE((ColumnType{ColumnKind::array, ColumnKind::array, 4}.is_valid()));
    EXPECT_FALSE((ColumnType{ColumnKind::array, ColumnKind::id, 4}.is_valid()));
}

TEST(Column, types_are_read_from_their_names) {
    std::vector<ColumnType> types = test::every_type();
    for (int kind = 1; kind <= 16; ++kind) {
        for (const std::uint32_t count : {1U, 9U, 10U, 65'535U}) {
            const ColumnType array{ColumnKind::array, static_cast<ColumnKind>(kind), count};
            if (array.is_valid()) types.push_back(array);
        }
    }
    EXPECT_EQ(types.size(), 18U + 4 * 10) << "of the ten numbers there are arrays";
    for (const ColumnType& type : types) {
        const Result<ColumnType> read = parse_column_type(type.name());
        ASSERT_TRUE(read.ok()) << read.status().text();
        EXPECT_EQ(*read, type) << type.name();
    }
}

TEST(Column, other_words_name_no_type) {
    for (const std::string& word : std::vector<std::string>{
             "",
             " ",
             "i32 ",
             " i32",
             "I32",
             "i3",
             "i320",
             "int",
             "string",
             "boolean",
             "unknown kind",
             "array",
             "array<",
             "array>",
             "array<>",
             "array<,>",
             "array<f32>",
             "array<f32,>",
             "array<,4>",
             "array<f32,4",
             "array<f32 ,4>",
             "array<f32, 4>",
             "array<f32,4 >",
             "array< f32,4>",
             "array <f32,4>",
             "array<f32,4>>",
             "array<f32,4> ",
             "array<f32,4,4>",
             "array<f32,0>",
             "array<f32,04>",
             "array<f32,-4>",
             "array<f32,+4>",
             "array<f32,0x4>",
             "array<f32,4.0>",
             "array<f32,four>",
             "array<f32,65536>",
             "array<f32,4294967296>",
             "array<f32,4294967300>",  // 4, in 32 bits
             "array<f32,18446744073709551620>",
             "array<f32," + std::string(100'000, '9') + ">",
             "array<bool,4>",
             "array<id,4>",
             "array<text,4>",
             "array<uuid,4>",
             "array<array,4>",
             "array<array<f32,4>,4>",
             "array<F32,4>",
             std::string("i32\0", 4),
             std::string("\0", 1),
             "optional<i32>",
         }) {
        const Result<ColumnType> read = parse_column_type(word);
        EXPECT_EQ(read.status().code(), Code::invalid) << word;
    }
}

TEST(Column, a_word_that_names_no_type_is_repeated_as_a_terminal_may_show_it) {
    const std::string hostile = "\x1b[2J" + std::string(1'000'000, 'x') + "\xff";
    const Result<ColumnType> read = parse_column_type(hostile);
    EXPECT_NE(read.status().message().find("\\x1b[2Jxxx"), std::string_view::npos);
    EXPECT_LT(read.status().message().size(), 500U);
    EXPECT_NE(parse_column_type("int").status().message().find("\"int\" is no type of a column"),
              std::string_view::npos);
}

}  // namespace
}  // namespace perdure
