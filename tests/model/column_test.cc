#include "perdure/column.h"

#include <set>

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

}  // namespace
}  // namespace perdure
