// Tables come to be and change with their definitions; rows of any version read as any other.
#include "store/language.h"

namespace perdure::store {
namespace {

Column column(std::string name, std::uint16_t number, ColumnKind kind, Value default_value = {}) {
    return {std::move(name), number, of(kind), false, std::move(default_value)};
}

// The next version: `removed` is left out, `added` comes last.
TableDefinition next_version(TableDefinition table, std::string_view removed,
                             std::vector<Column> added) {
    ++table.version;
    std::erase_if(table.columns, [&](const Column& each) { return each.name == removed; });
    for (Column& each : added) {
        if (each.number == 0) each.number = table.next_column_number++;
        table.columns.push_back(std::move(each));
    }
    return table;
}

class StoreDefinitions : public StoreTest {
protected:
    void SetUp() override {
        ASSERT_OK(world.define(table));
        ASSERT_OK(world.upsert(table, {{{"id", 1}, {"x", 1.0F}, {"y", 10.0F}}}));
    }

    TableDefinition table = positions();
};
INSTANTIATE_TEST_SUITE_P(Stores, StoreDefinitions, every_backend(), backend_name);

TEST_P(StoreDefinitions, every_version_is_kept_in_order) {
    const TableDefinition second = next_version(table, "", {column("z", 0, ColumnKind::f32)});
    const TableDefinition third = next_version(second, "y", {});
    const TableDefinition other = named_values();
    ASSERT_OK(world.define(second));
    ASSERT_OK(world.define(other));
    ASSERT_OK(world.define(third));
    const std::vector<TableDefinition> expected{table, second, other, third};
    EXPECT_EQ(*world.store().definitions(), expected);
    world.reopen();
    EXPECT_EQ(*world.store().definitions(), expected);
}

TEST_P(StoreDefinitions, an_added_column_reads_as_its_default_in_old_rows) {
    Column note = column("note", 0, ColumnKind::text);
    note.nullable = true;
    const TableDefinition second = next_version(
        table, "",
        {column("tenth", 0, ColumnKind::f32, 0.1F), column("third", 0, ColumnKind::f64, 1.0 / 3),
         column("minus", 0, ColumnKind::f64, -0.0), column("whole", 0, ColumnKind::f32, -3.0F),
         column("count", 0, ColumnKind::i64, std::numeric_limits<std::int64_t>::min()),
         column("big", 0, ColumnKind::u64, ~std::uint64_t{0}),
         column("on", 0, ColumnKind::boolean, true),
         column("name", 0, ColumnKind::text, "it's 'new'"), column("plain", 0, ColumnKind::u8),
         column("raw", 0, ColumnKind::bytes, Bytes(2, std::byte{0xAB})),
         column("key", 0, ColumnKind::uuid), note});
    ASSERT_OK(world.define(second));
    ASSERT_OK(world.upsert(second, {{{"id", 2}, {"x", 2.0F}, {"name", "two"}, {"note", "n"}}}));
    const std::string expected = rows_text(
        test::batch_of(second, {{{"id", 1}, {"x", 1.0F}, {"y", 10.0F}},
                                {{"id", 2}, {"x", 2.0F}, {"name", "two"}, {"note", "n"}}}));
    EXPECT_EQ(world.rows(second), expected);
    world.reopen();
    EXPECT_EQ(world.rows(second), expected);
}

TEST_P(StoreDefinitions, a_removed_column_is_gone_and_its_name_free) {
    const TableDefinition second = next_version(table, "x", {});
    const TableDefinition third =
        next_version(second, "", {column("x", 0, ColumnKind::text, "new")});
    ASSERT_OK(world.define(second));
    EXPECT_EQ(world.rows(second), "id=1 y=10");
    ASSERT_OK(world.upsert(second, {{{"id", 2}, {"y", 20.0F}}}));
    ASSERT_OK(world.define(third));
    EXPECT_EQ(world.rows(third), "id=1 y=10 x=new | id=2 y=20 x=new");
    world.reopen();
    EXPECT_EQ(world.rows(third), "id=1 y=10 x=new | id=2 y=20 x=new");
}

TEST_P(StoreDefinitions, names_may_change_hands) {
    TableDefinition second = table;
    ++second.version;
    std::swap(second.columns[1].name, second.columns[2].name);
    ASSERT_OK(world.define(second));
    EXPECT_EQ(world.rows(second), "id=1 y=1 x=10");
}

TEST_P(StoreDefinitions, a_table_may_gain_its_first_real_column) {
    const TableDefinition plain = table_of(9, "plain", 1, {{"id", of(ColumnKind::id)}});
    ASSERT_OK(world.define(plain));
    ASSERT_OK(world.upsert(plain, {{{"id", 1}}}));
    const TableDefinition second =
        next_version(plain, "", {column("x", 0, ColumnKind::f32, -0.0F)});
    ASSERT_OK(world.define(second));
    ASSERT_OK(world.upsert(second, {{{"id", 2}, {"x", std::numeric_limits<float>::quiet_NaN()}}}));
    EXPECT_EQ(world.rows(second), "id=1 x=-0 | id=2 x=0x0000c07f");
}

TEST_P(StoreDefinitions, rows_read_as_any_version_that_is_asked_for) {
    const TableDefinition second =
        next_version(table, "x", {column("z", 0, ColumnKind::f32, 7.0F)});
    const auto before = world.snapshot();
    ASSERT_OK(world.define(second));
    ASSERT_OK(world.upsert(second, {{{"id", 2}, {"y", 20.0F}, {"z", 2.0F}}}));
    EXPECT_EQ(world.rows(table), "id=1 x=0 y=10 | id=2 x=0 y=20");
    EXPECT_EQ(rows_text(World::all(*before, second)), "id=1 y=10 z=7");
    EXPECT_EQ(rows_text(World::all(*before, table)), "id=1 x=1 y=10");
}

TEST_P(StoreDefinitions, rows_of_an_older_version_are_taken) {
    const TableDefinition second =
        next_version(table, "x", {column("z", 0, ColumnKind::f32, 7.0F)});
    ASSERT_OK(world.define(second));
    ASSERT_OK(world.upsert(table, {{{"id", 5}, {"x", 5.0F}, {"y", 50.0F}}}));
    ASSERT_OK(world.erase(table, {{{"id", 1}}}));
    EXPECT_EQ(world.rows(second), "id=5 y=50 z=7");
}

TEST_P(StoreDefinitions, a_category_changes_nothing_else) {
    TableDefinition second = table;
    ++second.version;
    second.category = "economy";
    ASSERT_OK(world.define(second));
    EXPECT_EQ(world.rows(second), "id=1 x=1 y=10");
    EXPECT_EQ(world.store().definitions()->back().category, "economy");
}

TEST_P(StoreDefinitions, the_same_again_is_fine_and_changes_nothing) {
    ASSERT_OK(world.define(table));
    EXPECT_EQ(world.store().definitions()->size(), 1U);
    EXPECT_EQ(world.store().watermarks()->visible.lsn, 3U);
}

TEST_P(StoreDefinitions, what_a_table_cannot_become_is_refused_with_the_difference) {
    const auto refused = [&](const TableDefinition& definition,
                             std::initializer_list<std::string_view> words) {
        const std::array definitions{named_values(), definition};
        expect_refused(world.step(std::span<const TableDefinition>(definitions)),
                       Code::incompatible, words);
        EXPECT_EQ(world.store().definitions()->size(), 1U);
        EXPECT_EQ(world.rows(table), "id=1 x=1 y=10");
    };
    TableDefinition other = table;
    other.version = 2;
    other.columns[1].type = of(ColumnKind::f64);
    refused(other, {"column x", "f32", "f64"});
    other = table;
    other.version = 2;
    other.columns[1].nullable = true;
    refused(other, {"column x", "nullable"});
    other = next_version(table, "", {});
    other.columns[0].number = other.next_column_number++;
    refused(other, {"position", "key"});
    other = table;
    other.columns[1].name = "changed";
    refused(other, {"position", "version 1"});
    other = table;
    other.version = 2;
    other.append_only = true;
    refused(other, {"append-only"});
    other = table;
    other.id = 77;
    refused(other, {"position", "77"});
    other = table;
    other.version = 2;
    other.name = "place";
    refused(other, {"place", "position"});
}

TEST_P(StoreDefinitions, definitions_obey_the_fence) {
    const TableDefinition other = named_values();
    Fence fence = world.fence();
    --fence.expected.lsn;
    expect_refused(world.store().apply(fence, world.next(), std::span(&other, 1)), Code::conflict,
                   {"LSN"});
    EXPECT_EQ(world.store().definitions()->size(), 1U);
    ASSERT_OK(world.define(other));
    EXPECT_EQ(world.count(other), 0U);
}

}  // namespace
}  // namespace perdure::store
