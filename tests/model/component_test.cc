#include "perdure/component.h"

#include <cstring>

#include <gtest/gtest.h>

#include "model/components.h"
#include "model/structs.h"
#include "model/tables.h"

namespace perdure {
namespace {

const FieldShape& field(const StructShape& shape, std::string_view name) {
    for (const FieldShape& each : shape.fields) {
        if (each.name == name) return each;
    }
    std::abort();
}

TEST(Component, has_the_name_size_and_fields_of_its_struct) {
    const StructShape shape = struct_shape<game::Position>();
    EXPECT_EQ(shape.name, "Position");
    EXPECT_EQ(shape.bytes, 12U);
    EXPECT_EQ(shape.alignment, 4U);
    ASSERT_EQ(shape.fields.size(), 3U);
    EXPECT_EQ(shape.fields[2].name, "z");
    EXPECT_EQ(shape.fields[2].offset, 8U);
    EXPECT_EQ(shape.fields[2].type, test::type_of(ColumnKind::f32));
    EXPECT_FALSE(shape.fields[2].nullable);
    EXPECT_TRUE(shape.validate().ok());
}

TEST(Component, a_tag_has_no_bytes_and_no_fields) {
    const StructShape shape = struct_shape<game::Frozen>();
    EXPECT_EQ(shape.bytes, 0U);
    EXPECT_TRUE(shape.fields.empty());
    EXPECT_TRUE(shape.initial.empty());
    EXPECT_TRUE(shape.validate().ok());
}

TEST(Component, every_fixed_kind_has_its_column_type) {
    const StructShape shape = struct_shape<game::Fixed>();
    const ColumnKind kinds[] = {
        ColumnKind::boolean, ColumnKind::i64, ColumnKind::i8,   ColumnKind::u64,   ColumnKind::i16,
        ColumnKind::i32,     ColumnKind::u8,  ColumnKind::u16,  ColumnKind::u32,   ColumnKind::id,
        ColumnKind::f32,     ColumnKind::f64, ColumnKind::uuid, ColumnKind::array, ColumnKind::i8,
        ColumnKind::u16,     ColumnKind::u8,  ColumnKind::i8};
    ASSERT_EQ(shape.fields.size(), std::size(kinds));
    for (std::size_t index = 0; index < std::size(kinds); ++index) {
        EXPECT_EQ(shape.fields[index].type.kind, kinds[index]) << shape.fields[index].name;
        EXPECT_TRUE(shape.fields[index].type.is_valid());
    }
    EXPECT_EQ(field(shape, "array").type, (ColumnType{ColumnKind::array, ColumnKind::i16, 5}));
}

TEST(Component, offsets_are_those_of_the_compiler) {
    const StructShape shape = struct_shape<game::Fixed>();
    EXPECT_EQ(field(shape, "i64").offset, offsetof(game::Fixed, i64));
    EXPECT_EQ(field(shape, "i8").offset, offsetof(game::Fixed, i8));
    EXPECT_EQ(field(shape, "array").offset, offsetof(game::Fixed, array));
    EXPECT_EQ(field(shape, "letter").offset, offsetof(game::Fixed, letter));
}

TEST(Component, defaults_are_the_initialisers) {
    const StructShape shape = struct_shape<game::Fixed>();
    EXPECT_EQ(field(shape, "flag").default_value, Value(true));
    EXPECT_EQ(field(shape, "i64").default_value, Value(std::numeric_limits<std::int64_t>::min()));
    EXPECT_EQ(field(shape, "u64").default_value, Value(std::numeric_limits<std::uint64_t>::max()));
    EXPECT_TRUE(test::same_bits(field(shape, "f32").default_value, Value(-0.0F)));
    EXPECT_EQ(field(shape, "id").default_value, Value(Entity{63}));
    EXPECT_EQ(field(shape, "mood").default_value, Value(5));
    EXPECT_EQ(field(shape, "colour").default_value, Value(40000U));
    EXPECT_EQ(field(shape, "raw").default_value, Value(0xABU));
    EXPECT_EQ(field(shape, "letter").default_value, Value('x'));
    EXPECT_EQ(field(shape, "array").default_value.get_if<Bytes>()->size(), 10U);
    EXPECT_EQ(field(struct_shape<game::Words>(), "json").default_value, Value(Json{"{}"}));
    EXPECT_EQ(field(struct_shape<game::Position>(), "x").default_value, Value(0.0F));
}

TEST(Component, optionals_may_be_null_and_say_where_their_flag_is) {
    const StructShape shape = struct_shape<game::Optionals>();
    EXPECT_TRUE(shape.validate().ok());
    for (const FieldShape& each : shape.fields) {
        EXPECT_TRUE(each.nullable) << each.name;
        EXPECT_TRUE(each.default_value.is_null()) << each.name;
        const bool inside = each.offset + each.flag_offset < sizeof(game::Optionals);
        EXPECT_TRUE(inside && each.flag_offset > 0) << each.name;
    }
    EXPECT_EQ(field(shape, "flag").flag_offset, 1U);
    EXPECT_EQ(field(shape, "u64").flag_offset, 8U);
    EXPECT_EQ(field(shape, "text").flag_offset, sizeof(std::string));
}

TEST(Component, names_lose_their_namespace_or_are_given) {
    EXPECT_EQ(struct_shape<old::deep::Position>().name, "OldPosition");
    EXPECT_EQ(struct_shape<old::deep::Other>().name, "Other");
    EXPECT_EQ(struct_shape<old::deep::Other>().fields[0].default_value, Value(3));
}

TEST(Component, only_declared_structs_are_components) {
    struct Undeclared {};
    EXPECT_TRUE(Component<game::Frozen>);
    EXPECT_FALSE(Component<Undeclared>);
    EXPECT_FALSE(Component<int>);
}

TEST(Component, structs_carry_their_initial_bytes) {
    const StructShape shape = struct_shape<game::Fixed>();
    ASSERT_EQ(shape.initial.size(), sizeof(game::Fixed));
    game::Fixed value;
    std::memcpy(static_cast<void*>(&value), shape.initial.data(), sizeof value);
    EXPECT_EQ(value.colour, game::blue);
    EXPECT_EQ(value.i64, std::numeric_limits<std::int64_t>::min());
}

TEST(Component, what_owns_memory_is_no_part_of_the_initial_bytes) {
    const StructShape shape = struct_shape<game::Words>();
    ASSERT_EQ(shape.initial.size(), sizeof(game::Words));
    for (const std::byte each : shape.initial) EXPECT_EQ(each, std::byte{0});
}

TEST(Component, bit_fields_are_refused_when_declared) {
    EXPECT_DEATH((void)struct_shape<game::BitFields>(), "");
}

TEST(Component, has_at_most_60_fields) {
    StructShape shape = struct_shape<game::Position>();
    std::vector<std::string> names;
    for (int index = 0; index < 61; ++index) names.push_back(text::format("f{}", index));
    shape.fields.clear();
    for (const std::string& name : names) {
        FieldShape added;
        added.name = name;
        added.type = test::type_of(ColumnKind::i32);
        shape.fields.push_back(added);
    }
    EXPECT_EQ(shape.validate().code(), Code::invalid);
    EXPECT_EQ(shape.validate().message(),
              "component Position has 61 fields; at most 60 are allowed, so split it");
    shape.fields.pop_back();
    EXPECT_TRUE(shape.validate().ok());
}

TEST(Component, field_names_are_checked) {
    StructShape shape = struct_shape<game::Position>();
    shape.fields[1].name = "_y";
    EXPECT_EQ(shape.validate().code(), Code::invalid);
    shape.fields[1].name = "X";
    EXPECT_NE(shape.validate().message().find("two columns named X"), std::string_view::npos);
    shape.fields[1].name = "entity";
    EXPECT_EQ(shape.validate().code(), Code::invalid) << "the key's name";
}

}  // namespace
}  // namespace perdure
