// What other programs see: store.sqlite, read with plain SQLite while the world lives.
// src/world/views.cc.
#include "world/views.h"

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

}  // namespace
}  // namespace perdure
