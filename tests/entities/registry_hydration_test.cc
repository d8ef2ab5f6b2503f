#include <gtest/gtest.h>

#include "entities/living_world.h"

namespace perdure::entities {
namespace {

class RegistryHydration : public testing::Test {
protected:
    // A parent with two children, one of them a parent itself, and somebody alone.
    void populate() {
        grandparent = world.create();
        parent = world.create(EntityKind::plain, grandparent);
        child = world.create(EntityKind::global, parent);
        sibling = world.create(EntityKind::player, grandparent);
        alone = world.create();
        for (const Entity entity : {grandparent, parent, child, sibling, alone}) {
            world->set(entity, Position{static_cast<float>(entity.id), 0, 0});
            world->set(entity, Name{"number " + std::to_string(entity.id), {}});
        }
        world.commit();
    }
    bool remarked(const std::string& text) {
        for (const std::string& remark : world.remarks) {
            if (remark.find(text) != std::string::npos) return true;
        }
        return false;
    }

    LivingWorld world;
    Entity grandparent, parent, child, sibling, alone;
};

TEST_F(RegistryHydration, brings_everything_back) {
    populate();
    world->set(world_entity, Health{7});
    world->set(alone, Frozen{});
    world.commit();
    const Hash128 before = world.registry().digest();
    world.crash();
    EXPECT_TRUE(world.remarks.empty());
    EXPECT_EQ(world.registry().digest(), before);
    EXPECT_EQ(world->count(), 6U);
    EXPECT_EQ(world->get<Name>(child)->text, "number " + std::to_string(child.id));
    EXPECT_EQ(world->get<Health>(world_entity)->points, 7);
    EXPECT_TRUE(world->has<Frozen>(alone));
    EXPECT_EQ(world->root(child), grandparent);
    EXPECT_EQ(world->children(grandparent), (std::vector<Entity>{parent, sibling}));
    EXPECT_EQ(world->kind(sibling), EntityKind::player);
    EXPECT_TRUE(find_batch(world.commit(), "entity", Operation::upsert) == nullptr);
}

TEST_F(RegistryHydration, rows_come_in_order_of_id_and_side_by_side) {
    for (const Entity entity : world.create_many(5000)) world->set(entity, Position{});
    for (std::uint64_t id = 2; id < 5000; id += 3) world->destroy({id});
    world.commit();
    world.crash();
    std::uint64_t last = 0;
    world->each<Position>([&](Entity entity, const Position&) {
        EXPECT_GT(entity.id, last);
        last = entity.id;
    });
    EXPECT_EQ(last, 5001U);
}

TEST_F(RegistryHydration, later_changes_replace_and_erase_earlier_ones) {
    populate();
    const auto base = world.stored.scan();
    world->set(parent, Position{9, 9, 9});
    world->remove<Name>(parent);
    world->set_parent(child, no_entity);
    world->destroy(alone);
    const Entity late = world.create(EntityKind::plain, child);
    const ChangeSet journaled = world.commit();
    const Hash128 before = world.registry().digest();

    auto registry = Registry::make(full_schema());
    ASSERT_TRUE((*registry)
                    ->bind(world.catalog,
                           [](std::string_view name) {
                               Category category;
                               if (name == "fleeting") category.durability = Level::ephemeral;
                               return category;
                           })
                    .ok());
    for (const Batch& batch : base) ASSERT_TRUE((*registry)->load(batch).ok());
    for (const Batch& batch : journaled.batches) ASSERT_TRUE((*registry)->load(batch).ok());
    std::vector<std::string> remarks;
    ASSERT_TRUE((*registry)->loaded(remarks).ok());
    EXPECT_TRUE(remarks.empty());
    EXPECT_EQ((*registry)->digest(), before);
    const Entities entities(**registry);
    EXPECT_EQ(entities.get<Position>(parent)->x, 9);
    EXPECT_FALSE(entities.has<Name>(parent));
    EXPECT_FALSE(entities.alive(alone));
    EXPECT_EQ(entities.root(late), child);
}

TEST_F(RegistryHydration, a_missing_parent_makes_a_root_and_is_reported) {
    populate();
    world.stored.erase_row("entity", parent.id);
    for (const char* table : {"Position", "Name"}) world.stored.erase_row(table, parent.id);
    world.crash();
    EXPECT_TRUE(remarked("entity " + std::to_string(child.id)));
    EXPECT_TRUE(remarked("entity " + std::to_string(parent.id) + ", is not there"));
    EXPECT_EQ(world->parent(child), no_entity);
    EXPECT_EQ(world->root(child), child);
    world.commit();  // the store follows
    EXPECT_EQ(world.stored.digest(), world.registry().digest());
    world.crash();
    EXPECT_TRUE(world.remarks.empty());
}

TEST_F(RegistryHydration, a_cycle_is_broken_at_its_lowest_id_and_reported) {
    populate();
    world.stored.row("entity", grandparent.id)[2] =
        child;  // grandparent → child → parent → grandparent
    world.crash();
    EXPECT_TRUE(remarked("entity " + std::to_string(grandparent.id) + " was its own ancestor"));
    EXPECT_EQ(world.remarks.size(), 1U);
    EXPECT_EQ(world->parent(grandparent), no_entity);
    EXPECT_EQ(world->root(child), grandparent);
    world.commit();
    EXPECT_EQ(world.stored.digest(), world.registry().digest());
}

TEST_F(RegistryHydration, an_entity_that_is_its_own_parent_is_a_cycle_too) {
    populate();
    world.stored.row("entity", alone.id)[2] = alone;
    world.crash();
    EXPECT_TRUE(remarked("was its own ancestor"));
    EXPECT_EQ(world->parent(alone), no_entity);
}

TEST_F(RegistryHydration, wrong_roots_are_corrected_and_reported) {
    populate();
    world.stored.row("entity", child.id)[3] = alone;
    world.stored.row("entity", alone.id)[3] = child;
    world.crash();
    EXPECT_TRUE(remarked("roots of 2 entities"));
    EXPECT_EQ(world->root(child), grandparent);
    EXPECT_EQ(upserts(world.commit(), "entity"), (Ids{child.id, alone.id}));
    EXPECT_EQ(world.stored.digest(), world.registry().digest());
}

TEST_F(RegistryHydration, the_world_has_no_parent) {
    populate();
    world.stored.row("entity", 1)[2] = parent;
    world.crash();
    EXPECT_TRUE(remarked("the world itself"));
    EXPECT_EQ(world->parent(world_entity), no_entity);
}

TEST_F(RegistryHydration, many_remarks_of_a_sort_are_counted) {
    const Entity lost = world.create();
    for (int born = 0; born < 100; ++born) world.create(EntityKind::plain, lost);
    world.commit();
    world.stored.erase_row("entity", lost.id);
    world.crash();
    EXPECT_LT(world.remarks.size(), 30U);
    EXPECT_TRUE(remarked("80 more"));
}

TEST_F(RegistryHydration, rows_of_nobody_stay_in_the_store_and_are_not_live) {
    populate();
    world.stored.erase_row("entity", alone.id);
    world.crash();
    EXPECT_TRUE(remarked("component Position"));
    EXPECT_TRUE(remarked("component Name"));
    EXPECT_EQ(world->count_of<Position>(), 4U);
    EXPECT_FALSE(world->has<Position>(alone));
    world.commit();
    EXPECT_EQ(world.stored.table("Position").count(alone.id), 1U);
}

TEST_F(RegistryHydration, ids_beyond_the_reservation_are_reported_and_passed_by) {
    populate();
    world.stored.row("_entity_ids", 0)[1] = std::uint64_t{3};
    world.crash();
    EXPECT_TRUE(remarked("beyond the reserved ids"));
    EXPECT_GT(world.create(), alone);
}

TEST_F(RegistryHydration, refuses_what_this_version_cannot_have_written) {
    const auto refused = [&](const std::string& table, std::uint64_t key, std::size_t column,
                             Value value) {
        LivingWorld other;
        other.commit();
        other.stored.row(table, key)[column] = std::move(value);
        other.crash();
        return other.load_status.code();
    };
    EXPECT_EQ(refused("entity", 1, 1, std::uint64_t{3}), Code::unsupported);  // a kind
    EXPECT_EQ(refused("entity", 1, 4, std::int64_t{-1}), Code::unsupported);  // a segment
    EXPECT_EQ(refused("entity", 1, 0, no_entity), Code::corrupt);
    EXPECT_EQ(refused("_entity_ids", 0, 1, std::uint64_t{1}), Code::corrupt);
    EXPECT_EQ(refused("_entity_ids", 0, 1, ~std::uint64_t{0}), Code::corrupt);
}

struct Stronger {
    std::int16_t armour = 12;
    std::int32_t points = 0;
};
PERDURE_COMPONENT_AS(Stronger, "Health", armour, points);

TEST_F(RegistryHydration, rows_of_an_older_version_take_the_new_default) {
    const Entity ana = world.create();
    world->set(ana, Health{55});
    world.commit();
    Schema newer;
    newer.component<Stronger>();
    world.crash(newer);
    ASSERT_NE(world->get<Stronger>(ana), nullptr);
    EXPECT_EQ(world->get<Stronger>(ana)->points, 55);
    EXPECT_EQ(world->get<Stronger>(ana)->armour, 12);
}

}  // namespace
}  // namespace perdure::entities
