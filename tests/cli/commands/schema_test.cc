#include "cli/commands/schema.h"

#include <fstream>
#include <functional>

#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "perdure/world.h"

namespace perdure::cli {

struct Knows {
    std::int32_t since = 0;
};
PERDURE_COMPONENT(Knows, since);
struct Rank {
    std::int32_t value = 0;
};
PERDURE_COMPONENT(Rank, value);

namespace {

class SchemaCommand : public ProgramTest {
protected:
    using Columns = std::function<void(TableBuilder&)>;

    // A short life of a program that knows this table.
    void live_with(const Columns& columns, const std::function<void(Schema&)>& more = nullptr) {
        Schema schema;
        TableBuilder& table = schema.table("trades");
        table.key<std::uint64_t>("tick");
        columns(table);
        if (more) more(schema);
        const auto opened = World::open(world(), schema);
        ASSERT_TRUE(opened.ok()) << opened.status().text();
        World& world = **opened;
        ASSERT_TRUE(world.tick().put("trades", {{"tick", world.next_tick()}}).ok());
        ASSERT_TRUE(world.commit({.wait = true}).ok());
        ASSERT_TRUE(world.close().ok());
    }
    void live_twice() {
        live_with([](TableBuilder& table) {
            table.column<std::int32_t>("amount").column<std::string>("note");
        });
        live_with([](TableBuilder& table) { table.column<std::int64_t>("price"); },
                  [](Schema& schema) { schema.renamed_field("trades", "amount", "price"); });
    }
    nlohmann::json shown_table(const std::string& name) {
        const Ran ran = run({"schema", "show", world(), "--json"});
        EXPECT_EQ(ran.exit_code, 0) << ran.err;
        const auto json = nlohmann::json::parse(ran.out);
        for (const auto& table : json["tables"]) {
            if (table["name"] == name) return table;
        }
        return {};
    }
};

TEST_F(SchemaCommand, shows_tables_fields_numbers_and_since_when) {
    live_twice();
    const Ran ran = run({"schema", "show", world()});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    for (const char* part : {"trades (table, id ", "version 2 since LSN", "number  field", "price",
                             "i64", "key", "removed at LSN", "kept in SQL"}) {
        EXPECT_TRUE(ran.says(part)) << part << " in " << ran.out;
    }
    const auto table = shown_table("trades");
    EXPECT_EQ(table["version"], 2);
    EXPECT_EQ(table["columns"][1]["name"], "price");
    EXPECT_EQ(table["columns"][1]["number"], 2);
    EXPECT_EQ(table["columns"][1]["since"], table["since"]);
    EXPECT_EQ(table["removed"][0]["name"], "note");
    EXPECT_EQ(table["removed"][0]["until"], table["lsn"]);
    EXPECT_EQ(table["removed"][0]["in_sql"], true);
}

TEST_F(SchemaCommand, tells_how_a_world_came_to_be_so) {
    live_twice();
    const Ran ran = run({"schema", "diff", world()});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    for (const char* part : {": trades is new\n", "trades.amount becomes price\n",
                             "trades.amount i32, then i64\n", "trades.note is gone: text\n"}) {
        EXPECT_TRUE(ran.says(part)) << part << " in " << ran.out;
    }
}

TEST_F(SchemaCommand, compares_with_another_world_and_with_a_dump) {
    live_twice();
    std::ofstream(path("dump.json")) << run({"schema", "show", world(), "--json"}).out;
    EXPECT_EQ(run({"schema", "diff", world(), path("dump.json")}).exit_code, 0);
    EXPECT_EQ(run({"schema", "diff", world(), world()}).exit_code, 0);
    live_with([](TableBuilder& table) {
        table.column<std::int64_t>("price").column<std::array<float, 3>>("place");
    });
    const Ran ran = run({"schema", "diff", path("dump.json"), world(), "--json"});
    EXPECT_EQ(ran.exit_code, 1) << ran.err;
    const auto line = nlohmann::json::parse(ran.out);
    EXPECT_EQ(line["table"], "trades");
    EXPECT_EQ(line["field"], "place");
    EXPECT_EQ(line["what"], "is new: array<f32,3>");
    std::ofstream(path("dump.json")) << run({"schema", "show", world(), "--json"}).out;
    EXPECT_EQ(run({"schema", "diff", world(), path("dump.json")}).exit_code, 0);
    std::ofstream(path("no.json")) << "{}";
    expect_refused(run({"schema", "diff", world(), path("no.json")}),
                   "no.json is not what perdure");
}

TEST_F(SchemaCommand, tells_relations_from_components) {
    live_with([](TableBuilder&) {},
              [](Schema& schema) { schema.relation<Knows>().component<Rank>(); });
    const Ran ran = run({"schema", "show", world()});
    EXPECT_TRUE(ran.says("Knows (relation, id ")) << ran.out;
    EXPECT_TRUE(ran.says("Rank (component, id ")) << ran.out;
    EXPECT_EQ(shown_table("Knows")["relation"], true);
    EXPECT_EQ(shown_table("Knows")["component"], false);
    EXPECT_EQ(shown_table("Rank")["relation"], false);
    std::ofstream(path("dump.json")) << run({"schema", "show", world(), "--json"}).out;
    const Ran same = run({"schema", "diff", world(), path("dump.json")});
    EXPECT_EQ(same.exit_code, 0) << same.out;
}

TEST_F(SchemaCommand, drops_what_a_removed_field_held_and_nothing_else) {
    live_twice();
    expect_refused(run({"schema", "drop", world(), "trades"}), "'trades' is no table.field");
    expect_refused(run({"schema", "drop", world(), "nobody.note"}), "no table nobody");
    expect_refused(run({"schema", "drop", world(), "trades.amount"}), "no removed field amount");
    EXPECT_TRUE(
        run({"schema", "drop", world(), "trades.price"}).complains("trades.price is in use"));
    const Ran ran = run({"schema", "drop", world(), "trades.note"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_EQ(ran.out, "dropped what trades.note held\n");
    EXPECT_EQ(shown_table("trades")["removed"][0]["in_sql"], false);
    EXPECT_TRUE(run({"schema", "show", world()}).says(", dropped"));
    expect_refused(run({"schema", "drop", world(), "trades.note"}), "no removed field note");
    EXPECT_EQ(run({"verify", world()}).exit_code, 0);
}

TEST_F(SchemaCommand, refuses_what_is_no_world) {
    expect_refused(run({"schema", "show", path("nowhere")}), "nowhere");
    EXPECT_EQ(run({"schema"}).exit_code, 2);
}

}  // namespace
}  // namespace perdure::cli
