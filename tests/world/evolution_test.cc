// Programs change: what a world that another version of the program left means to this one.
#include "world/home.h"

namespace perdure {

// The same component, as five versions of a program know it.
namespace first {
struct Body {
    std::int32_t x = 0, y = 0;
    std::string name;
    std::optional<std::int16_t> age;
};
PERDURE_COMPONENT(Body, x, y, name, age);
}  // namespace first
namespace grown {  // a field in the middle, one of the same type as its neighbours
struct Body {
    std::int32_t x = 0, between = 42, y = 0;
    std::string name, nick = "none";
    std::optional<std::int16_t> age;
};
PERDURE_COMPONENT(Body, x, between, y, name, nick, age);
}  // namespace grown
namespace shrunk {
struct Body {
    std::int32_t y = 0;
    std::string name;
};
PERDURE_COMPONENT(Body, y, name);
}  // namespace shrunk
namespace swapped {  // y and x have the same type: by position they would be taken for each other
struct Body {
    std::optional<std::int16_t> age;
    std::int32_t y = 0;
    std::string name;
    std::int32_t x = 0;
};
PERDURE_COMPONENT(Body, age, y, name, x);
}  // namespace swapped
namespace retyped {
struct Body {
    std::int32_t x = 0;
    double y = 0;
    std::string name;
    std::optional<std::int16_t> age;
};
PERDURE_COMPONENT(Body, x, y, name, age);
}  // namespace retyped

namespace {

enum class End { closed, crashed };

template <typename Body>
Schema schema_with() {
    Schema schema;
    schema.component<Body>();
    return schema;
}

// The first life ends in one way or the other: rows of the old version are in the store or only
// in the journal.
class EvolutionTest : public testing::TestWithParam<End> {
protected:
    void next_life(Schema schema) {
        end_life();
        home_.know(std::move(schema));
        home_.open();
    }
    Status try_next_life(Schema schema) {
        end_life();
        home_.know(std::move(schema));
        return home_.try_open();
    }

    Home home_;

private:
    void end_life() {
        if (!home_.is_open()) return;
        if (GetParam() == End::closed) return home_.close();
        home_.crash();
    }
};
inline auto both_ends() { return testing::Values(End::closed, End::crashed); }
inline std::string end_name(const testing::TestParamInfo<End>& end) {
    return end.param == End::closed ? "Closed" : "Crashed";
}

class ComponentEvolution : public EvolutionTest {
protected:
    void SetUp() override {
        home_.know(schema_with<first::Body>());
        home_.open();
        ana_ = home_.entities().create();
        bob_ = home_.entities().create();
        home_.entities().set(ana_, first::Body{1, 2, "Ana", 7});
        home_.entities().set(bob_, first::Body{3, 4, "Bob", {}});
        home_.commit();
    }
    template <typename Body>
    const Body& body(Entity entity) {
        const Body* found = home_.entities().get<Body>(entity);
        EXPECT_NE(found, nullptr);
        static const Body none;
        return found != nullptr ? *found : none;
    }
    Entity ana_;
    Entity bob_;
};
INSTANTIATE_TEST_SUITE_P(, ComponentEvolution, both_ends(), end_name);

TEST_P(ComponentEvolution, the_same_struct_again_changes_nothing) {
    next_life(schema_with<first::Body>());
    EXPECT_EQ(body<first::Body>(ana_).x, 1);
    EXPECT_EQ(body<first::Body>(ana_).age, 7);
    EXPECT_EQ(body<first::Body>(bob_).age, std::nullopt);
}

TEST_P(ComponentEvolution, fields_added_in_the_middle_read_as_their_initialiser) {
    next_life(schema_with<grown::Body>());
    for (const auto& [entity, x, y, name] :
         {std::tuple(ana_, 1, 2, "Ana"), std::tuple(bob_, 3, 4, "Bob")}) {
        EXPECT_EQ(body<grown::Body>(entity).x, x);
        EXPECT_EQ(body<grown::Body>(entity).between, 42);
        EXPECT_EQ(body<grown::Body>(entity).y, y);
        EXPECT_EQ(body<grown::Body>(entity).name, name);
        EXPECT_EQ(body<grown::Body>(entity).nick, "none");
    }
    home_.entities().edit<grown::Body>(ana_)->between = 5;
    home_.commit();
    next_life(schema_with<grown::Body>());
    EXPECT_EQ(body<grown::Body>(ana_).between, 5);
    EXPECT_EQ(body<grown::Body>(bob_).between, 42);
}

TEST_P(ComponentEvolution, fields_removed_are_gone_and_come_back_as_new) {
    next_life(schema_with<shrunk::Body>());
    EXPECT_EQ(body<shrunk::Body>(ana_).y, 2);
    EXPECT_EQ(body<shrunk::Body>(ana_).name, "Ana");
    home_.entities().edit<shrunk::Body>(ana_)->y = 9;
    home_.commit();
    next_life(schema_with<first::Body>());
    EXPECT_EQ(body<first::Body>(ana_).y, 9);
    EXPECT_EQ(body<first::Body>(bob_).y, 4);
    EXPECT_EQ(body<first::Body>(ana_).x, 0) << "what was removed does not come back from the dead";
    EXPECT_EQ(body<first::Body>(ana_).age, std::nullopt);
}

TEST_P(ComponentEvolution, fields_in_another_order_keep_their_data) {
    next_life(schema_with<swapped::Body>());
    EXPECT_EQ(body<swapped::Body>(ana_).x, 1);
    EXPECT_EQ(body<swapped::Body>(ana_).y, 2);
    EXPECT_EQ(body<swapped::Body>(ana_).name, "Ana");
    EXPECT_EQ(body<swapped::Body>(ana_).age, 7);
    home_.entities().edit<swapped::Body>(ana_)->x = 9;
    home_.commit();
    next_life(schema_with<first::Body>());
    EXPECT_EQ(body<first::Body>(ana_).x, 9);
    EXPECT_EQ(body<first::Body>(ana_).y, 2);
}

TEST_P(ComponentEvolution, through_many_versions_in_a_row) {
    for (int round = 0; round < 3; ++round) {
        next_life(schema_with<grown::Body>());
        home_.entities().edit<grown::Body>(ana_)->between = round;
        home_.commit();
        next_life(schema_with<swapped::Body>());
        home_.entities().edit<swapped::Body>(ana_)->y += 10;
        home_.commit();
    }
    next_life(schema_with<first::Body>());
    EXPECT_EQ(body<first::Body>(ana_).x, 1);
    EXPECT_EQ(body<first::Body>(ana_).y, 32);
    EXPECT_EQ(body<first::Body>(bob_).y, 4);
}

TEST_P(ComponentEvolution, another_type_is_refused_by_name_and_nothing_is_changed) {
    const Status refused = try_next_life(schema_with<retyped::Body>());
    EXPECT_EQ(refused.code(), Code::incompatible);
    for (const char* word : {"Body", "y", "i32", "f64"}) {
        EXPECT_NE(refused.message().find(word), std::string::npos) << refused.text();
    }
    next_life(schema_with<first::Body>());
    EXPECT_EQ(body<first::Body>(ana_).y, 2);
    EXPECT_EQ(body<first::Body>(bob_).name, "Bob");
}

TEST_P(ComponentEvolution, a_component_this_program_does_not_know_stays_and_dies_with_its_entity) {
    next_life(Schema());
    EXPECT_TRUE(home_.entities().alive(ana_));
    home_.drain();
    EXPECT_EQ(home_.rows("Body").size(), 2u);
    home_.entities().destroy(bob_);
    home_.commit();
    next_life(schema_with<first::Body>());
    EXPECT_EQ(body<first::Body>(ana_).name, "Ana");
    EXPECT_FALSE(home_.entities().alive(bob_));
    EXPECT_EQ(home_.entities().count_of<first::Body>(), 1u);
}

TEST_P(ComponentEvolution, a_new_component_is_declared_beside_the_old) {
    Schema both = schema_with<first::Body>();
    both.component<Purse>();
    next_life(both);
    home_.entities().set(ana_, Purse{5});
    home_.commit();
    next_life(both);
    EXPECT_EQ(home_.entities().get<Purse>(ana_)->coins, 5);
    EXPECT_EQ(body<first::Body>(ana_).name, "Ana");
}

// Tables of the program's own.
class TableEvolution : public EvolutionTest {
protected:
    static Schema schema(const std::function<void(TableBuilder&)>& columns) {
        Schema schema;
        TableBuilder& table = schema.table("things");
        columns(table);
        return schema;
    }
    static void first_columns(TableBuilder& table) {
        table.key<std::uint64_t>("id").column<std::int32_t>("a").column<std::int32_t>("b");
    }
    void SetUp() override {
        home_.know(schema(first_columns));
        home_.open();
        home_.put("things", {{"id", 1u}, {"a", 10}, {"b", 20}});
    }
};
INSTANTIATE_TEST_SUITE_P(, TableEvolution, both_ends(), end_name);

TEST_P(TableEvolution, columns_are_added_removed_and_put_in_another_order) {
    next_life(schema([](TableBuilder& table) {
        table.key<std::uint64_t>("id").column<std::int32_t>("b");
        table.column<std::optional<std::string>>("note").column<std::int32_t>("a");
    }));
    EXPECT_EQ(home_.row("things", {{"id", 1u}}), "1 20 null 10");
    home_.put("things", {{"id", 2u}, {"note", "new"}});
    next_life(schema(
        [](TableBuilder& table) { table.key<std::uint64_t>("id").column<std::int32_t>("a"); }));
    EXPECT_EQ(home_.rows("things"), (Rows{"1 10", "2 0"}));
    home_.put("things", {{"id", 1u}, {"a", 11}});
    next_life(schema(first_columns));
    EXPECT_EQ(home_.rows("things"), (Rows{"1 11 0", "2 0 0"}));
}

TEST_P(TableEvolution, another_key_another_type_and_another_kind_are_refused) {
    const auto refused = [&](const std::function<void(TableBuilder&)>& columns) {
        const Status status = try_next_life(schema(columns));
        EXPECT_NE(status.message().find("things"), std::string::npos) << status.text();
        return status.code();
    };
    EXPECT_EQ(refused([](TableBuilder& table) { table.key<std::string>("id"); }),
              Code::incompatible);
    EXPECT_EQ(refused([](TableBuilder& table) { table.key<std::uint64_t>("number"); }),
              Code::incompatible);
    EXPECT_EQ(
        refused([](TableBuilder& table) { table.key<std::uint64_t>("id").key<std::int32_t>("a"); }),
        Code::incompatible);
    EXPECT_EQ(refused([](TableBuilder& table) {
                  table.key<std::uint64_t>("id").column<std::string>("a");
              }),
              Code::incompatible);
    EXPECT_EQ(refused([](TableBuilder& table) {
                  first_columns(table);
                  table.append_only();
              }),
              Code::incompatible);
    next_life(schema(first_columns));
    EXPECT_EQ(home_.rows("things"), Rows{"1 10 20"});
}

TEST_P(TableEvolution, a_refusal_leaves_the_other_tables_as_they_were) {
    Schema mixed = schema([](TableBuilder& table) { table.key<std::string>("id"); });
    mixed.table("others").key<std::uint64_t>("id");
    EXPECT_EQ(try_next_life(mixed).code(), Code::incompatible);
    next_life(schema(first_columns));
    EXPECT_EQ(home_->begin().put("others", {{"id", 1u}}).code(), Code::not_found);
}

TEST_P(TableEvolution, a_component_cannot_become_a_table_nor_a_table_a_component) {
    Schema program;
    program.table("Purse").key<std::uint64_t>("entity").column<std::int64_t>("coins");
    next_life(program);
    EXPECT_EQ(try_next_life(test_schema()).code(), Code::incompatible);
}

TEST_P(TableEvolution, a_table_this_program_does_not_list_stays_and_can_be_used) {
    next_life(Schema());
    EXPECT_EQ(home_.rows("things"), Rows{"1 10 20"});
    home_.put("things", {{"id", 2u}});
    next_life(schema(first_columns));
    EXPECT_EQ(home_.rows("things"), (Rows{"1 10 20", "2 0 0"}));
}

// Tables declared while the world runs.
class DeclareTest : public EvolutionTest {
protected:
    void SetUp() override { home_.open(); }
    static TableBuilder weights() {
        TableBuilder table("weights");
        table.key<std::uint64_t>("id").column<double>("weight");
        return table;
    }
    Code declare(const TableBuilder& table) { return home_->declare(table).code(); }
};
INSTANTIATE_TEST_SUITE_P(, DeclareTest, both_ends(), end_name);

TEST_P(DeclareTest, a_table_can_be_used_at_once_and_in_the_next_life) {
    EXPECT_EQ(declare(weights()), Code::ok);
    home_.put("weights", {{"id", 1u}, {"weight", 1.5}});
    EXPECT_EQ(home_.rows("weights"), Rows{"1 1.5"});
    next_life(test_schema());
    EXPECT_EQ(home_.rows("weights"), Rows{"1 1.5"});
    EXPECT_EQ(declare(weights()), Code::ok) << "the same again";
    home_.drain();
    EXPECT_EQ(home_.rows("weights"), Rows{"1 1.5"});
}

TEST_P(DeclareTest, changes_to_a_table_that_is_there_wait_for_the_next_open) {
    EXPECT_EQ(declare(weights()), Code::ok);
    TableBuilder more = weights();
    more.column<bool>("more");
    EXPECT_EQ(declare(more), Code::incompatible);
    EXPECT_EQ(home_->begin().put("weights", {{"id", 1u}, {"more", true}}).code(), Code::not_found);
}

TEST_P(DeclareTest, wrong_tables_are_refused) {
    TableBuilder keyless("keyless");
    TableBuilder lazy("lazy");
    TableBuilder ours("_ours");
    TableBuilder purse("Purse");
    keyless.column<bool>("a");
    lazy.key<std::uint64_t>("id").category("unheard_of");
    ours.key<std::uint64_t>("id");
    purse.key<std::uint64_t>("id");
    EXPECT_EQ(declare(keyless), Code::invalid);
    EXPECT_EQ(declare(lazy), Code::invalid);
    EXPECT_EQ(declare(ours), Code::invalid);
    EXPECT_EQ(declare(purse), Code::incompatible) << "a component has that name";
}

TEST_P(DeclareTest, between_commits_nothing_is_lost) {
    for (std::uint64_t i = 1; i <= 5; ++i) {
        home_.put("counters", {{"id", i}, {"value", 1}});
        TableBuilder table(text::format("table_{}", i));
        table.key<std::uint64_t>("id");
        ASSERT_EQ(declare(table), Code::ok);
        home_.put(text::format("table_{}", i), {{"id", i}});
    }
    next_life(test_schema());
    EXPECT_EQ(home_.rows("counters").size(), 5u);
    for (std::uint64_t i = 1; i <= 5; ++i) {
        EXPECT_EQ(home_.rows(text::format("table_{}", i)), Rows{text::format("{}", i)});
    }
}

TEST_P(DeclareTest, waits_for_nobody_who_has_a_tick_open) {
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    ASSERT_TRUE(
        home_.tick().put("counters", {{"id", 1u}, {"value", 2}}, if_equal({{"value", 1}})).ok());
    EXPECT_EQ(declare(weights()), Code::ok);
    home_.commit();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 2"});
}

}  // namespace
}  // namespace perdure
