// each<>(): which entities it visits, with what, in which order, and what it marks.
#include <vector>

#include <gtest/gtest.h>

#include "entities/living_world.h"

namespace perdure::entities {
namespace {

class Each : public testing::Test {
protected:
    // Position on everyone, velocity on those whom `moves` picks; in slabs and chunks of every
    // sort.
    template <typename Moves>
    void populate(std::size_t count, Moves&& moves) {
        all = world.create_many(count);
        for (const Entity entity : all) {
            world->set(entity, Position{static_cast<float>(entity.id), 0, 0});
            if (moves(entity.id)) world->set(entity, Velocity{0, static_cast<float>(entity.id), 0});
        }
        world.commit();
    }
    // Visits both and checks that they belong together.
    std::vector<std::uint64_t> moving() {
        std::vector<std::uint64_t> ids;
        world->each<Position, Velocity>(
            [&](Entity entity, const Position& position, const Velocity& velocity) {
                EXPECT_EQ(position.x, static_cast<float>(entity.id));
                EXPECT_EQ(velocity.y, static_cast<float>(entity.id));
                ids.push_back(entity.id);
            });
        return ids;
    }
    template <typename Moves>
    void expect_moving(Moves&& moves) {
        std::vector<std::uint64_t> wanted;
        world->each<Position>([&](Entity entity, const Position&) {
            if (moves(entity.id)) wanted.push_back(entity.id);
        });
        EXPECT_EQ(moving(), wanted);
    }

    LivingWorld world;
    std::vector<Entity> all;
};

TEST_F(Each, visits_nobody_where_nobody_is) {
    EXPECT_TRUE(moving().empty());
    populate(10, [](std::uint64_t) { return false; });
    EXPECT_TRUE(moving().empty());
}

TEST_F(Each, visits_rows_that_lie_side_by_side) {
    const auto everyone = [](std::uint64_t) { return true; };
    populate(10'000, everyone);
    EXPECT_EQ(moving().size(), 10'000U);
    expect_moving(everyone);
}

TEST_F(Each, visits_rows_that_do_not) {
    const auto most = [](std::uint64_t id) { return id % 7 != 0; };
    populate(10'000, most);
    expect_moving(most);
}

TEST_F(Each, visits_few_among_many) {
    const auto few = [](std::uint64_t id) { return id % 1000 == 0; };
    populate(10'000, few);
    expect_moving(few);
}

TEST_F(Each, visits_those_of_the_second_half_only) {
    const auto half = [](std::uint64_t id) { return id > 5000; };
    populate(10'000, half);
    expect_moving(half);
}

TEST_F(Each, follows_the_first_components_order_after_removals) {
    const auto everyone = [](std::uint64_t) { return true; };
    populate(5000, everyone);
    for (std::uint64_t id = 2; id < 4000; id += 5) world->destroy({id});
    expect_moving(everyone);
    world->remove<Velocity>({3});
    world->remove<Velocity>({4});
    expect_moving([](std::uint64_t id) { return id > 4; });
    world->set(Entity{4}, Velocity{0, 4, 0});  // now last of its kind
    expect_moving([](std::uint64_t id) { return id != 3; });
}

// Chunks 4 to 7 lie in one slab: a run of them must end where one differs, though it is as long.
TEST_F(Each, sees_that_one_chunk_among_many_differs) {
    populate(10'000, [](std::uint64_t) { return true; });
    world->remove<Velocity>({5500});
    expect_moving([](std::uint64_t id) { return id != 5500; });
}

TEST_F(Each, visits_with_and_without_the_entity) {
    populate(3, [](std::uint64_t) { return true; });
    int visits = 0;
    world->each<Position>([&](const Position&) { ++visits; });
    world->each<Position>([&](Entity, const Position&) { ++visits; });
    world->each<Position, Velocity>([&](const auto&, const auto&) { ++visits; });
    world->each<Position, Velocity>([&](Entity, const auto&, const auto&) { ++visits; });
    EXPECT_EQ(visits, 12);
}

TEST_F(Each, gives_constant_rows_unless_asked_for_mutable_ones) {
    world->each<Position, Mut<Velocity>>([](auto& position, auto& velocity) {
        static_assert(std::is_same_v<decltype(position), const Position&>);
        static_assert(std::is_same_v<decltype(velocity), Velocity&>);
    });
}

TEST_F(Each, marks_every_mutable_row_that_it_visits_and_no_other) {
    const auto few = [](std::uint64_t id) { return id % 10 == 0; };
    populate(3000, few);
    world->each<Mut<Position>, Velocity>(
        [](Position& position, const Velocity&) { position.z = 1; });
    const ChangeSet changes = world.commit();
    EXPECT_EQ(changes.batches.size(), 1U);
    EXPECT_EQ(upserts(changes, "Position"), moving());
    world->each<Position, Velocity>([](const Position&, const Velocity&) {});
    EXPECT_TRUE(world.commit().batches.empty());
}

TEST_F(Each, marks_whole_chunks) {
    populate(5000, [](std::uint64_t) { return true; });
    world->each<Velocity, Mut<Position>>(
        [](const Velocity&, Position& position) { position.z = 1; });
    EXPECT_EQ(upserts(world.commit(), "Position").size(), 5000U);
}

TEST_F(Each, writes_what_is_read_afterwards) {
    populate(2500, [](std::uint64_t id) { return id % 2 == 0; });
    world->each<Mut<Position>, Mut<Velocity>>([](Position& position, Velocity& velocity) {
        position.z = velocity.y;
        velocity.x = 1;
    });
    for (const Entity entity : all) {
        const bool moved = entity.id % 2 == 0;
        EXPECT_EQ(world->get<Position>(entity)->z, moved ? static_cast<float>(entity.id) : 0);
        EXPECT_EQ(world->has<Velocity>(entity), moved);
    }
}

TEST_F(Each, takes_tags_as_filters) {
    populate(3000, [](std::uint64_t) { return true; });
    for (std::uint64_t id = 100; id < 200; ++id) world->set(Entity{id}, Frozen{});
    int first = 0, last = 0;
    world->each<Position, Frozen>([&](Entity entity, const Position&, const Frozen&) {
        EXPECT_TRUE(entity.id >= 100 && entity.id < 200);
        ++first;
    });
    world->each<Frozen, Mut<Position>>([&](const Frozen&, Position& position) {
        position.z = 5;
        ++last;
    });
    EXPECT_EQ(first, 100);
    EXPECT_EQ(last, 100);
    EXPECT_EQ(upserts(world.commit(), "Position").size(), 100U);
}

TEST_F(Each, takes_components_that_are_not_trivial) {
    for (const Entity entity : world.create_many(2000)) {
        world->set(entity, Health{static_cast<int>(entity.id)});
        world->set(entity, Name{std::string(entity.id % 50, 'x'), {}});
    }
    std::size_t letters = 0;
    world->each<Health, Mut<Name>>([&](const Health& health, Name& name) {
        EXPECT_EQ(name.text.size(), static_cast<std::size_t>(health.points % 50));
        name.text += "!";
        letters += name.text.size();
    });
    EXPECT_GT(letters, 2000U);
    EXPECT_EQ(upserts(world.commit(), "Name").size(), 2000U);
}

TEST_F(Each, takes_many_components_at_once) {
    populate(2000, [](std::uint64_t) { return true; });
    for (const Entity entity : all) {
        if (entity.id % 3 == 0) world->set(entity, Health{1});
        if (entity.id % 5 == 0) world->set(entity, Inventory{});
    }
    int visits = 0;
    world->each<Position, Velocity, Health, Inventory>(
        [&](Entity entity, const Position&, const Velocity&, const Health&, const Inventory&) {
            EXPECT_EQ(entity.id % 15, 0U);
            ++visits;
        });
    EXPECT_EQ(visits, 133);
}

TEST_F(Each, may_be_nested_and_may_set_what_is_there) {
    populate(50, [](std::uint64_t) { return true; });
    int pairs = 0;
    world->each<Position>([&](Entity entity, const Position&) {
        world->each<Position>([&](const Position&) { ++pairs; });
        world->set(entity, Position{-1, 0, 0});
        world->set(entity, Health{1});  // another type may come
    });
    EXPECT_EQ(pairs, 2500);
    EXPECT_EQ(world->count_of<Health>(), 50U);
}

TEST_F(Each, adding_or_removing_what_is_visited_stops_the_program) {
    populate(2, [](std::uint64_t id) { return id == 2; });
    const auto visit_and = [&](auto&& act) {
        world->each<Position>([&](Entity, const Position&) { act(); });
    };
    EXPECT_DEATH(visit_and([&] { world->remove<Position>({2}); }), "iterating_");
    EXPECT_DEATH(visit_and([&] { world->set(world_entity, Position{}); }), "iterating_");
    EXPECT_DEATH(visit_and([&] { world->destroy({3}); }), "iterating_");
}

TEST_F(Each, ends_its_walk_when_a_visitor_throws) {
    populate(10, [](std::uint64_t) { return true; });
    EXPECT_THROW(world->each<Position>([](const Position&) { throw 1; }), int);
    EXPECT_TRUE(world->destroy({2}));
}

}  // namespace
}  // namespace perdure::entities
