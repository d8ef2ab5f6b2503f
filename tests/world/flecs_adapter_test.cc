// What only the adapter for Flecs promises.
#include <flecs.h>

#include "perdure/adapters/flecs.h"
#include "world/games.h"

namespace perdure {
namespace {

struct Before41 {  // an entity of Flecs 3.2 to 4.0
    Position at{1, 2, 3};
    template <typename T>
    const T* get() const {
        return &at;
    }
};

class FlecsAdapterTest : public GameTest<FlecsGame> {};

// In a system everything happens at its end, the tag Kept still later.
TEST_F(FlecsAdapterTest, what_a_system_does_is_one_entity) {
    flecs::world& ecs = game().ecs;
    const auto ana = game().make();
    ecs.defer_begin();
    game().set(ana, Position{1, 2, 3});
    game().set(ana, Purse{5});
    ecs.defer_end();
    const Entity kept = id(ana);
    EXPECT_TRUE(game().has<Kept>(ana));
    commit();
    EXPECT_EQ(entities().count(), 2u) << "and the world";
    crash();
    EXPECT_EQ(all(), (Rows{row(kept, "1 2 3, 5 coins")}));
}

TEST_F(FlecsAdapterTest, what_a_system_makes_and_deletes_is_gone) {
    flecs::world& ecs = game().ecs;
    const auto ana = game().make();
    ecs.defer_begin();
    game().set(ana, Position{1, 2, 3});
    game().destroy(ana);
    ecs.defer_end();
    EXPECT_FALSE(game().lives(ana));
    commit();
    EXPECT_EQ(entities().count(), 1u);
    EXPECT_EQ(home_.rows("Position"), Rows{});
}

TEST_F(FlecsAdapterTest, modified_is_seen) {
    const auto ana = make(Position{1, 2, 3});
    const Entity kept = id(ana);
    commit();
    game().value<Position>(ana).y = 7;
    game().entity(ana).modified<Position>();
    EXPECT_EQ(commit(), 1u);
    crash();
    EXPECT_EQ(all(), (Rows{row(kept, "1 7 3")}));
}

TEST_F(FlecsAdapterTest, a_component_that_is_added_without_a_value_is_kept) {
    const auto ana = game().make();
    game().entity(ana).add<Position>();
    const Entity kept = id(ana);
    commit();
    crash();
    EXPECT_EQ(all(), (Rows{row(kept, "0 0 0")}));
}

TEST_F(FlecsAdapterTest, what_is_inherited_stays_with_the_prefab) {
    const flecs::entity prefab = game().ecs.prefab().set<Position>({1, 2, 3});
    EXPECT_FALSE(id(prefab.id()));
    const auto ana = make(Purse{5});
    game().entity(ana).is_a(prefab);
    game().adapter.changed<Position>(ana);
    const Entity kept = id(ana);
    commit();
    crash();
    EXPECT_EQ(all(), (Rows{row(kept, "5 coins")}));
}

TEST_F(FlecsAdapterTest, prefabs_that_were_there_before_are_not_kept) {
    home_.close();
    begin_life();
    game().ecs.prefab().set<Position>({1, 2, 3});
    EXPECT_TRUE(try_open().ok());
    commit();
    EXPECT_EQ(home_.rows("Position"), Rows{});
}

TEST_F(FlecsAdapterTest, values_are_found_in_older_versions_too) {
    const Before41 entity;
    EXPECT_EQ(detail::flecs_value<Position>(entity), &entity.at);
}

TEST_F(FlecsAdapterTest, an_ecs_that_ends_behind_the_adapter_ends_nothing) {
    const Entity kept = id(make(Position{1, 2, 3}));
    commit();
    game().adapter.close();
    game().clear();
    home_.commit();
    crash();
    EXPECT_EQ(all(), (Rows{row(kept, "1 2 3")}));
}

}  // namespace
}  // namespace perdure
