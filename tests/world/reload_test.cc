// World::reload() from one program: what it refuses, what external components and workers see of
// it, and other threads that commit meanwhile. Libraries that come and go: tests/plugin.
#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "perdure/workers.h"
#include "world/small_ecs.h"

namespace perdure {
namespace next {

struct Position {
    double x = 0;  // widened
    float turned = 90;
    float z = 0, y = 0;
};
PERDURE_COMPONENT_AS(Position, "Position", x, turned, z, y);

}  // namespace next

namespace {

// test_schema(), but for a component's options.
Schema schema_with(const ComponentOptions& purse, const ComponentOptions& glow) {
    Schema schema;
    schema.category({.name = "fleeting", .durability = Level::ephemeral})
        .category({.name = "slow", .durability = Level::relaxed, .interval_ms = 1000})
        .category({.name = "economy", .durability = Level::stored});
    schema.component<Purse>(purse).component<Glow>(glow);
    return schema;
}

Schema categories_of(const Schema& schema) {
    Schema made;
    for (const Category& category : schema.categories()) made.category(category);
    return made;
}

class Reloading : public OnEveryStore {
protected:
    void SetUp() override {
        home_.know(schema_with({}, {.category = "fleeting"}));
        home_.open();
        home_.entities().set(world_entity, Purse{5});
        home_.entities().set(world_entity, Glow{7});
        home_.commit();
    }
    void reload(const Schema& next) {
        const Status done = home_->reload(next);
        ASSERT_TRUE(done.ok()) << done.text();
        home_.know(next);
    }
    // Refused, and everything goes on as it was.
    void expect_refusal(const Schema& next, Code code, const std::string& word) {
        const Status refused = home_->reload(next);
        EXPECT_EQ(refused.code(), code) << refused.text();
        EXPECT_NE(refused.text().find(word), std::string::npos) << refused.text();
        EXPECT_EQ(home_.entities().get<Purse>(world_entity)->coins, 5);
        EXPECT_EQ(home_.entities().get<Glow>(world_entity)->red, 7);
        home_.entities().edit<Purse>(world_entity)->coins = 5;
        home_.commit();
        home_.drain();
        EXPECT_EQ(home_.row("Purse", {{"entity", world_entity}}),
                  text::format("{} 5", world_entity.id));
    }
    Status reload_to_the_same() { return home_->reload(home_.schema); }
};
INSTANTIATE_TEST_SUITE_P(, Reloading, every_store(), store_name);

TEST_P(Reloading, another_category_is_refused) {
    Schema more = schema_with({}, {.category = "fleeting"});
    more.category({.name = "new"});
    expect_refusal(more, Code::incompatible, "category new is new");
    Schema slower = schema_with({}, {.category = "fleeting"});
    slower.category({.name = "less", .durability = Level::relaxed, .interval_ms = 1000});
    expect_refusal(slower, Code::incompatible, "category less");
    Schema longer;
    longer.category({.name = "fleeting", .durability = Level::ephemeral})
        .category({.name = "slow", .durability = Level::relaxed, .interval_ms = 2000})
        .category({.name = "economy", .durability = Level::stored});
    longer.component<Purse>().component<Glow>({.category = "fleeting"});
    expect_refusal(longer, Code::incompatible, "category slow is another one than before");
}

TEST_P(Reloading, what_is_kept_does_not_become_ephemeral_nor_the_other_way_round) {
    expect_refusal(schema_with({.category = "fleeting"}, {.category = "fleeting"}),
                   Code::incompatible, "Purse: it would become ephemeral");
    expect_refusal(schema_with({}, {}), Code::incompatible, "Glow: it would become not ephemeral");
}

TEST_P(Reloading, a_component_moves_to_another_category_that_keeps_it) {
    reload(schema_with({.category = "slow"}, {.category = "fleeting"}));
    home_.entities().set(world_entity, Purse{6});
    home_.commit();
    EXPECT_EQ(home_.entities().get<Purse>(world_entity)->coins, 6);
    if (GetParam() == Home::Kind::memory) return;
    home_.crash();
    home_.open();
    EXPECT_EQ(home_.entities().get<Purse>(world_entity)->coins, 5) << "relaxed, and it waited";
    reload(schema_with({.category = "economy"}, {.category = "fleeting"}));
    home_.entities().set(world_entity, Purse{7});
    home_.commit();
    home_.crash();
    home_.open();
    EXPECT_EQ(home_.entities().get<Purse>(world_entity)->coins, 7);
}

TEST_P(Reloading, invariants_are_refused) {
    Schema next = schema_with({}, {.category = "fleeting"});
    next.conserve("coins", {{"Purse", "coins"}});
    expect_refusal(next, Code::incompatible, "invariants");
    if (GetParam() == Home::Kind::memory) return;
    home_.close();
    home_.know(next);
    home_.open();
    home_.entities().set(world_entity, Glow{7});
    expect_refusal(schema_with({}, {.category = "fleeting"}), Code::incompatible, "invariants");
    expect_refusal(next, Code::incompatible, "invariants");
}

TEST_P(Reloading, a_component_does_not_become_external_nor_cease_to_be) {
    expect_refusal(schema_with({.external = true}, {.category = "fleeting"}), Code::invalid,
                   "on_load");
    ExternalCallbacks answers;
    answers.on_load<Purse>(
        [](std::span<const Entity>, std::span<const Purse>) { return Status(); });
    const Schema external = schema_with({.external = true}, {.category = "fleeting"});
    EXPECT_EQ(home_->reload(external, answers).code(), Code::incompatible);
    EXPECT_EQ(home_.entities().get<Purse>(world_entity)->coins, 5);
}

TEST_P(Reloading, waits_for_no_workers_and_no_staged_rows) {
    Workers workers(home_.entities(), 2);
    workers.begin();
    EXPECT_EQ(reload_to_the_same().code(), Code::busy);
    workers.end();
    EXPECT_EQ(reload_to_the_same().code(), Code::ok);
    TableBuilder table("later");
    table.key<std::uint64_t>("id");
    ASSERT_TRUE(home_->declare(table).ok());
    ASSERT_TRUE(home_.tick().put("later", {{"id", 1u}}).ok());
    EXPECT_EQ(reload_to_the_same().code(), Code::busy);
    home_.commit();
    EXPECT_EQ(reload_to_the_same().code(), Code::ok);
}

// Its marks were of rows that are no more.
TEST_P(Reloading, workers_that_were_made_before_work_on) {
    Workers workers(home_.entities(), 2);
    const auto play = [&] {
        workers.begin();
        EXPECT_EQ(workers[0].set(world_entity, Purse{8}), true);
        EXPECT_EQ(workers[1].set(world_entity, Glow{9}), true);
        workers.end();
        home_.commit();
    };
    for (int i = 0; i < 100'000; ++i) {
        home_.entities().set(home_.entities().create(), Purse{i});
    }
    play();
    home_.entities().each<Purse>([](Entity, const Purse&) {});
    for (std::uint64_t id = 2; id < 100'000; ++id) home_.entities().destroy({id});
    home_.commit();
    reload(schema_with({.category = "economy"}, {.category = "fleeting"}));
    play();
    Schema none = categories_of(home_.schema);
    none.component<Glow>({.category = "fleeting"});
    reload(none);
    workers.begin();
    EXPECT_EQ(workers[1].set(world_entity, Glow{10}), true);
    workers.end();
    home_.commit();
    EXPECT_EQ(home_.row("Purse", {{"entity", world_entity}}), "1 8");
}

TEST_P(Reloading, of_a_closed_world_is_refused) {
    ASSERT_TRUE(home_->close().ok());
    EXPECT_EQ(reload_to_the_same().code(), Code::read_only);
}

TEST_P(Reloading, inside_of_a_validator_is_refused) {
    Home home(GetParam());
    Code code = Code::ok;
    home.options.validator = [&](const ProposedChanges&) {
        code = home->reload(home.schema).code();
        return Status();
    };
    home.open();
    home.commit();
    EXPECT_EQ(code, Code::invalid);
    EXPECT_EQ(home->reload(home.schema).code(), Code::ok);
}

// A transaction reads its own rows, and those of others as they are now.
TEST_P(Reloading, a_transaction_reads_across_it) {
    TableBuilder table("notes");
    table.key<std::uint64_t>("id").column<std::int32_t>("value");
    ASSERT_TRUE(home_->declare(table).ok());
    home_.put("notes", {{"id", 1u}, {"value", 10}});
    Transaction staged = home_->begin();
    ASSERT_TRUE(staged.put("notes", {{"id", 2u}, {"value", 20}}).ok());
    Schema next = home_.schema;
    next.table("notes").key<std::uint64_t>("id").column<std::int64_t>("value").column<bool>("seen");
    reload(next);
    const auto other = staged.find("notes", std::array{Cell{"id", 1u}});
    ASSERT_TRUE(other.ok() && other->has_value()) << other.status().text();
    EXPECT_EQ(row_text(**other, 0), "1 10 false");
    const auto own = staged.find("notes", std::array{Cell{"id", 2u}});
    ASSERT_TRUE(own.ok() && own->has_value()) << own.status().text();
    EXPECT_EQ(row_text(**own, 0), "2 20");
    EXPECT_EQ(staged.commit().status().code(), Code::conflict);
}

// External components: the program has the values, and brings its next callbacks.
class ReloadingOwnEcs : public OwnEcs {
protected:
    // The program before is gone, with all that its callbacks point to.
    void replace_program() {
        auto next = std::make_unique<SmallEcs>();
        next->positions = ecs_->positions;
        next->titles = ecs_->titles;
        next->moods = ecs_->moods;
        home_.options.external = {};
        const Status done = home_->reload(external_schema(), next->callbacks());
        ASSERT_TRUE(done.ok()) << done.text();
        ecs_ = std::move(next);
        home_.options.external = ecs_->callbacks();
    }
};
INSTANTIATE_TEST_SUITE_P(, ReloadingOwnEcs, testing::Values(Home::Kind::sqlite), store_name);

TEST_P(ReloadingOwnEcs, the_next_callbacks_are_asked) {
    const Entity ana = create({1, 2, 3});
    home_.commit();
    move(ana, {4, 5, 6});  // marked, and in no commit yet
    replace_program();
    EXPECT_EQ(ecs_->reads, 0u);
    EXPECT_TRUE(ecs_->told.empty()) << "nothing is handed back";
    ecs_->positions[ana.id] = {7, 8, 9};
    home_.commit();
    EXPECT_EQ(ecs_->reads, 1u);
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{ana.id, {7, 8, 9}}}));
}

TEST_P(ReloadingOwnEcs, values_handed_in_before_go_out_after) {
    const Entity ana = entities().create();
    const Entity bert = create({1, 1, 1});
    put(ana, Title{"queen", std::int16_t{1}});
    put(bert, Mood{3});
    home_.commit();
    put(ana, Title{"empress", std::nullopt});
    put(bert, Mood{4});
    external().removed<Position>(bert);
    replace_program();
    home_.commit({.level = Level::journal});
    crash();
    EXPECT_EQ(ecs_->titles, (std::map<std::uint64_t, Title>{{ana.id, {"empress", std::nullopt}}}));
    EXPECT_EQ(ecs_->moods, (std::map<std::uint64_t, Mood>{{bert.id, {4}}}));
    EXPECT_EQ(ecs_->positions, Positions{});
}

TEST_P(ReloadingOwnEcs, without_answers_is_refused_and_those_before_stay) {
    const Entity ana = create({1, 2, 3});
    EXPECT_EQ(home_->reload(external_schema(), {}).code(), Code::invalid);
    home_.commit();
    EXPECT_EQ(ecs_->reads, 1u);
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{ana.id, {1, 2, 3}}}));
}

TEST_P(ReloadingOwnEcs, what_is_kept_does_not_cease_to_be_external) {
    Schema next = categories_of(external_schema());
    next.component<Position>({.position = true});
    EXPECT_EQ(home_->reload(next).code(), Code::incompatible);
}

TEST_P(ReloadingOwnEcs, a_struct_may_change) {
    const Entity put_before = entities().create();
    const Entity marked_before = create({1, 2, 3});
    const Entity stored_before = create({4, 5, 6});
    home_.commit();
    put(put_before, Position{7, 8, 9});
    external().changed<Position>(marked_before);
    Schema schema = categories_of(external_schema());
    schema.component<next::Position>({.position = true, .external = true});
    std::map<std::uint64_t, next::Position> held{{marked_before.id, {10, 11, 12, 13}}};
    ExternalCallbacks answers;
    answers.on_entities([](auto) { return Status(); })
        .on_load<next::Position>(
            [&](std::span<const Entity> ids, std::span<const next::Position> values) {
                for (std::size_t at = 0; at < ids.size(); ++at) held[ids[at].id] = values[at];
                return Status();
            })
        .on_read<next::Position>([&](Entity entity) -> const next::Position* {
            const auto found = held.find(entity.id);
            return found == held.end() ? nullptr : &found->second;
        });
    const Status done = home_->reload(schema, answers);
    ASSERT_TRUE(done.ok()) << done.text();
    home_.commit();
    home_.crash();
    held.clear();
    home_.know(schema);
    home_.options.external = answers;
    home_.open();
    const auto told = [&](Entity entity) {
        const next::Position& at = held.at(entity.id);
        return text::format("{} {} {} {}", at.x, at.turned, at.z, at.y);
    };
    EXPECT_EQ(held.size(), 3U);
    EXPECT_EQ(told(put_before), "7 90 9 8");
    EXPECT_EQ(told(marked_before), "10 11 12 13");
    EXPECT_EQ(told(stored_before), "4 90 6 5");
}

}  // namespace
}  // namespace perdure
