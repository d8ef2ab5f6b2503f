#include "perdure/entities.h"

#include <vector>

#include <gtest/gtest.h>

#include "entities/living_world.h"

namespace perdure::entities {
namespace {

using Many = std::vector<Entity>;

class EntitiesTest : public testing::Test {
protected:
    LivingWorld world;
};

TEST_F(EntitiesTest, get_gives_what_was_set) {
    const Entity ana = world.create();
    EXPECT_EQ(world->get<Position>(ana), nullptr);
    EXPECT_TRUE(world->set(ana, Position{1, 2, 3}));
    EXPECT_EQ(*world->get<Position>(ana), (Position{1, 2, 3}));
    EXPECT_TRUE(world->set(ana, Position{4, 5, 6}));
    EXPECT_EQ(*world->get<Position>(ana), (Position{4, 5, 6}));
    EXPECT_EQ(world->count_of<Position>(), 1U);
}

TEST_F(EntitiesTest, structs_of_every_size_come_back_whole) {
    const Entity ana = world.create();
    Inventory inventory;
    for (std::uint32_t slot = 0; slot < 16; ++slot) inventory.items[slot] = slot * 7;
    world->set(ana, inventory);
    world->set(ana, Glow{1, 2, 3});
    world->set(ana, Health{-5});
    world->set(ana, Name{"a name that does not fit into the string itself", std::int16_t{3}});
    EXPECT_EQ(*world->get<Inventory>(ana), inventory);
    EXPECT_EQ(*world->get<Glow>(ana), (Glow{1, 2, 3}));
    EXPECT_EQ(world->get<Health>(ana)->points, -5);
    EXPECT_EQ(world->get<Name>(ana)->title, 3);
}

TEST_F(EntitiesTest, a_tag_is_there_or_not) {
    const Entity ana = world.create();
    EXPECT_FALSE(world->has<Frozen>(ana));
    world->set(ana, Frozen{});
    EXPECT_TRUE(world->has<Frozen>(ana));
    EXPECT_NE(world->get<Frozen>(ana), nullptr);
    EXPECT_TRUE(world->remove<Frozen>(ana));
    EXPECT_FALSE(world->has<Frozen>(ana));
}

TEST_F(EntitiesTest, the_dead_have_nothing_and_take_nothing) {
    const Entity ana = world.create();
    world->set(ana, Health{1});
    EXPECT_TRUE(world->destroy(ana));
    for (const Entity dead : {ana, no_entity, Entity{999'999}, Entity{~0ULL}}) {
        EXPECT_FALSE(world->alive(dead));
        EXPECT_FALSE(world->set(dead, Health{1}));
        EXPECT_EQ(world->get<Health>(dead), nullptr);
        EXPECT_EQ(world->edit<Health>(dead), nullptr);
        EXPECT_FALSE(world->changed<Health>(dead));
        EXPECT_FALSE(world->remove<Health>(dead));
        EXPECT_FALSE(world->destroy(dead));
        EXPECT_EQ(world->parent(dead), no_entity);
        EXPECT_EQ(world->root(dead), no_entity);
        EXPECT_EQ(world->kind(dead), EntityKind::plain);
        EXPECT_EQ(world->children(dead), Many{});
        EXPECT_FALSE(world->set_parent(dead, no_entity));
    }
    EXPECT_EQ(world->count_of<Health>(), 0U);
}

TEST_F(EntitiesTest, the_world_is_an_entity_that_cannot_die) {
    EXPECT_TRUE(world->set(world_entity, Health{42}));
    EXPECT_FALSE(world->destroy(world_entity));
    EXPECT_FALSE(world->set_parent(world_entity, world.create()));
    EXPECT_EQ(world->root(world_entity), world_entity);
    const Entity child = world.create(EntityKind::plain, world_entity);
    EXPECT_EQ(world->root(child), world_entity);
}

TEST_F(EntitiesTest, kinds_stay) {
    const Entity player = world.create(EntityKind::player);
    EXPECT_EQ(world->kind(player), EntityKind::player);
    EXPECT_EQ(world->kind(world.create()), EntityKind::plain);
}

TEST_F(EntitiesTest, a_child_of_the_dead_is_not_born) {
    const Entity ana = world.create();
    world->destroy(ana);
    EXPECT_EQ(world.create(EntityKind::plain, ana), no_entity);
    EXPECT_EQ(world->count(), 1U);
}

TEST_F(EntitiesTest, set_many_sets_the_living) {
    Many ids = world.create_many(3000);
    world->destroy(ids[5]);
    std::vector<Health> values;
    for (int value = 0; value < 3000; ++value) values.push_back({value});
    EXPECT_EQ(world->set_many<Health>(ids, values), 2999U);
    EXPECT_EQ(world->get<Health>(ids[2999])->points, 2999);
    EXPECT_FALSE(world->has<Health>(ids[5]));
    EXPECT_EQ(world->set_many<Health>(ids, std::span(values).first(10)), 9U);  // as far as both go
    EXPECT_EQ(upserts(world.commit(), "Health").size(), 2999U);
}

class Trees : public EntitiesTest {
protected:
    Entity under(Entity parent, EntityKind kind = EntityKind::plain) {
        return world.create(kind, parent);
    }
    const Entity top = under(no_entity);
    const Entity left = under(top);
    const Entity right = under(top);
    const Entity leaf = under(left);
};

TEST_F(Trees, know_parents_roots_and_children) {
    EXPECT_EQ(world->parent(leaf), left);
    EXPECT_EQ(world->root(leaf), top);
    EXPECT_EQ(world->root(top), top);
    EXPECT_EQ(world->children(top), (Many{left, right}));
    EXPECT_EQ(world->children(leaf), Many{});
}

TEST_F(Trees, move_with_all_below) {
    const Entity other = under(no_entity);
    EXPECT_TRUE(world->set_parent(left, other));
    EXPECT_EQ(world->root(leaf), other);
    EXPECT_EQ(world->children(top), Many{right});
    EXPECT_TRUE(world->set_parent(left, no_entity));
    EXPECT_EQ(world->root(leaf), left);
    EXPECT_EQ(world->parent(left), no_entity);
    EXPECT_EQ(world->children(other), Many{});
}

TEST_F(Trees, moving_writes_the_rows_that_change_and_no_others) {
    world.commit();
    world->set_parent(left, right);  // the root stays
    EXPECT_EQ(upserts(world.commit(), "entity"), Ids{left.id});
    world->set_parent(left, no_entity);
    EXPECT_EQ(upserts(world.commit(), "entity"), (Ids{left.id, leaf.id}));
}

TEST_F(Trees, refuse_cycles_and_the_dead) {
    EXPECT_FALSE(world->set_parent(top, leaf));
    EXPECT_FALSE(world->set_parent(top, top));
    EXPECT_FALSE(world->set_parent(left, Entity{12'345}));
    EXPECT_EQ(world->parent(left), top);
    EXPECT_EQ(world->parent(top), no_entity);
}

TEST_F(Trees, die_whole) {
    for (const Entity entity : {top, left, right, leaf}) world->set(entity, Health{1});
    const Entity bystander = under(no_entity);
    world->set(bystander, Health{1});
    world.commit();
    EXPECT_TRUE(world->destroy(top));
    EXPECT_EQ(world->count(), 2U);
    EXPECT_EQ(world->count_of<Health>(), 1U);
    EXPECT_EQ(erases(world.commit(), "entity"), (Ids{top.id, left.id, right.id, leaf.id}));
}

TEST_F(Trees, a_dying_branch_leaves_its_parent) {
    EXPECT_TRUE(world->destroy(left));
    EXPECT_FALSE(world->alive(leaf));
    EXPECT_EQ(world->children(top), Many{right});
    EXPECT_TRUE(world->destroy(right));
    EXPECT_EQ(world->children(top), Many{});
}

TEST_F(Trees, players_outlive_what_they_are_in_with_what_they_carry) {
    const Entity player = under(leaf, EntityKind::player);
    const Entity bag = under(player);
    const Entity pet = under(player, EntityKind::player);
    world.commit();
    EXPECT_TRUE(world->destroy(top));
    EXPECT_EQ(world->count(), 4U);
    EXPECT_EQ(world->parent(player), no_entity);
    EXPECT_EQ(world->root(bag), player);
    EXPECT_EQ(world->parent(pet), player);
    EXPECT_EQ(world->root(pet), player);
    const ChangeSet changes = world.commit();
    EXPECT_EQ(erases(changes, "entity"), (Ids{top.id, left.id, right.id, leaf.id}));
    EXPECT_EQ(upserts(changes, "entity"), (Ids{player.id, bag.id, pet.id}));
}

TEST_F(Trees, a_player_who_is_destroyed_dies_and_those_within_do_not) {
    const Entity player = under(left, EntityKind::player);
    const Entity passenger = under(player, EntityKind::player);
    EXPECT_TRUE(world->destroy(player));
    EXPECT_FALSE(world->alive(player));
    EXPECT_EQ(world->root(passenger), passenger);
}

TEST_F(Trees, may_be_deep_and_wide) {
    Entity deepest = top;
    for (int depth = 0; depth < 50'000; ++depth) deepest = under(deepest);
    for (int child = 0; child < 50'000; ++child) under(top);
    EXPECT_EQ(world->root(deepest), top);
    const Entity above = under(no_entity);
    EXPECT_TRUE(world->set_parent(top, above));
    EXPECT_EQ(world->root(deepest), above);
    EXPECT_TRUE(world->destroy(above));
    EXPECT_EQ(world->count(), 1U);
}

}  // namespace
}  // namespace perdure::entities
