#include "perdure/schema.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "model/components.h"

namespace perdure {
namespace {

class SchemaTest : public testing::Test {
protected:
    void expect_refused(std::string_view words) {
        const Status status = schema_.validate();
        EXPECT_EQ(status.code(), Code::invalid);
        EXPECT_NE(status.message().find(words), std::string_view::npos) << status.message();
    }

    Schema schema_;
};

TEST_F(SchemaTest, what_the_readme_shows_is_valid) {
    schema_.component<game::Position>({.position = true});
    schema_.component<game::Words>({.category = "economy"});
    schema_.table("trades")
        .key<std::uint64_t>("tick")
        .key<std::uint32_t>("seq")
        .column<std::int64_t>("amount")
        .append_only()
        .category("economy");
    schema_.category({.name = "economy", .durability = Level::stored});
    EXPECT_TRUE(schema_.validate().ok()) << schema_.validate().text();
    EXPECT_TRUE(schema_.tables()[0].definition().append_only);
    EXPECT_EQ(schema_.components()[0].type, type_number<game::Position>());
}

TEST_F(SchemaTest, keys_come_first_and_a_late_one_is_refused) {
    TableBuilder& table = schema_.table("trades");
    table.key<int>("a").column<int>("b").key<int>("c");
    EXPECT_EQ(table.definition().key_columns, 2);
    EXPECT_EQ(table.definition().columns[1].name, "c");
    expect_refused("table trades declares a key after a column");
}

TEST_F(SchemaTest, tables_may_be_declared_by_values) {
    TableBuilder& table = schema_.table("trades");
    table.key("a", {ColumnKind::text, ColumnKind::u8, 0});
    table.column("b", {ColumnKind::array, ColumnKind::f32, 3}, true);
    EXPECT_TRUE(schema_.validate().ok());
    EXPECT_TRUE(table.definition().columns[1].nullable);
}

TEST_F(SchemaTest, a_builder_stays_valid_while_others_come) {
    TableBuilder& first = schema_.table("first");
    for (int count = 0; count < 100; ++count)
        schema_.table(text::format("t{}", count)).key<int>("k");
    first.key<int>("k");
    EXPECT_TRUE(schema_.validate().ok());
}

TEST_F(SchemaTest, refuses_optional_keys_and_keys_of_floats) {
    schema_.table("trades").key<std::optional<int>>("a");
    expect_refused("cannot be null");
}

TEST_F(SchemaTest, refuses_a_name_twice_whatever_has_it) {
    schema_.component<game::Position>();
    schema_.table("position").key<int>("k");
    expect_refused("two tables named position");
}

TEST_F(SchemaTest, refuses_categories_that_are_wrong_twice_or_not_declared) {
    schema_.component<game::Position>({.category = "economy"});
    expect_refused("component Position is in category economy, which the schema does not declare");
    schema_.category({.name = "economy"}).category({.name = "Economy"});
    expect_refused("two categories named Economy");
    schema_.category({.name = "third", .retention = "1d"});
    expect_refused("two categories named Economy");
}

TEST_F(SchemaTest, refuses_a_category_that_is_not_valid) {
    schema_.category({.name = "third", .retention = "1d"});
    expect_refused("category third: retention");
}

TEST_F(SchemaTest, the_default_category_may_be_declared_anew) {
    schema_.category({.name = "world", .durability = Level::relaxed});
    schema_.component<game::Position>();
    EXPECT_TRUE(schema_.validate().ok());
}

TEST_F(SchemaTest, a_position_has_numbers_x_and_y) {
    schema_.component<game::Words>({.position = true});
    expect_refused("component Words is a position, but has no numbers x and y");
}

TEST_F(SchemaTest, fields_of_relations_have_numbers_renames_and_conversions_too) {
    schema_.relation<game::Position>({.numbers = {{"x", 3}}});
    schema_.renamed_field("Position", "left", "x");
    EXPECT_TRUE(schema_.validate().ok()) << schema_.validate().text();
    schema_.renamed_field("Nothing", "left", "x");
    expect_refused("for Nothing: the schema declares no table, component or relation");
}

TEST_F(SchemaTest, a_relation_has_no_number_for_a_field_that_it_does_not_have) {
    schema_.relation<game::Position>({.numbers = {{"to", 3}}});
    expect_refused("relation Position has no field to to give the number 3");
}

TEST_F(SchemaTest, our_own_names_are_refused) {
    schema_.table("_ids").key<int>("k");
    expect_refused("Perdure's own");
}

TEST(TypeNumber, is_that_of_name_and_layout) {
    EXPECT_EQ(type_number<game::Position>(), type_number<game::Position>());
    EXPECT_NE(type_number<game::Position>(), type_number<game::Frozen>());
    StructShape shape = struct_shape<game::Position>();
    EXPECT_EQ(detail::type_number_of(shape), type_number<game::Position>());
    shape.fields[1].offset += 4;
    EXPECT_NE(detail::type_number_of(shape), type_number<game::Position>());
    shape = struct_shape<game::Position>();
    shape.name = "Elsewhere";
    EXPECT_NE(detail::type_number_of(shape), type_number<game::Position>());
}

// As the struct of a second library would be that was given the first one's number.
struct Shifty {
    std::int32_t a = 0;
};
StructShape perdure_shape(Reflect<Shifty>) {
    static int asked = 0;
    StructShape shape = detail::begin_shape<Shifty>("Shifty");
    const Shifty value;
    detail::add_field(shape, value, ++asked == 1 ? "a" : "b", value.a);
    return shape;
}

TEST_F(SchemaTest, structs_with_the_number_of_another_layout_are_refused) {
    schema_.component<Shifty>();
    expect_refused("-fno-gnu-unique");
}

}  // namespace
}  // namespace perdure
