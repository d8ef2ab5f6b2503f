#include <gtest/gtest.h>

#include "entities/living_world.h"

namespace perdure::entities {
namespace {

class RegistryCapture : public testing::Test {
protected:
    RegistryCapture() { world.commit(); }

    Entity stored_entity() {
        const Entity entity = world.create();
        world->set(entity, Position{1, 2, 3});
        world->set(entity, Name{"ana", {}});
        world.commit();
        return entity;
    }

    LivingWorld world;
};

TEST(RegistryCaptureFirst, writes_the_world_entity_and_reserves_ids) {
    LivingWorld world;
    const ChangeSet changes = world.commit();
    EXPECT_EQ(upserts(changes, "entity"), Ids{1});
    EXPECT_NE(find_batch(changes, "_entity_ids", Operation::upsert), nullptr);
    const auto row = world.stored.table("entity").at(1);
    EXPECT_EQ(row[3], Value(world_entity));  // its own root
    EXPECT_EQ(row[4], Value(std::int64_t{0}));
}

// The example of docs/format/entities.md.
TEST(RegistryCaptureFirst, writes_the_rows_of_the_format_page) {
    LivingWorld world;
    const Entity ana = world.create(EntityKind::player);
    const Entity bag = world.create(EntityKind::plain, ana);
    world->set(ana, Position{1, 2, 3});
    world.commit();
    using Cells = StoredTables::Cells;
    const auto entity = [](Entity id, unsigned kind, Entity parent, Entity root) {
        return Cells{id, std::uint64_t{kind}, parent, root, std::int64_t{0}};
    };
    const auto entities = world.stored.table("entity");
    EXPECT_EQ(entities.at(1), entity(world_entity, 0, no_entity, world_entity));
    EXPECT_EQ(entities.at(2), entity(ana, 2, no_entity, ana));
    EXPECT_EQ(entities.at(3), entity(bag, 0, ana, ana));
    EXPECT_EQ(world.stored.table("_entity_ids").at(0),
              (Cells{std::uint64_t{0}, std::uint64_t{65'538}}));
    EXPECT_EQ(world.stored.table("Position").at(2), (Cells{ana, 1.0F, 2.0F, 3.0F}));
}

TEST_F(RegistryCapture, carries_nothing_if_nothing_changed) {
    EXPECT_TRUE(world.commit().batches.empty());
}

TEST_F(RegistryCapture, carries_what_was_set_once) {
    const Entity ana = stored_entity();
    world->set(ana, Position{4, 5, 6});
    world->set(ana, Position{7, 8, 9});
    const ChangeSet changes = world.commit();
    EXPECT_EQ(upserts(changes, "Position"), Ids{ana.id});
    EXPECT_EQ(changes.batches.size(), 1U);  // nor is the entity's own row in it
    EXPECT_EQ(world.stored.table("Position").at(ana.id)[1], Value(7.0F));
    EXPECT_TRUE(world.commit().batches.empty());
}

TEST_F(RegistryCapture, marks_what_is_set_to_what_it_was) {
    const Entity ana = stored_entity();
    world->set(ana, Position{1, 2, 3});
    EXPECT_EQ(upserts(world.commit(), "Position"), Ids{ana.id});
}

TEST_F(RegistryCapture, finds_edits_and_explicit_marks_and_nothing_else) {
    const Entity ana = stored_entity();
    world->get_mutable_unmarked<Position>(ana)->x = 10;
    EXPECT_TRUE(world.commit().batches.empty());
    EXPECT_TRUE(world->changed<Position>(ana));
    EXPECT_EQ(upserts(world.commit(), "Position"), Ids{ana.id});
    EXPECT_EQ(world.stored.table("Position").at(ana.id)[1], Value(10.0F));
    world->edit<Position>(ana)->x = 11;
    EXPECT_EQ(upserts(world.commit(), "Position"), Ids{ana.id});
    EXPECT_FALSE(world->changed<Velocity>(ana));
}

TEST_F(RegistryCapture, erases_come_before_upserts_and_once_per_table) {
    const Entity ana = stored_entity();
    const Entity bob = stored_entity();
    world->remove<Position>(bob);
    world->remove<Position>(ana);
    world->set(world.create(), Position{});
    const ChangeSet changes = world.commit();
    EXPECT_EQ(erases(changes, "Position"), (Ids{ana.id, bob.id}));
    std::set<std::pair<std::string, Operation>> seen;
    for (const Batch& batch : changes.batches) {
        const std::string table = batch.table().name;
        EXPECT_TRUE(seen.insert({table, batch.operation()}).second);
        if (batch.operation() == Operation::erase) {
            EXPECT_FALSE(seen.contains({table, Operation::upsert}));
        }
    }
}

TEST_F(RegistryCapture, what_came_and_went_within_a_tick_was_never_there) {
    const Entity ana = stored_entity();
    world->set(ana, Velocity{1, 1, 1});
    world->remove<Velocity>(ana);
    const Entity brief = world.create();
    world->set(brief, Position{});
    world->destroy(brief);
    EXPECT_TRUE(world.commit().batches.empty());
}

TEST_F(RegistryCapture, what_went_and_came_within_a_tick_is_an_upsert) {
    const Entity ana = stored_entity();
    world->remove<Position>(ana);
    world->set(ana, Position{9, 9, 9});
    const ChangeSet changes = world.commit();
    EXPECT_EQ(upserts(changes, "Position"), Ids{ana.id});
    EXPECT_EQ(find_batch(changes, "Position", Operation::erase), nullptr);
}

TEST_F(RegistryCapture, a_destroyed_entity_is_erased_where_it_had_rows) {
    const Entity ana = stored_entity();
    world->set(ana, Health{1});  // never stored
    world->remove<Name>(ana);    // stored, removed in the same tick
    world->destroy(ana);
    const ChangeSet changes = world.commit();
    EXPECT_EQ(erases(changes, "entity"), Ids{ana.id});
    EXPECT_EQ(erases(changes, "Position"), Ids{ana.id});
    EXPECT_EQ(erases(changes, "Name"), Ids{ana.id});
    EXPECT_EQ(changes.batches.size(), 3U);
    EXPECT_FALSE(world->set(ana, Position{}));
    EXPECT_TRUE(world.commit().batches.empty());
}

TEST_F(RegistryCapture, components_of_a_whole_tree_are_erased_with_it) {
    const Entity ana = stored_entity();
    const Entity bag = stored_entity();
    const Entity coin = stored_entity();
    world->set_parent(bag, ana);
    world->set_parent(coin, bag);
    world.commit();
    world->destroy(ana);
    const ChangeSet changes = world.commit();
    for (const char* table : {"entity", "Position", "Name"}) {
        EXPECT_EQ(erases(changes, table), (Ids{ana.id, bag.id, coin.id})) << table;
    }
}

TEST_F(RegistryCapture, a_refused_commit_changes_nothing) {
    const Entity ana = stored_entity();
    world->set(ana, Position{5, 5, 5});
    world->remove<Name>(ana);
    const ChangeSet refused = world.capture();
    const ChangeSet again = world.capture();
    EXPECT_EQ(content_hash(refused), content_hash(again));
    world->set(ana, Health{3});  // the world goes on
    const ChangeSet accepted = world.commit();
    EXPECT_EQ(upserts(accepted, "Position"), Ids{ana.id});
    EXPECT_EQ(upserts(accepted, "Health"), Ids{ana.id});
    EXPECT_EQ(erases(accepted, "Name"), Ids{ana.id});
}

TEST_F(RegistryCapture, a_refused_commit_keeps_who_is_new_who_moved_and_who_died) {
    const Entity ana = stored_entity();
    const Entity bob = stored_entity();
    const Entity cat = world.create();
    world->set_parent(ana, cat);
    world->destroy(bob);
    world.capture();
    const ChangeSet accepted = world.commit();
    EXPECT_EQ(upserts(accepted, "entity"), (Ids{ana.id, cat.id}));
    EXPECT_EQ(erases(accepted, "entity"), Ids{bob.id});
}

TEST_F(RegistryCapture, adds_to_what_is_there) {
    const Entity ana = stored_entity();
    world->set(ana, Position{});
    ChangeSet changes = world.capture();
    BlockPool pool(0);
    EXPECT_TRUE(world.registry().capture(changes, 0, false, pool).ok());
    EXPECT_EQ(changes.batches.size(), 2U);
}

TEST_F(RegistryCapture, text_that_cannot_be_stored_is_refused_and_named) {
    const Entity ana = stored_entity();
    world->set(ana, Position{5, 5, 5});
    world->set(ana, Name{std::string("a\0b", 3), {}});
    ChangeSet changes;
    BlockPool pool(0);
    const Status refused = world.registry().capture(changes, 0, false, pool);
    EXPECT_EQ(refused.code(), Code::invalid);
    EXPECT_NE(refused.message().find("Name"), std::string_view::npos) << refused.text();
    EXPECT_NE(refused.message().find(std::to_string(ana.id)), std::string_view::npos)
        << refused.text();
    EXPECT_TRUE(changes.batches.empty());

    world->set(ana, Name{"bob", {}});
    const ChangeSet accepted = world.commit();
    EXPECT_EQ(upserts(accepted, "Position"), Ids{ana.id});
    EXPECT_EQ(upserts(accepted, "Name"), Ids{ana.id});
}

TEST_F(RegistryCapture, strings_and_optionals_are_stored_as_they_are) {
    const Entity ana = stored_entity();
    const Entity bob = stored_entity();
    world->set(ana, Name{"Añá 🌍", std::int16_t{-7}});
    world->set(bob, Name{"", {}});
    world.commit();
    EXPECT_EQ(world.stored.table("Name").at(ana.id)[1], Value("Añá 🌍"));
    EXPECT_EQ(world.stored.table("Name").at(ana.id)[2], Value(-7));
    EXPECT_TRUE(world.stored.table("Name").at(bob.id)[2].is_null());
}

TEST_F(RegistryCapture, tags_are_keys_only) {
    const Entity ana = stored_entity();
    world->set(ana, Frozen{});
    EXPECT_EQ(upserts(world.commit(), "Frozen"), Ids{ana.id});
    EXPECT_EQ(world.stored.table("Frozen").at(ana.id).size(), 1U);
}

TEST_F(RegistryCapture, ephemeral_rows_go_apart_and_do_not_count) {
    const Entity ana = stored_entity();
    const Hash128 before = world.registry().digest();
    world->set(ana, Glow{1, 2, 3});
    const ChangeSet changes = world.commit();
    EXPECT_TRUE(changes.batches.empty());
    ASSERT_EQ(changes.ephemeral.size(), 1U);
    EXPECT_EQ(changes.ephemeral[0].table().name, "Glow");
    EXPECT_EQ(world.registry().digest(), before);
    world->destroy(ana);
    const ChangeSet destroyed = world.commit();
    ASSERT_EQ(destroyed.ephemeral.size(), 1U);
    EXPECT_EQ(destroyed.ephemeral[0].operation(), Operation::erase);
}

TEST_F(RegistryCapture, entities_are_written_when_kind_or_parent_or_root_change) {
    const Entity root = world.create();
    const Entity child = world.create(EntityKind::global, root);
    EXPECT_EQ(upserts(world.commit(), "entity"), (Ids{root.id, child.id}));
    const auto row = world.stored.table("entity").at(child.id);
    EXPECT_EQ(row[1], Value(std::uint64_t{1}));
    EXPECT_EQ(row[2], Value(root));
    EXPECT_EQ(row[3], Value(root));
    world->set_parent(child, root);  // as it is
    world->set_parent(root, no_entity);
    EXPECT_TRUE(world.commit().batches.empty());
}

class RelaxedCapture : public RegistryCapture {
protected:
    RelaxedCapture() {
        world->set(ana, Mood{1});
        world.commit();  // Mood's interval begins now
    }
    void wait(std::uint64_t ms) { world.now_ms += ms; }
    bool mood_in(const ChangeSet& changes) {
        return find_batch(changes, "Mood", Operation::upsert) != nullptr;
    }
    const Entity ana = stored_entity();
};

TEST_F(RelaxedCapture, changed_rows_wait_until_the_interval_is_over) {
    world->set(ana, Mood{2});
    wait(mood_interval_ms - 1);
    EXPECT_FALSE(mood_in(world.commit()));
    world->set(ana, Mood{3});
    wait(1);
    EXPECT_TRUE(mood_in(world.commit()));
    EXPECT_EQ(world.stored.table("Mood").at(ana.id)[1], Value(3));
    EXPECT_FALSE(mood_in(world.commit()));
}

TEST_F(RelaxedCapture, a_change_after_a_long_rest_goes_at_once) {
    wait(10 * mood_interval_ms);
    world.commit();
    wait(1);
    world->set(ana, Mood{2});
    EXPECT_TRUE(mood_in(world.commit()));
}

TEST_F(RelaxedCapture, new_rows_and_removals_go_at_once_and_alone) {
    const Entity bob = stored_entity();
    const Entity cid = stored_entity();
    world->set(cid, Mood{1});
    world.commit();
    world->set(ana, Mood{2});
    world->set(bob, Mood{2});
    world->remove<Mood>(cid);
    const ChangeSet changes = world.commit();
    EXPECT_EQ(upserts(changes, "Mood"), Ids{bob.id});
    EXPECT_EQ(erases(changes, "Mood"), Ids{cid.id});
    wait(mood_interval_ms);
    EXPECT_EQ(upserts(world.commit(), "Mood"), Ids{ana.id});
}

TEST_F(RelaxedCapture, everything_means_everything) {
    world->set(ana, Mood{2});
    EXPECT_TRUE(mood_in(world.commit(true)));
    EXPECT_FALSE(mood_in(world.commit(true)));
}

TEST_F(RelaxedCapture, a_refused_commit_does_not_begin_the_interval_anew) {
    world->set(ana, Mood{2});
    wait(mood_interval_ms);
    EXPECT_TRUE(mood_in(world.capture()));
    EXPECT_TRUE(mood_in(world.commit()));
}

TEST_F(RelaxedCapture, new_rows_do_not_begin_the_interval_anew) {
    world->set(ana, Mood{2});
    wait(mood_interval_ms - 1);
    world->set(stored_entity(), Mood{5});
    world.commit();
    wait(1);
    EXPECT_EQ(upserts(world.commit(), "Mood"), Ids{ana.id});
}

TEST_F(RelaxedCapture, rows_that_wait_move_and_still_go_out) {
    const std::vector<Entity> others = world.create_many(10);
    for (const Entity other : others) world->set(other, Mood{1});
    world.commit();
    world->set(others.back(), Mood{9});
    world->remove<Mood>(ana);  // the last row takes its place
    EXPECT_EQ(upserts(world.commit(), "Mood"), Ids{});
    wait(mood_interval_ms);
    EXPECT_EQ(upserts(world.commit(), "Mood"), Ids{others.back().id});
}

TEST_F(RelaxedCapture, a_clock_that_goes_back_holds_nothing_up) {
    world->set(ana, Mood{2});
    world.now_ms -= 100;
    EXPECT_TRUE(mood_in(world.commit()));
}

TEST_F(RegistryCapture, the_digest_is_that_of_the_stored_rows) {
    for (const Entity entity : world.create_many(3000)) {
        world->set(entity, Position{static_cast<float>(entity.id), -0.0F, 1e30F});
        if (entity.id % 3 == 0) world->set(entity, Name{std::to_string(entity.id), {}});
        if (entity.id % 5 == 0) world->set(entity, Frozen{});
        if (entity.id % 7 == 0) world->set_parent(entity, {entity.id - 1});
    }
    world.commit();
    EXPECT_EQ(world.registry().digest(), world.stored.digest());
    const Hash128 before = world.registry().digest();
    world->edit<Position>({100})->x = 5;
    EXPECT_NE(world.registry().digest(), before);
}

TEST_F(RegistryCapture, the_digest_leaves_out_what_cannot_be_stored) {
    const Entity ana = stored_entity();
    const Entity bob = stored_entity();
    world->remove<Name>(ana);
    world.commit();
    const Hash128 without = world.registry().digest();
    world->set(ana, Name{"\xff", {}});
    EXPECT_EQ(world.registry().digest(), without);
    EXPECT_EQ(world->get<Name>(bob)->text, "ana");
}

}  // namespace
}  // namespace perdure::entities
