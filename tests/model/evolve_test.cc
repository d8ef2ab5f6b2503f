// What a declared table means for a world that has it otherwise.
#include "model/evolve.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "model/fill.h"
#include "model/tables.h"

namespace perdure {
namespace {

TableBuilder things() {
    TableBuilder table("things");
    table.key<std::uint64_t>("id");
    return table;
}

class EvolveTest : public testing::Test {
protected:
    // A version of the program; `things` is declared by the test.
    Status validate(const Schema& schema) { return schema.validate(); }

    Result<TablePlan> plan(const Schema& schema) {
        PERDURE_TRY(schema.validate());
        return plan_table(catalog_, schema.tables().front().definition(), schema.evolution());
    }
    TableDefinition declare(const Schema& schema) {
        auto planned = plan(schema);
        EXPECT_TRUE(planned.ok()) << planned.status().text();
        if (!planned.ok() || !planned->to) return {};
        if (planned->between) {
            EXPECT_TRUE(catalog_.add(*planned->between).ok());
        }
        const Status added = catalog_.add(*planned->to);
        EXPECT_TRUE(added.ok()) << added.text();
        return *planned->to;
    }
    // "1:id 2:a 4:b"
    static std::string columns(const TableDefinition& table) {
        std::string text;
        for (const Column& column : table.columns) {
            text += (text.empty() ? "" : " ") + std::to_string(column.number) + ":" + column.name;
        }
        return text;
    }
    void expect_refused(const Schema& schema, std::vector<std::string> words,
                        Code code = Code::incompatible) {
        const Status status = plan(schema).status();
        EXPECT_EQ(status.code(), code) << status.text();
        for (const std::string& word : words) {
            EXPECT_NE(status.message().find(word), std::string_view::npos)
                << word << " in: " << status.message();
        }
    }
    static Schema with(const TableBuilder& table) {
        Schema schema;
        schema.table("things") = table;
        return schema;
    }

    Catalog catalog_;
};

TEST_F(EvolveTest, a_written_number_is_the_field_whatever_its_name) {
    declare(with(things().column<int>("a").column<int>("b")));
    const auto next =
        declare(with(things().column<int>("c", {.number = 3}).column<int>("b", {.number = 2})));
    EXPECT_EQ(columns(next), "1:id 3:c 2:b");
}

TEST_F(EvolveTest, a_new_table_takes_written_numbers_and_gives_others_around_them) {
    const auto table =
        declare(with(things().column<int>("a").column<int>("b", {.number = 2}).column<int>("c")));
    EXPECT_EQ(columns(table), "1:id 3:a 2:b 4:c");
    EXPECT_EQ(table.next_column_number, 5);
    const auto next = declare(with(things().column<int>("d", {.number = 9}).column<int>("e")));
    EXPECT_EQ(columns(next), "1:id 9:d 10:e");
    EXPECT_EQ(next.next_column_number, 11);
}

TEST_F(EvolveTest, written_numbers_that_clash_are_refused) {
    declare(with(things().column<int>("a").column<int>("b")));
    expect_refused(
        with(things().column<int>("a", {.number = 7})),
        {"table things, column a", "writes the number 7", "the world gave it 2", "write 2"});
    expect_refused(with(things().column<int>("a", {.number = 2}).column<int>("b", {.number = 2})),
                   {"a and b have the number 2"}, Code::invalid);
    declare(with(things().column<int>("a")));
    expect_refused(with(things().column<int>("a").column<int>("c", {.number = 3})),
                   {"column c", "number 3 belonged to a column that was removed", "from 4 on"});
    expect_refused(with(things().column<int>("a", {.number = 65'535})), {"up to 65534"},
                   Code::invalid);
    expect_refused(with(things().column<std::string>("z", {.number = 2})),
                   {"column z", "i32 under the name a", "text", "name and number"});
}

TEST_F(EvolveTest, numbers_of_components_are_of_fields_that_exist) {
    TableDefinition table = things().column<int>("a").definition();
    EXPECT_TRUE(write_numbers("component", table, {{"a", 5}}).ok());
    EXPECT_EQ(table.columns[1].number, 5);
    EXPECT_EQ(write_numbers("component", table, {{"b", 5}}).message(),
              "component things has no field b to give the number 5");
}

TEST_F(EvolveTest, a_declared_rename_keeps_the_field_and_may_stay_declared) {
    declare(with(things().column<int>("a")));
    Schema second = with(things().column<int>("b"));
    second.renamed_field("things", "a", "b");
    EXPECT_EQ(columns(declare(second)), "1:id 2:b");
    EXPECT_EQ(plan(second)->to, std::nullopt);
    Schema third = with(things().column<int>("c").column<int>("a"));
    third.renamed_field("things", "a", "b").renamed_field("things", "b", "c");
    EXPECT_EQ(columns(declare(third)), "1:id 2:c 3:a") << "and the old name may be used again";
    EXPECT_EQ(plan(third)->to, std::nullopt);
    Catalog old;  // a world two versions back
    ASSERT_TRUE(old.add(*catalog_.find(1, 1)).ok());
    EXPECT_EQ(columns(*plan_table(old, third.tables().front().definition(), third.evolution())->to),
              "1:id 2:c 3:a");
}

TEST_F(EvolveTest, a_key_may_be_renamed_and_nothing_else) {
    declare(with(things()));
    Schema schema;
    schema.table("things").key<std::uint64_t>("number");
    schema.renamed_field("things", "id", "number");
    EXPECT_EQ(columns(declare(schema)), "1:number");
}

TEST_F(EvolveTest, a_table_is_renamed_and_its_old_name_is_free) {
    declare(with(things()));
    Schema schema;
    schema.table("goods").key<std::uint64_t>("id");
    schema.renamed("things", "stuff").renamed("stuff", "goods");
    EXPECT_EQ(declare(schema).id, 1U);
    EXPECT_EQ(catalog_.find("things"), nullptr);
    EXPECT_EQ(catalog_.find("goods")->version, 2U);
    EXPECT_EQ(plan(schema)->to, std::nullopt);
    EXPECT_EQ(declare(with(things())).id, 2U);
}

TEST_F(EvolveTest, a_new_table_may_take_the_name_that_another_leaves_at_the_same_time) {
    declare(with(things()));
    Schema schema;
    schema.table("things").key<std::string>("name");
    schema.table("goods").key<std::uint64_t>("id");
    schema.renamed("things", "goods");
    ASSERT_TRUE(schema.validate().ok());
    EXPECT_EQ(plan(schema)->to->version, 1U) << "a table of its own";
    EXPECT_EQ(plan_table(catalog_, schema.tables().back().definition(), schema.evolution())->to->id,
              1U);
}

// The chain goes on to its end; what has a name in the middle of it today is something new.
TEST_F(EvolveTest, a_chain_of_renames_leads_past_a_name_that_is_used_again) {
    Schema schema;
    schema.table("goods").key<std::uint64_t>("id");
    schema.table("stuff").key<std::uint64_t>("id");
    schema.renamed("things", "stuff").renamed("stuff", "goods");
    ASSERT_TRUE(schema.validate().ok());
    for (const char* name : {"things", "stuff"}) {
        Catalog world;  // one version back, and two
        TableDefinition had = *plan_table(world, things().definition(), {})->to;
        had.name = name;
        ASSERT_TRUE(world.add(had).ok());
        const auto goods =
            plan_table(world, schema.tables().front().definition(), schema.evolution());
        const auto stuff =
            plan_table(world, schema.tables().back().definition(), schema.evolution());
        ASSERT_TRUE(goods.ok()) << goods.status().text();
        ASSERT_TRUE(stuff.ok()) << stuff.status().text();
        EXPECT_EQ(goods->to->version, 2U) << name;
        EXPECT_EQ(goods->to->id, had.id) << name;
        EXPECT_EQ(stuff->to->version, 1U) << name;
    }
}

TEST_F(EvolveTest, a_chain_of_renamed_fields_leads_past_a_name_whatever_their_order) {
    declare(with(things().column<int>("a")));
    for (const bool late : {false, true}) {
        TableBuilder table = things();
        if (late) table.column<int>("b");
        table.column<int>("c");
        if (!late) table.column<int>("b");
        Schema schema = with(table);
        schema.renamed_field("things", "a", "b").renamed_field("things", "b", "c");
        EXPECT_EQ(columns(*plan(schema)->to), late ? "1:id 3:b 2:c" : "1:id 2:c 3:b");
    }
}

// A world that has both names never went through the chain: who gets the one in the middle?
TEST_F(EvolveTest, two_renames_at_once_are_refused) {
    declare(with(things().column<int>("a").column<int>("b")));
    Schema fields = with(things().column<int>("b").column<int>("c"));
    fields.renamed_field("things", "a", "b").renamed_field("things", "b", "c");
    expect_refused(fields, {"field b", "a is renamed to its name", "two versions"},
                   Code::incompatible);

    Catalog world;
    for (const char* name : {"swaps", "trades"}) {
        TableDefinition had = *plan_table(world, things().definition(), {})->to;
        had.name = name;
        had.id = static_cast<TableId>(world.tables().size() + 1);
        ASSERT_TRUE(world.add(had).ok());
    }
    Schema schema;
    schema.table("trades").key<std::uint64_t>("id");
    schema.table("deals").key<std::uint64_t>("id");
    schema.renamed("swaps", "trades").renamed("trades", "deals");
    const auto trades = plan_table(world, schema.tables().front().definition(), schema.evolution());
    ASSERT_EQ(trades.status().code(), Code::incompatible);
    EXPECT_NE(trades.status().message().find("swaps is renamed to its name"), std::string::npos)
        << trades.status().text();
}

TEST_F(EvolveTest, renames_that_make_no_sense_are_refused) {
    const auto refused = [&](const auto& change, std::vector<std::string> words) {
        Schema schema = with(things().column<int>("a").column<int>("b"));
        change(schema);
        expect_refused(schema, std::move(words), Code::invalid);
    };
    refused([](Schema& it) { it.renamed("x", "y"); },
            {"schema.renamed()", "x is renamed to y", "nothing of that name is declared"});
    refused([](Schema& it) { it.renamed_field("nobody", "x", "y"); }, {"nobody", "no table"});
    refused([](Schema& it) { it.renamed_field("things", "x", "y"); },
            {"of things", "x is renamed to y"});
    refused(
        [](Schema& it) { it.renamed_field("things", "x", "a").renamed_field("things", "x", "b"); },
        {"x is renamed twice", "one chain"});
    refused(
        [](Schema& it) { it.renamed_field("things", "x", "a").renamed_field("things", "y", "a"); },
        {"two names become a"});
    refused(
        [](Schema& it) { it.renamed_field("things", "a", "b").renamed_field("things", "b", "a"); },
        {"in a ring", "write numbers"});
}

TEST_F(EvolveTest, fields_widen_by_themselves_and_keep_number_and_default) {
    declare(with(things().column<std::int8_t>("a", {.default_value = -1}).column<float>("b")));
    const auto next =
        declare(with(things().column<double>("b").column<std::optional<std::int64_t>>("a")));
    EXPECT_EQ(columns(next), "1:id 3:b 2:a");
    EXPECT_EQ(next.columns[2].default_value, Value(-1));
    std::vector<std::byte> bytes;
    encode_definition(next, bytes);
    EXPECT_EQ(bytes[0], std::byte{2}) << "a null with a default needs the second format";
    ByteSpan from(bytes);
    EXPECT_EQ(*decode_definition(from), next);
}

TEST_F(EvolveTest, another_type_is_refused_with_both_and_the_remedies) {
    declare(with(things().column<std::int64_t>("a")));
    expect_refused(with(things().column<std::string>("a")),
                   {"table things, column a", "the world has i64", "the program wants text",
                    "no wider one", "declare it as it was", "schema.convert()", "another name"});
    expect_refused(with(things().column<std::int32_t>("a")), {"i64", "i32"});
    declare(with(things().column<std::optional<std::int64_t>>("a")));
    expect_refused(with(things().column<std::int64_t>("a")), {"the world has i64, may be null"});
}

TEST_F(EvolveTest, a_likely_rename_that_nobody_declared_is_remarked_upon) {
    declare(with(things().column<int>("coins")));
    const auto planned = plan(with(things().column<int>("gold")));
    ASSERT_EQ(planned->remarks.size(), 1U);
    EXPECT_NE(planned->remarks[0].find("coins (i32) is gone and gold is new"), std::string::npos);
    EXPECT_TRUE(plan(with(things().column<std::string>("gold")))->remarks.empty());
}

Result<std::int64_t> number_of(const std::string& text) {
    if (text.empty()) return Status(Code::invalid, "no number");
    return static_cast<std::int64_t>(text.size());
}

TEST_F(EvolveTest, a_conversion_makes_a_new_column_beside_the_old_one) {
    declare(with(things().column<std::string>("a").column<int>("b")));
    Schema schema = with(things().column<std::optional<std::int64_t>>("a").column<int>("b"));
    schema.convert<std::string, std::int64_t>("things", "a", number_of);
    const auto planned = plan(schema);
    ASSERT_TRUE(planned.ok()) << planned.status().text();
    EXPECT_EQ(columns(*planned->between), "1:id 2:a 3:b 4:_converting_4");
    EXPECT_EQ(columns(*planned->to), "1:id 4:a 3:b");
    EXPECT_EQ(planned->between->version, 2U);
    EXPECT_EQ(planned->to->version, 3U);
    const Batch old = test::batch_of(*planned->between, {{{"id", 1U}, {"a", "four"}, {"b", 7}}});
    const Batch filled = *fill_rows(old, 0, 1, *planned);
    EXPECT_EQ(filled.value(3, 0), Value(4));
    EXPECT_EQ(filled.value(2, 0), Value(7));
    const Batch bad = test::batch_of(*planned->between, {{{"id", 9U}}});
    const Status failed = fill_rows(bad, 0, 1, *planned).status();
    for (const char* word : {"table things", "9", "field a", "no number"}) {
        EXPECT_NE(failed.message().find(word), std::string_view::npos) << failed.text();
    }
}

TEST_F(EvolveTest, a_conversion_cut_short_goes_on_in_the_same_columns_or_leaves_nothing) {
    declare(with(things().column<std::string>("a")));
    Schema schema = with(things().column<std::int64_t>("a"));
    schema.convert<std::string, std::int64_t>("things", "a", number_of);
    ASSERT_TRUE(catalog_.add(*plan(schema)->between).ok());
    const auto again = plan(schema);
    EXPECT_TRUE(again->between_is_there);
    EXPECT_EQ(columns(*again->to), "1:id 3:a");
    EXPECT_EQ(again->to->version, 3U);
    const auto back = declare(with(things().column<std::string>("a")));
    EXPECT_EQ(columns(back), "1:id 2:a") << "the old program goes on where it was";
    EXPECT_EQ(back.version, 3U);
    EXPECT_EQ(columns(declare(schema)), "1:id 4:a") << "numbers are not given again";
}

TEST_F(EvolveTest, conversions_make_chains_through_wider_types) {
    declare(with(things().column<std::int16_t>("a")));
    Schema schema = with(things().column<double>("a"));
    schema.convert<std::int32_t, std::string>("things", "a", [](std::int32_t number) {
        return Result<std::string>(std::to_string(number));
    });
    schema.convert<std::string, float>(
        "things", "a", [](const std::string& text) { return Result<float>(std::stof(text)); });
    const auto planned = plan(schema);
    ASSERT_TRUE(planned.ok()) << planned.status().text();
    const Batch old = test::batch_of(*planned->between, {{{"id", 1U}, {"a", -5}}});
    EXPECT_EQ(fill_rows(old, 0, 1, *planned)->value(2, 0), Value(-5.0));
}

TEST_F(EvolveTest, a_row_conversion_runs_once_and_never_in_a_new_table) {
    const auto split = [](const OldRow& from, Row& to) -> Status {
        const Value* name = from.find("name");
        if (name == nullptr) return Status(Code::invalid, "no name");
        to.push_back({"first", *name});
        return {};
    };
    Schema schema =
        with(things().column<std::string>("first").column<int>("last", {.default_value = 5}));
    schema.convert_rows(
        {.table = "things", .name = "split", .writes = {"first", "last"}, .convert = split});
    EXPECT_EQ(plan(schema)->between, std::nullopt) << "of a table that this program makes";
    declare(with(things().column<std::string>("name")));
    const auto planned = plan(schema);
    EXPECT_EQ(columns(*planned->between), "1:id 2:name 3:_converting_3 4:_converting_4");
    EXPECT_EQ(columns(*planned->to), "1:id 3:first 4:last");
    EXPECT_EQ(planned->to->conversions, std::vector<std::string>{"split"});
    const Batch old = test::batch_of(*planned->between, {{{"id", 1U}, {"name", "Ana"}}});
    const Batch filled = *fill_rows(old, 0, 1, *planned);
    EXPECT_EQ(filled.value(2, 0), Value("Ana"));
    EXPECT_EQ(filled.value(3, 0), Value(5)) << "left out: its default";
    declare(schema);
    EXPECT_EQ(plan(schema)->to, std::nullopt);
}

TEST_F(EvolveTest, row_conversions_see_what_the_ones_before_them_made) {
    declare(with(things().column<int>("a")));
    Schema schema = with(things().column<int>("a"));
    const auto times_ten = [](const OldRow& from, Row& to) -> Status {
        to.push_back({"a", *from.find("a")->get_if<std::int64_t>() * 10});
        return {};
    };
    schema.convert_rows({"things", "to_mm", {"a"}, times_ten});
    schema.convert_rows({"things", "to_tenths", {"a"}, times_ten});
    const auto planned = plan(schema);
    const Batch old = test::batch_of(*planned->between, {{{"id", 1U}, {"a", 3}}});
    EXPECT_EQ(fill_rows(old, 0, 1, *planned)->value(2, 0), Value(300));
}

TEST_F(EvolveTest, conversions_that_make_no_sense_are_refused) {
    const auto refused = [&](const auto& change, std::vector<std::string> words) {
        Schema schema = with(things().column<std::int64_t>("a"));
        change(schema);
        expect_refused(schema, std::move(words), Code::invalid);
    };
    const auto same = [](const auto& value) { return Result<std::int64_t>(value); };
    const auto nothing = [](const OldRow&, Row&) { return Status(); };
    refused([&](Schema& it) { it.convert<std::int32_t, std::int64_t>("things", "a", same); },
            {"things.a from i32 to i64", "done by itself", "schema.convert_rows()"});
    refused([&](Schema& it) { it.convert<std::string, std::int64_t>("things", "b", number_of); },
            {"things.b", "no such field"});
    refused([&](Schema& it) { it.convert<std::string, std::int64_t>("things", "id", number_of); },
            {"things.id", "keys do not change"});
    refused([&](Schema& it) { it.convert<std::string, std::int64_t>("nobody", "a", number_of); },
            {"nobody", "no table"});
    refused(
        [&](Schema& it) {
            it.convert<double, std::string>(
                "things", "a", [](double) { return Result<std::string>(std::string()); });
        },
        {"things.a makes text, and the field is i64", "the next conversion"});
    refused([&](Schema& it) { it.convert_rows({"things", "a b", {"a"}, nothing}); }, {"\"a b\""});
    refused([&](Schema& it) { it.convert_rows({"things", "x", {}, nothing}); }, {"x of things"});
    refused(
        [&](Schema& it) {
            it.convert_rows({"things", "x", {"a", "A"}, nothing});
        },
        {"writes A twice"});
    refused(
        [&](Schema& it) {
            it.convert_rows({"things", "x", {"a"}, nothing});
            it.convert_rows({"things", "x", {"a"}, nothing});
        },
        {"two row conversions of things are named x"});
    refused(
        [&](Schema& it) {
            for (std::size_t count = 0; count <= row_conversions_max; ++count) {
                it.convert_rows({"things", "x" + std::to_string(count), {"a"}, nothing});
            }
        },
        {"things has more than 1000 row conversions"});
    refused([](Schema& it) { it.drop("things", "a"); }, {"things.a", "remove the field first"});
    Schema written = with(things().column<std::int64_t>("a").append_only());
    written.convert<std::string, std::int64_t>("things", "a", number_of);
    expect_refused(written, {"append-only", "written once", "another name"}, Code::invalid);
}

TEST_F(EvolveTest, a_row_conversion_gives_only_what_it_writes_and_what_fits) {
    declare(with(things().column<int>("a")));
    const auto failure = [&](Row cells) {
        Schema schema = with(things().column<int>("a"));
        schema.convert_rows({"things", "x", {"a"}, [&](const OldRow&, Row& to) {
                                 to = cells;
                                 return Status();
                             }});
        const auto planned = plan(schema);
        const Batch old = test::batch_of(*planned->between, {{{"id", 1U}, {"a", 3}}});
        return fill_rows(old, 0, 1, *planned).status().text();
    };
    EXPECT_NE(failure({{"b", 1}}).find("b, which is not among what it writes"), std::string::npos);
    EXPECT_NE(failure({{"a", "text"}}).find("column a (i32) cannot hold"), std::string::npos);
}

TEST_F(EvolveTest, a_conversion_of_a_field_with_a_written_number_needs_another_one) {
    declare(with(things().column<std::string>("a")));
    Schema schema = with(things().column<std::int64_t>("a", {.number = 2}));
    schema.convert<std::string, std::int64_t>("things", "a", number_of);
    expect_refused(schema, {"column a", "number 2", "write another number, from 3 on"});
    Schema better = with(things().column<std::int64_t>("a", {.number = 7}));
    better.convert<std::string, std::int64_t>("things", "a", number_of);
    EXPECT_EQ(columns(declare(better)), "1:id 7:a");
    EXPECT_EQ(plan(better)->to, std::nullopt);
}

}  // namespace
}  // namespace perdure
