#include "model/structs.h"

#include <gtest/gtest.h>

#include "model/components.h"
#include "model/tables.h"

namespace perdure {
namespace {

constexpr ColumnType id_type = test::type_of(ColumnKind::id);

TEST(Structs, the_definition_has_the_key_and_the_fields) {
    const TableDefinition table = definition_of(struct_shape<game::Fixed>(), "entity", id_type);
    EXPECT_TRUE(table.validate().ok());
    EXPECT_EQ(table.name, "Fixed");
    EXPECT_EQ(table.key_columns, 1);
    EXPECT_EQ(table.columns[0].name, "entity");
    EXPECT_EQ(table.columns[0].type, id_type);
    EXPECT_EQ(table.columns.size(), 19U);
    EXPECT_EQ(table.columns[1].default_value, Value(true));
}

TEST(Structs, a_tag_is_a_table_of_keys) {
    const TableDefinition table = definition_of(struct_shape<game::Frozen>(), "entity", id_type);
    EXPECT_TRUE(table.validate().ok());
    EXPECT_EQ(table.columns.size(), 1U);
}

TEST(Structs, the_plan_finds_fields_by_name_in_any_case_and_order) {
    const StructShape shape = struct_shape<game::Position>();
    TableBuilder builder("Position");
    builder.key<Entity>("entity").column<float>("Z").column<int>("gone").column<float>("X");
    const StructPlan plan = plan_structs(shape, builder.definition());
    ASSERT_EQ(plan.fields.size(), 3U);
    EXPECT_EQ(plan.fields[0], &shape.fields[2]);
    EXPECT_EQ(plan.fields[1], nullptr);
    EXPECT_EQ(plan.fields[2], &shape.fields[0]);
}

TEST(Structs, a_plan_against_another_type_is_a_bug) {
    const StructShape shape = struct_shape<game::Position>();
    TableBuilder builder("Position");
    builder.key<Entity>("entity").column<int>("x");
    EXPECT_DEATH((void)plan_structs(shape, builder.definition()), "type");
}

}  // namespace
}  // namespace perdure
