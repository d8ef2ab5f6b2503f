#include "model/field_value.h"

#include <gtest/gtest.h>

#include "model/components.h"
#include "model/structs.h"
#include "model/tables.h"

namespace perdure {
namespace {

// Every field of the value as a Value, compared with what a batch of it holds.
template <typename T>
void expect_values_as_gathered(const T& value) {
    const StructShape shape = struct_shape<T>();
    const TableDefinition table =
        test::numbered(definition_of(shape, "entity", test::type_of(ColumnKind::id)));
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    const std::uint64_t id = 5;
    const Batch batch =
        *gather_structs(table, plan_structs(shape, table), {&id, 1}, {&bytes, 1}, nullptr);
    for (std::size_t index = 0; index < shape.fields.size(); ++index) {
        EXPECT_TRUE(
            test::same_bits(field_value(shape.fields[index], bytes), batch.value(index + 1, 0)))
            << shape.fields[index].name;
    }
}

TEST(FieldValue, is_what_a_batch_of_the_struct_holds) {
    expect_values_as_gathered(game::Fixed{});
    expect_values_as_gathered(game::Words{});
    expect_values_as_gathered(game::Optionals{});
    game::Optionals full;
    full.flag = true;
    full.u64 = 7;
    full.text = "text";
    full.mood = game::Mood::calm;
    full.array = std::array<float, 3>{1, 2, 3};
    expect_values_as_gathered(full);
}

}  // namespace
}  // namespace perdure
