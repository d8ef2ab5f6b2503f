// What other programs see: store.sqlite, read with plain SQLite while the world lives.
// src/world/views.cc.
#include "world/views.h"

#include <array>
#include <map>
#include <utility>

#include <sqlite3.h>

#include "world/home.h"

namespace perdure {

// As many components as one wants: Marker<0>, Marker<1>, …
template <int Number>
struct Marker {
    std::int32_t value = Number;
};
template <int Number>
StructShape perdure_shape(Reflect<Marker<Number>>) {
    static const std::string name = text::format("Marker{}", Number);
    StructShape shape = detail::begin_shape<Marker<Number>>(name);
    const Marker<Number> initial;
    detail::add_field(shape, initial, "value", initial.value);
    return shape;
}

struct Crowd {  // a component whose table would have a view's name
    std::int32_t size = 0;
};
PERDURE_COMPONENT_AS(Crowd, "Entities_2", size);

// As many wide components as one wants: Wide0 with fields f0, f1, …
template <int Number, std::size_t Fields>
struct Wide {
    std::array<std::int32_t, Fields> values{};
};
template <int Number, std::size_t Fields>
StructShape perdure_shape(Reflect<Wide<Number, Fields>>) {
    static const std::string name = text::format("Wide{}", Number);
    static const std::vector<std::string> fields = [] {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < Fields; ++i) names.push_back(text::format("f{}", i));
        return names;
    }();
    StructShape shape = detail::begin_shape<Wide<Number, Fields>>(name);
    const Wide<Number, Fields> initial;
    for (std::size_t i = 0; i < Fields; ++i) {
        detail::add_field(shape, initial, fields[i], initial.values[i]);
    }
    return shape;
}

namespace {

class ViewsTest : public OnDisk {
protected:
    // The rows of a query, cells separated by blanks.
    Rows query(const std::string& sql) {
        sqlite3* database = nullptr;
        const std::string uri = "file:" + home_.path("store.sqlite") + "?mode=ro";
        EXPECT_EQ(sqlite3_open_v2(uri.c_str(), &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                                  nullptr),
                  SQLITE_OK);
        Rows rows;
        const auto row = [](void* to, int cells, char** texts, char**) {
            std::string text;
            for (int cell = 0; cell < cells; ++cell) {
                if (cell > 0) text += ' ';
                text += texts[cell] != nullptr ? texts[cell] : "NULL";
            }
            static_cast<Rows*>(to)->push_back(text);
            return 0;
        };
        char* error = nullptr;
        EXPECT_EQ(sqlite3_exec(database, sql.c_str(), row, &rows, &error), SQLITE_OK)
            << sql << ": " << error;
        sqlite3_free(error);
        sqlite3_close(database);
        return rows;
    }
};

TEST_F(ViewsTest, a_table_is_a_sql_table_with_real_columns) {
    home_.put("profiles", {{"name", "ana"}, {"level", 7}, {"online", true}});
    home_.put("profiles", {{"name", "bob"}, {"guild", "smiths"}});
    home_.drain();
    EXPECT_EQ(query("SELECT name, level, online, guild FROM profiles ORDER BY name"),
              (Rows{"ana 7 1 NULL", "bob 0 0 smiths"}));
    EXPECT_EQ(query("SELECT sum(level) FROM profiles WHERE online"), Rows{"7"});
}

TEST_F(ViewsTest, the_view_joins_an_entity_with_its_components) {
    const Entity ana = home_.entities().create(EntityKind::player);
    const Entity sword = home_.entities().create(EntityKind::plain, ana);
    home_.entities().set(ana, Purse{5});
    home_.entities().set(ana, Title{"Ana", 7});
    home_.entities().set(sword, Title{"Sword", {}});
    home_.commit();
    home_.drain();
    const std::string id = text::format("{}", ana.id);
    EXPECT_EQ(query("SELECT Purse_coins, Title_text, Title_rank FROM entities WHERE id = " + id),
              Rows{"5 Ana 7"});
    EXPECT_EQ(query("SELECT Purse_coins, Title_text FROM entities WHERE parent = " + id),
              Rows{"NULL Sword"});
}

TEST_F(ViewsTest, it_follows_what_is_drained_beside_the_running_world) {
    home_.entities().set(world_entity, Purse{1});
    home_.commit();
    home_.drain();
    EXPECT_EQ(query("SELECT Purse_coins FROM entities WHERE id = 1"), Rows{"1"});
    home_.entities().set(world_entity, Purse{2});
    home_.commit();
    EXPECT_EQ(query("SELECT Purse_coins FROM entities WHERE id = 1"), Rows{"1"});
    home_.drain();
    EXPECT_EQ(query("SELECT Purse_coins FROM entities WHERE id = 1"), Rows{"2"});
}

TEST_F(ViewsTest, what_is_acknowledged_as_stored_is_there_for_sql) {
    home_.put("ledger", {{"id", 1u}, {"value", 5}});
    EXPECT_EQ(query("SELECT value FROM ledger"), Rows{"5"});
    home_.put("counters", {{"id", 1u}, {"value", 5}});
    EXPECT_EQ(query("SELECT value FROM counters"), Rows{}) << "not yet: it asked for less";
    home_.entities().set(world_entity, Purse{9});
    home_.commit({.level = Level::stored});
    EXPECT_EQ(query("SELECT coins FROM Purse"), Rows{"9"});
    EXPECT_EQ(query("SELECT value FROM counters"), Rows{"5"});
}

TEST_F(ViewsTest, after_a_change_of_components_the_view_has_the_new_columns) {
    home_.entities().set(world_entity, Purse{5});
    home_.commit();
    home_.close();
    Schema schema = test_schema();
    schema.component<Marker<7>>();
    home_.know(std::move(schema));
    home_.open();
    home_.entities().set(world_entity, Marker<7>{});
    home_.commit();
    home_.drain();
    EXPECT_EQ(query("SELECT Purse_coins, Marker7_value FROM entities WHERE id = 1"), Rows{"5 7"});
}

template <int... Numbers>
void add_markers(Schema& schema, std::integer_sequence<int, Numbers...>) {
    (schema.component<Marker<Numbers>>(), ...);
}
template <int... Numbers>
void set_markers(Entities& entities, std::integer_sequence<int, Numbers...>) {
    (entities.set(world_entity, Marker<Numbers>{}), ...);
}

TEST(ManyComponents, are_joined_sixty_at_a_time) {
    Home home;
    Schema schema;
    add_markers(schema, std::make_integer_sequence<int, 125>{});
    home.know(std::move(schema));
    home.open();
    set_markers(home.entities(), std::make_integer_sequence<int, 125>{});
    home.commit();
    home.drain();
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open_v2(home.path("store.sqlite").c_str(), &database, SQLITE_OPEN_READONLY,
                              nullptr),
              SQLITE_OK);
    std::map<std::string, int> columns;
    const auto count = [](void* to, int, char** texts, char**) {
        ++(*static_cast<std::map<std::string, int>*>(to))[texts[0]];
        return 0;
    };
    ASSERT_EQ(
        sqlite3_exec(database,
                     "SELECT v.name, c.name FROM sqlite_schema AS v, pragma_table_info(v.name) "
                     "AS c WHERE v.type = 'view' AND c.name LIKE 'Marker%'",
                     count, &columns, nullptr),
        SQLITE_OK);
    EXPECT_EQ(columns, (std::map<std::string, int>{
                           {"entities", 60}, {"entities_2", 60}, {"entities_3", 5}}));
    for (const auto& [view, count_of] : columns) {
        const std::string all = "SELECT * FROM " + view;
        EXPECT_EQ(sqlite3_exec(database, all.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(database);
    }
    sqlite3_close(database);
}

template <int... Numbers>
void add_wide(Schema& schema, std::integer_sequence<int, Numbers...>) {
    (schema.component<Wide<Numbers + 1, 60>>(), ...);
}
// 40 of them, the first with this many fields and the others with 60.
template <std::size_t Fields>
Schema wide_schema() {
    Schema schema;
    schema.component<Wide<0, Fields>>();
    add_wide(schema, std::make_integer_sequence<int, 39>{});
    return schema;
}

class WideComponents : public ViewsTest {
protected:
    void SetUp() override {}

    void live(Schema schema) {
        home_.know(std::move(schema));
        home_.open();
    }
    // Name and number of columns of every view; each can be asked for all of them.
    Rows views() {
        Rows found = query(
            "SELECT v.name, count(*) FROM sqlite_schema AS v, pragma_table_info(v.name) "
            "WHERE v.type = 'view' GROUP BY v.name ORDER BY v.name");
        for (const std::string& view : found) {
            query("SELECT * FROM " + view.substr(0, view.find(' ')) + " WHERE id = 1");
        }
        return found;
    }
};

TEST_F(WideComponents, are_joined_as_far_as_sqlite_answers_with_their_columns) {
    live(wide_schema<60>());
    home_.entities().set(world_entity, Wide<39, 60>{{7, 8}});
    home_.commit();
    home_.drain();
    EXPECT_EQ(views(), (Rows{"entities 1865", "entities_2 545"}))
        << "31 and 9 of 60, and 5 of ours";
    EXPECT_EQ(query("SELECT Wide39_f1 FROM entities_2 WHERE id = 1"), Rows{"8"});
}

TEST_F(WideComponents, lose_a_field_and_the_world_opens_again) {
    live(wide_schema<60>());
    home_.close();
    live(wide_schema<59>());
    home_.reopen();
    EXPECT_EQ(views(), (Rows{"entities 1864", "entities_2 545"}));
}

class TakenNames : public ViewsTest {
protected:
    // A world with a row of its own; a schema that also has what `add` adds is refused, and the
    // world is as it was.
    template <typename Add>
    void expect_refused(const std::string& name, Add add) {
        SCOPED_TRACE(name);
        home_.put("counters", {{"id", 1u}, {"value", 5}});
        home_.close();
        Schema schema = test_schema();
        add(schema);
        home_.know(std::move(schema));
        expect_refusal(home_.try_open(), name);
        home_.know(test_schema());
        home_.open();
        EXPECT_EQ(home_.rows("counters"), Rows{"1 5"});
        EXPECT_EQ(home_->engine().catalog().find(name), nullptr);
    }
    static void expect_refusal(const Status& status, const std::string& name) {
        EXPECT_EQ(status.code(), Code::invalid) << status.text();
        const std::string message(status.message());
        EXPECT_NE(message.find("view " + lower_case(name)), message.npos) << message;
        EXPECT_NE(message.find("choose another name"), message.npos) << message;
    }
};

TEST_F(TakenNames, of_views_are_refused_to_tables_of_the_schema) {
    for (const std::string name : {"entities", "ENTITIES", "entities_2", "Entities_007"}) {
        expect_refused(name, [&](Schema& schema) { schema.table(name).key<std::uint64_t>("id"); });
    }
}

TEST_F(TakenNames, of_views_are_refused_to_components) {
    expect_refused("Entities_2", [](Schema& schema) { schema.component<Crowd>(); });
}

TEST_F(TakenNames, of_views_are_refused_to_tables_declared_at_run_time) {
    const std::uint64_t before = home_->health().accepted_lsn;
    for (const std::string name : {"entities", "Entities", "entities_3"}) {
        TableBuilder table(name);
        table.key<std::uint64_t>("id");
        expect_refusal(home_->declare(table), name);
    }
    EXPECT_EQ(home_->health().accepted_lsn, before) << "nothing was journaled";
    home_.reopen();
}

TEST_F(TakenNames, are_refused_in_worlds_without_sql_too) {
    Home home(Home::Kind::memory);
    home.schema.table("entities").key<std::uint64_t>("id");
    expect_refusal(home.try_open(), "entities");
}

TEST_F(TakenNames, that_only_look_like_those_of_views_are_free) {
    home_.close();
    for (const char* const name :
         {"entities2", "entities_", "entities_x", "entities_2x", "entitie"}) {
        home_.schema.table(name).key<std::uint64_t>("id");
    }
    home_.open();
    home_.reopen();
}

}  // namespace
}  // namespace perdure
