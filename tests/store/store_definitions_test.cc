// Tables come to be and change with their definitions; rows of any version read as any other.
#include "model/convert.h"
#include "model/widen.h"
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

TEST_P(StoreDefinitions, a_default_that_is_no_number_is_the_same_when_it_comes_again) {
    const float none = std::numeric_limits<float>::quiet_NaN();
    const TableDefinition second =
        next_version(table, "", {column("heat", 0, ColumnKind::f32, none)});
    ASSERT_OK(world.define(second));
    ASSERT_OK(world.define(second));
    EXPECT_EQ(world.store().definitions()->size(), 2U);
    TableDefinition other = second;
    other.columns.back().default_value = 0.0F;
    EXPECT_EQ(world.define(other).code(), Code::incompatible);
}

TEST_P(StoreDefinitions, an_added_column_reads_as_its_default_in_old_rows) {
    const auto optional = [](Column column) {
        column.nullable = true;
        return column;
    };
    const TableDefinition second = next_version(
        table, "",
        {column("tenth", 0, ColumnKind::f32, 0.1F), column("third", 0, ColumnKind::f64, 1.0 / 3),
         column("minus", 0, ColumnKind::f64, -0.0), column("whole", 0, ColumnKind::f32, -3.0F),
         column("count", 0, ColumnKind::i64, std::numeric_limits<std::int64_t>::min()),
         column("big", 0, ColumnKind::u64, ~std::uint64_t{0}),
         column("on", 0, ColumnKind::boolean, true),
         column("name", 0, ColumnKind::text, "it's 'new'"), column("plain", 0, ColumnKind::u8),
         column("raw", 0, ColumnKind::bytes, Bytes(2, std::byte{0xAB})),
         column("key", 0, ColumnKind::uuid), optional(column("note", 0, ColumnKind::text)),
         optional(column("seven", 0, ColumnKind::u16, 7)),
         optional(column("warm", 0, ColumnKind::f32, 0.1F)),
         optional(column("cold", 0, ColumnKind::f64, -0.0))});
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
    other.columns[1].type = of(ColumnKind::i32);
    refused(other, {"column x", "f32", "i32", "no wider one"});
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
    other = named_values();
    other.id = 78;
    refused(other, {other.name, "78"});
}

// A table of every way to widen, with rows of the first version whose cells are all there, and one
// row from before most columns.
class StoreWidening : public StoreDefinitions {
protected:
    void SetUp() override {
        StoreDefinitions::SetUp();
        first = next_version(
            table, "",
            {column("i", 0, ColumnKind::i8, -5), column("u", 0, ColumnKind::u32, 7U),
             column("t", 0, ColumnKind::text, "it's"), column("f", 0, ColumnKind::f32, -0.0F),
             column("g", 0, ColumnKind::f32, 0.1F), column("h", 0, ColumnKind::f32, nan),
             column("b", 0, ColumnKind::boolean, true)});
        ASSERT_OK(world.define(first));
        ASSERT_OK(world.upsert(first, {{{"id", 2},
                                        {"x", nan},
                                        {"i", -128},
                                        {"u", 4'294'967'295U},
                                        {"t", "two"},
                                        {"f", nan},
                                        {"g", -0.0F},
                                        {"h", 2.5F},
                                        {"b", false}}}));
    }
    static TableDefinition wider(TableDefinition from, bool nullable) {
        ++from.version;
        for (std::size_t index = 1; index < from.columns.size(); ++index) {
            Column& each = from.columns[index];
            ColumnType type = each.type;
            if (type.kind == ColumnKind::i8)
                type = of(ColumnKind::i16);
            else if (type.kind == ColumnKind::i16)
                type = of(ColumnKind::i64);
            else if (type.kind == ColumnKind::u32)
                type = of(ColumnKind::i64);
            else if (type.kind == ColumnKind::f32)
                type = of(ColumnKind::f64);
            each.default_value = widened(each.type, type, each.default_value);
            each.type = type;
            each.nullable = each.nullable || nullable;
        }
        return from;
    }
    // All rows as `wanted`, of a store that was never anything else.
    std::string expected(const TableDefinition& wanted) {
        const Batch one =
            *convert(test::batch_of(table, {{{"id", 1}, {"x", 1.0F}, {"y", 10.0F}}}), wanted);
        const Batch two = *convert(test::batch_of(first, {{{"id", 2},
                                                           {"x", nan},
                                                           {"i", -128},
                                                           {"u", 4'294'967'295U},
                                                           {"t", "two"},
                                                           {"f", nan},
                                                           {"g", -0.0F},
                                                           {"h", 2.5F},
                                                           {"b", false}}}),
                                   wanted);
        return rows_text(one) + " | " + rows_text(two);
    }

    const float nan = std::numeric_limits<float>::quiet_NaN();
    TableDefinition first;
};
INSTANTIATE_TEST_SUITE_P(Stores, StoreWidening, every_backend(), backend_name);

TEST_P(StoreWidening, every_cell_keeps_its_value_and_its_bits) {
    const TableDefinition second = wider(first, false);
    ASSERT_OK(world.define(second));
    EXPECT_EQ(world.rows(second), expected(second));
    ASSERT_OK(world.upsert(second, {{{"id", 3}, {"i", 32'767}, {"f", -0.0}}}));
    world.reopen();
    const TableDefinition third = wider(second, true);
    ASSERT_OK(world.define(third));
    ASSERT_OK(world.erase(third, {{{"id", 3}}}));
    EXPECT_EQ(world.rows(third), expected(third));
}

TEST_P(StoreWidening, null_may_stand_where_it_could_not_and_defaults_stay) {
    const TableDefinition second = wider(first, true);
    ASSERT_OK(world.define(second));
    EXPECT_EQ(world.rows(second), expected(second));
    ASSERT_OK(world.upsert(second, {{{"id", 2}, {"i", Value()}, {"f", Value()}, {"t", Value()}}}));
    ASSERT_OK(world.erase(second, {{{"id", 1}}}));
    world.reopen();
    EXPECT_EQ(world.rows(second),
              rows_text(test::batch_of(
                  second, {{{"id", 2}, {"i", Value()}, {"f", Value()}, {"t", Value()}}})));
}

TEST_P(StoreWidening, a_snapshot_from_before_reads_as_the_wider_version) {
    const TableDefinition second = wider(first, true);
    const auto before = world.snapshot();
    ASSERT_OK(world.define(second));
    EXPECT_EQ(rows_text(World::all(*before, second)), expected(second));
    expect_refused(world.snapshot()->scan(first, nullptr, 0, 10).status(), Code::incompatible,
                   {"position", "version"});
}

TEST_P(StoreWidening, rows_of_a_narrower_version_are_taken) {
    const TableDefinition second = wider(first, true);
    ASSERT_OK(world.define(second));
    ASSERT_OK(world.upsert(first, {{{"id", 1}, {"i", -7}, {"f", -0.0F}}}));
    EXPECT_EQ(world.rows(second).substr(0, 5), "id=1 ");
    EXPECT_NE(world.rows(second).find("i=-7 "), std::string::npos) << world.rows(second);
}

TEST_P(StoreDefinitions, a_table_is_renamed_and_its_name_free) {
    TableDefinition second = table;
    ++second.version;
    second.name = "place";
    std::swap(second.columns[1].name, second.columns[2].name);
    ASSERT_OK(world.define(second));
    EXPECT_EQ(world.rows(second), "id=1 y=1 x=10");
    TableDefinition other = named_values();
    other.name = table.name;
    ASSERT_OK(world.define(other));
    EXPECT_EQ(world.count(other), 0U);
    world.reopen();
    EXPECT_EQ(world.rows(second), "id=1 y=1 x=10");
    EXPECT_EQ(world.count(other), 0U);
}

TEST_P(StoreDefinitions, what_a_removed_column_holds_is_dropped_for_good) {
    const std::uint16_t x = table.columns[1].number;
    const auto drop = [&](std::uint16_t number) {
        return world.store().drop_removed(world.fence(), table, std::span(&number, 1));
    };
    expect_refused(drop(x), Code::invalid, {"column x", "in use"});
    const TableDefinition second = next_version(table, "x", {});
    ASSERT_OK(world.define(second));
    ASSERT_OK(drop(x));
    ASSERT_OK(drop(x));  // there is nothing left
    ASSERT_OK(world.upsert(second, {{{"id", 2}, {"y", 20.0F}}}));
    world.reopen();
    EXPECT_EQ(world.rows(second), "id=1 y=10 | id=2 y=20");
    Fence fence = world.fence();
    --fence.expected.lsn;
    expect_refused(world.store().drop_removed(fence, second, std::span(&x, 1)), Code::conflict,
                   {"LSN"});
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
