#include "entities/registry.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "entities/living_world.h"

namespace perdure::entities {
namespace {

Status made(const Schema& schema) { return Registry::make(schema).status(); }

struct Entity_ {
    int field = 0;
};
PERDURE_COMPONENT_AS(Entity_, "ENTITY", field);

struct Place {
    float x = 0, y = 0;
};
PERDURE_COMPONENT(Place, x, y);

struct Owned {
    Entity entity;
};
PERDURE_COMPONENT(Owned, entity);

TEST(RegistryMake, refuses_a_component_named_like_the_table_of_entities) {
    Schema schema;
    schema.component<Entity_>();
    const Status status = made(schema);
    EXPECT_EQ(status.code(), Code::invalid);
    EXPECT_NE(status.message().find("ENTITY"), std::string_view::npos) << status.text();
}

TEST(RegistryMake, refuses_a_user_table_named_like_the_table_of_entities) {
    Schema schema;
    schema.table("Entity").key<std::uint64_t>("id");
    EXPECT_EQ(made(schema).code(), Code::invalid);
}

TEST(RegistryMake, refuses_a_component_twice) {
    Schema schema;
    schema.component<Health>().component<Health>();
    EXPECT_EQ(made(schema).code(), Code::invalid);
}

TEST(RegistryMake, refuses_a_component_and_a_table_of_one_name) {
    Schema schema;
    schema.component<Health>();
    schema.table("health").key<std::uint64_t>("id");
    EXPECT_EQ(made(schema).code(), Code::invalid);
}

TEST(RegistryMake, refuses_two_positions_and_a_position_without_coordinates) {
    Schema two;
    two.component<Position>({.position = true}).component<Place>({.position = true});
    EXPECT_EQ(made(two).code(), Code::invalid);
    Schema without;
    without.component<Health>({.position = true});
    EXPECT_EQ(made(without).code(), Code::invalid);
    Schema flat;
    flat.component<Place>({.position = true});
    EXPECT_TRUE(made(flat).ok());
}

TEST(RegistryMake, refuses_a_field_named_like_the_key) {
    Schema schema;
    schema.component<Owned>();
    EXPECT_EQ(made(schema).code(), Code::invalid);
}

TEST(RegistryMake, declares_resident_tables_keyed_by_entity) {
    LivingWorld world;
    std::set<std::string> names;
    for (const TableDefinition& table : world.registry().definitions()) {
        names.insert(table.name);
        EXPECT_TRUE(table.resident) << table.name;
        EXPECT_EQ(table.key_columns, 1) << table.name;
    }
    EXPECT_EQ(names,
              (std::set<std::string>{"entity", "_entity_ids", "Position", "Velocity", "Health",
                                     "Inventory", "Name", "Frozen", "Mood", "Glow"}));
    const TableDefinition& mood = *world.catalog.find("Mood");
    EXPECT_EQ(mood.category, "slow");
    EXPECT_EQ(mood.columns[0].name, "entity");
    EXPECT_EQ(mood.columns[0].type.kind, ColumnKind::id);
    EXPECT_EQ(world.catalog.find("Frozen")->columns.size(), 1U);
}

TEST(RegistryBind, refuses_tables_that_are_not_in_force) {
    auto registry = Registry::make(full_schema());
    ASSERT_TRUE(registry.ok());
    const Catalog empty;
    const Status status = (*registry)->bind(empty, [](std::string_view) { return Category{}; });
    EXPECT_EQ(status.code(), Code::not_found);
}

TEST(RegistryIds, begin_behind_the_world) {
    LivingWorld world;
    EXPECT_TRUE(world->alive(world_entity));
    EXPECT_EQ(world->count(), 1U);
    EXPECT_EQ(world.create(), Entity{2});
    EXPECT_EQ(world.create(), Entity{3});
}

TEST(RegistryIds, wait_for_a_reservation_only_when_none_is_left) {
    LivingWorld world;
    world.commit();  // reserves with the tick
    world.create_many(20'000);
    EXPECT_EQ(world.reservations, 0U);
    for (int tick = 0; tick < 20; ++tick) {
        world.commit();
        world.create_many(20'000);
    }
    EXPECT_EQ(world.reservations, 0U);
    world.create_many(EntityIds::block_min);  // a burst
    EXPECT_EQ(world.reservations, 1U);
}

TEST(RegistryIds, are_not_handed_out_before_their_reservation_is_durable) {
    LivingWorld world;
    world.tells_durable = false;
    world.commit();
    EXPECT_EQ(world.reservations, 0U);
    world.create();
    EXPECT_EQ(world.reservations, 1U);
}

TEST(RegistryIds, are_never_handed_out_again_after_a_crash) {
    LivingWorld world;
    std::set<std::uint64_t> seen;
    for (int life = 0; life < 5; ++life) {
        for (const Entity entity : world.create_many(100))
            EXPECT_TRUE(seen.insert(entity.id).second);
        world.commit();
        for (const Entity entity : world.create_many(100))
            EXPECT_TRUE(seen.insert(entity.id).second);
        world.crash();  // the second hundred was never committed
        EXPECT_EQ(world->count(), 1U + 100U * static_cast<unsigned>(life + 1));
    }
}

TEST(RegistryIds, run_out_when_reserving_is_refused) {
    LivingWorld world;
    world.accepts_reservations = false;
    EXPECT_EQ(world.create(), no_entity);
    EXPECT_EQ(world->count(), 1U);
    world.accepts_reservations = true;
    EXPECT_NE(world.create(), no_entity);
}

TEST(RegistryIds, may_be_needed_after_a_refused_commit) {
    LivingWorld world;
    static_cast<void>(world.capture());
    EXPECT_NE(world.create(), no_entity);
    EXPECT_EQ(world.reservations, 1U);
    world.commit();
    world.crash();
    EXPECT_EQ(world->count(), 2U);
}

TEST(RegistryForeign, rows_of_unlisted_components_stay_and_go_with_their_entity) {
    LivingWorld world;
    const Entity ana = world.create();
    const Entity bob = world.create();
    for (const Entity entity : {ana, bob}) {
        world->set(entity, Name{"someone", {}});
        world->set(entity, Health{5});
        world->set(entity, Glow{1, 2, 3});
    }
    world.commit();

    Schema smaller;
    smaller.component<Health>();
    world.crash(smaller);
    EXPECT_EQ(world.stored.table("Name").size(), 2U);
    world->destroy(ana);
    const ChangeSet changes = world.commit();
    EXPECT_EQ(erases(changes, "Name"), Ids{ana.id});
    EXPECT_EQ(erases(changes, "Health"), Ids{ana.id});
    EXPECT_EQ(find_batch(changes, "Glow", Operation::erase), nullptr);  // emptied at open

    world.crash();
    EXPECT_EQ(world->get<Name>(bob)->text, "someone");
    EXPECT_FALSE(world->alive(ana));
    EXPECT_EQ(world.stored.table("Name").size(), 1U);
}

TEST(RegistryForeign, entities_that_were_never_stored_erase_nothing) {
    LivingWorld world;
    world.commit();
    world.crash(Schema());
    const Entity brief = world.create();
    world->destroy(brief);
    EXPECT_EQ(find_batch(world.commit(), "Name", Operation::erase), nullptr);
}

struct Unknown {
    int field = 0;
};
PERDURE_COMPONENT(Unknown, field);

TEST(RegistryDeath, using_a_component_that_the_schema_does_not_list_stops_the_program) {
    LivingWorld world;
    EXPECT_DEATH(world->set(world_entity, Unknown{}), "by_type_");
}

}  // namespace
}  // namespace perdure::entities
