// External components: what a program hands in, and what it gets back.
#include "perdure/external.h"

#include <random>

#include "world/small_ecs.h"

namespace perdure {
namespace {

class ExternalTest : public OwnEcs {};
INSTANTIATE_TEST_SUITE_P(, ExternalTest, testing::Values(Home::Kind::sqlite), store_name);

TEST_P(ExternalTest, what_is_marked_is_read_at_the_commit_and_comes_back) {
    const Entity ana = create({1, 2, 3});
    ecs_->positions[ana.id] = {4, 5, 6};
    EXPECT_EQ(ecs_->reads, 0u);
    home_.commit();
    EXPECT_EQ(ecs_->reads, 1u);
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{ana.id, {4, 5, 6}}}));
}

TEST_P(ExternalTest, what_is_not_marked_is_not_read_and_does_not_go_out) {
    const Entity ana = create({1, 2, 3});
    home_.commit();
    ecs_->positions[ana.id] = {4, 5, 6};
    home_.commit();
    EXPECT_EQ(ecs_->reads, 1u);
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{ana.id, {1, 2, 3}}}));
}

TEST_P(ExternalTest, arrays_are_taken_when_they_are_handed_in) {
    const Entity ids[] = {entities().create(), entities().create()};
    std::vector<Position> values{{1, 0, 0}, {2, 0, 0}};
    EXPECT_EQ(*external().put<Position>(ids, std::span<const Position>(values)), 2u);
    values.clear();
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{ids[0].id, {1, 0, 0}}, {ids[1].id, {2, 0, 0}}}));
}

TEST_P(ExternalTest, structs_may_lie_a_stride_apart) {
    struct Particle {
        double mass = 1;
        Position position;
    };
    const Entity ids[] = {entities().create(), entities().create()};
    const Particle particles[] = {{1, {1, 0, 0}}, {2, {2, 0, 0}}};
    EXPECT_EQ(*external().put<Position>(ids, &particles[0].position, sizeof(Particle)), 2u);
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{ids[0].id, {1, 0, 0}}, {ids[1].id, {2, 0, 0}}}));
}

TEST_P(ExternalTest, fields_may_lie_in_arrays_of_their_own) {
    const Entity ids[] = {entities().create(), Entity{999'999}, entities().create()};
    const float x[] = {1, 0, 2}, y[] = {3, 0, 4}, z[] = {5, 0, 6};
    const std::string texts[] = {"anna", "nobody", "bert"};
    const std::optional<std::int16_t> ranks[] = {std::int16_t{7}, {}, {}};
    EXPECT_EQ(
        *external().put_fields<Position>(ids, {field_array(x), field_array(y), field_array(z)}), 2u)
        << "the dead one is passed over";
    EXPECT_EQ(*external().put_fields<Title>(ids, {field_array(texts), field_array(ranks)}), 2u);
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{ids[0].id, {1, 3, 5}}, {ids[2].id, {2, 4, 6}}}));
    EXPECT_EQ(ecs_->titles, (std::map<std::uint64_t, Title>{{ids[0].id, {"anna", 7}},
                                                            {ids[2].id, {"bert", {}}}}));
}

TEST_P(ExternalTest, arrays_that_are_not_the_fields_are_refused) {
    const Entity ids[] = {entities().create()};
    const double wide[] = {1};
    const float x[] = {1};
    const auto few = external().put_fields<Position>(ids, {field_array(x)});
    EXPECT_EQ(few.status().code(), Code::invalid) << few.status().text();
    const auto other =
        external().put_fields<Position>(ids, {field_array(x), field_array(wide), field_array(x)});
    EXPECT_EQ(other.status().code(), Code::invalid);
    EXPECT_NE(other.status().text().find("field y"), std::string::npos) << other.status().text();
}

TEST_P(ExternalTest, a_text_that_is_none_is_refused_and_nothing_of_the_call_is_taken) {
    const Entity ids[] = {entities().create(), entities().create()};
    const Title titles[] = {{"good", {}}, {"bad\xFF", {}}};
    const auto put = external().put<Title>(ids, std::span<const Title>(titles));
    EXPECT_EQ(put.status().code(), Code::invalid) << put.status().text();
    home_.commit();
    crash();
    EXPECT_TRUE(ecs_->titles.empty());
}

TEST_P(ExternalTest, arrays_of_other_sizes_than_the_ids_are_refused) {
    const Entity ids[] = {entities().create(), entities().create()};
    const Position values[] = {{1, 0, 0}, {2, 0, 0}, {3, 0, 0}};
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
        const auto put = external().put<Position>(ids, std::span(values, count));
        EXPECT_EQ(put.status().code(), Code::invalid) << count;
        EXPECT_EQ(put.status().message(),
                  text::format("component Position: {} values were given for 2 entities; give one "
                               "each",
                               count));
    }
    home_.commit();
    crash();
    EXPECT_TRUE(ecs_->positions.empty());
}

TEST_P(ExternalTest, texts_and_tags_come_back) {
    const Entity ana = entities().create();
    ecs_->titles[ana.id] = {"queen", 1};
    ecs_->frozen.insert(ana.id);
    external().changed<Title>(ana);
    external().changed<Frozen>(ana);
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->titles, (std::map<std::uint64_t, Title>{{ana.id, {"queen", 1}}}));
    EXPECT_EQ(ecs_->frozen, std::set<std::uint64_t>{ana.id});
}

// Per entity and component the last call counts.
TEST_P(ExternalTest, the_last_call_counts) {
    const Entity one = create({1, 0, 0});
    const Entity two = create({1, 0, 0});
    const Entity three = create({1, 0, 0});
    home_.commit();
    const Position handed_in{9, 0, 0};
    put(one, handed_in);
    move(one, {2, 0, 0});  // put, changed
    move(two, {2, 0, 0});  // changed, put, put
    put(two, handed_in);
    const Position again{10, 0, 0};
    put(two, again);
    external().removed<Position>(three);  // removed, changed
    move(three, {3, 0, 0});
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->positions,
              (Positions{{one.id, {2, 0, 0}}, {two.id, {10, 0, 0}}, {three.id, {3, 0, 0}}}));
    put(one, handed_in);
    external().removed<Position>(one);  // put, removed
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{two.id, {10, 0, 0}}, {three.id, {3, 0, 0}}}));
}

TEST_P(ExternalTest, an_id_twice_in_one_array_has_its_later_value) {
    const Entity ana = entities().create();
    const Entity ids[] = {ana, ana};
    const Position values[] = {{1, 0, 0}, {2, 0, 0}};
    EXPECT_TRUE(external().put<Position>(ids, std::span<const Position>(values)).ok());
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{ana.id, {2, 0, 0}}}));
}

// Enough of them that those which are stale are let go in between, more than once.
TEST_P(ExternalTest, values_handed_in_one_by_one_are_the_newest_of_each) {
    std::vector<Entity> all;
    for (int at = 0; at < 10'000; ++at) all.push_back(entities().create());
    Positions newest;
    for (int round = 0; round < 6; ++round) {
        for (const Entity entity : all) {
            const Position value{static_cast<float>(entity.id), static_cast<float>(round), 0};
            put(entity, value);
            newest[entity.id] = value;
        }
        if (round != 3) continue;
        for (std::size_t at = 0; at < all.size(); at += 2) {
            EXPECT_TRUE(external().removed<Position>(all[at]));
            newest.erase(all[at].id);
        }
        all.erase(all.begin() + 5000, all.end());
    }
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->positions, newest);
}

TEST_P(ExternalTest, one_commit_carries_what_is_read_and_what_was_handed_in) {
    Positions wanted;
    for (int at = 0; at < 100; ++at) {
        const Position value{static_cast<float>(at), 0, 0};
        const Entity entity = at % 2 == 0 ? create(value) : entities().create();
        if (at % 2 != 0) put(entity, value);
        wanted[entity.id] = value;
    }
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->positions, wanted);
}

TEST_P(ExternalTest, what_the_reader_does_not_find_is_removed) {
    const Entity ana = create({1, 2, 3});
    home_.commit();
    ecs_->positions.erase(ana.id);
    external().changed<Position>(ana);
    home_.commit();
    EXPECT_EQ(stored("Position", ana), "none");
    EXPECT_TRUE(entities().alive(ana));
}

TEST_P(ExternalTest, a_dead_entity_takes_its_external_components_with_it) {
    const Entity ana = create({1, 2, 3});
    const Entity child = entities().create(EntityKind::plain, ana);
    move(child, {4, 5, 6});
    home_.commit();
    EXPECT_EQ(stored("Position", child), text::format("{} 4 5 6", child.id));
    entities().destroy(ana);
    home_.commit();
    EXPECT_EQ(stored("Position", ana), "none");
    EXPECT_EQ(stored("Position", child), "none");
    crash();
    EXPECT_TRUE(ecs_->positions.empty());
}

TEST_P(ExternalTest, what_dies_before_the_commit_leaves_no_trace) {
    const Entity before = create({1, 0, 0});
    const Entity ana = create({1, 2, 3});
    const Position value{7, 8, 9};
    put(ana, value);
    entities().destroy(ana);
    EXPECT_FALSE(external().changed<Position>(ana)) << "it is dead";
    const Entity last = create({3, 0, 0});  // its row may be where ana's was
    home_.commit();
    EXPECT_EQ(stored("Position", ana), "none");
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{before.id, {1, 0, 0}}, {last.id, {3, 0, 0}}}));
}

TEST_P(ExternalTest, marks_stay_with_their_entity_when_others_die) {
    std::vector<Entity> all;
    for (int at = 0; at < 100; ++at) all.push_back(create({static_cast<float>(at), 0, 0}));
    home_.commit();
    move(all[99], {7, 0, 0});
    const Position value{8, 0, 0};
    put(all[98], value);
    for (int at = 0; at < 90; ++at) entities().destroy(all[static_cast<std::size_t>(at)]);
    ecs_->reads = 0;
    home_.commit();
    EXPECT_EQ(ecs_->reads, 1u);
    crash();
    EXPECT_EQ(ecs_->positions.size(), 10u);
    EXPECT_EQ(ecs_->positions.at(all[99].id), (Position{7, 0, 0}));
    EXPECT_EQ(ecs_->positions.at(all[98].id), (Position{8, 0, 0}));
}

TEST_P(ExternalTest, a_refused_commit_leaves_everything_to_the_next_one) {
    const Entity kept = create({1, 0, 0});
    const Entity gone = create({1, 0, 0});
    home_.commit();
    const Position value{2, 0, 0};
    const Entity handed = entities().create();
    put(handed, value);
    move(kept, {3, 0, 0});
    external().removed<Position>(gone);
    EXPECT_EQ(home_->commit({.tick = 0}).status().code(), Code::invalid);
    ecs_->positions[kept.id] = {4, 0, 0};  // read again, as it is then
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->positions, (Positions{{kept.id, {4, 0, 0}}, {handed.id, {2, 0, 0}}}));
}

TEST_P(ExternalTest, an_accepted_commit_is_not_repeated) {
    const Entity ana = create({1, 0, 0});
    const Position value{2, 0, 0};
    put(ana, value);
    home_.commit();
    external().removed<Position>(ana);
    home_.commit();
    home_.commit();
    EXPECT_EQ(stored("Position", ana), "none");
}

// Categories.
TEST_P(ExternalTest, relaxed_values_wait_for_their_interval_but_not_those_of_new_entities) {
    const auto feel = [&](Entity entity, std::int32_t level) {
        ecs_->moods[entity.id] = {level};
        external().changed<Mood>(entity);
    };
    const Entity ana = entities().create();
    feel(ana, 1);
    home_.commit();  // the first of its table: from now on it waits
    feel(ana, 2);
    const Entity bert = entities().create();
    feel(bert, 10);
    home_.commit();
    EXPECT_EQ(stored("Mood", ana), text::format("{} 1", ana.id));
    EXPECT_EQ(stored("Mood", bert), text::format("{} 10", bert.id));
    feel(ana, 3);
    home_.clock.advance_ns(second_ns);
    EXPECT_TRUE(home_.commit().wait(Level::journal).ok());
    EXPECT_EQ(stored("Mood", ana), text::format("{} 3", ana.id));
}

TEST_P(ExternalTest, relaxed_arrays_wait_too_and_the_newest_goes_out) {
    const Entity ana = entities().create();
    const auto hand_in = [&](Entity entity, std::int32_t level) {
        const Mood mood{level};
        put(entity, mood);
    };
    hand_in(ana, 1);
    home_.commit();
    for (std::int32_t level = 2; level < 40'000; ++level) hand_in(ana, level);
    const Entity bert = entities().create();
    hand_in(bert, 10);
    home_.commit();
    EXPECT_EQ(home_.row("Mood", {{"entity", ana}}), "none");
    EXPECT_EQ(stored("Mood", bert), text::format("{} 10", bert.id));
    EXPECT_EQ(stored("Mood", ana), text::format("{} 1", ana.id));
    home_.clock.advance_ns(second_ns);
    EXPECT_TRUE(home_.commit().wait(Level::journal).ok());
    EXPECT_EQ(stored("Mood", ana), text::format("{} 39999", ana.id));
}

TEST_P(ExternalTest, ephemeral_values_are_in_the_store_and_do_not_come_back) {
    const Entity ana = entities().create();
    ecs_->glows[ana.id] = {7};
    external().changed<Glow>(ana);
    home_.commit();
    EXPECT_EQ(stored("Glow", ana), text::format("{} 7", ana.id));
    reopen();
    EXPECT_TRUE(ecs_->glows.empty());
    EXPECT_EQ(home_.row("Glow", {{"entity", ana}}), "none");
}

// The program's mistakes.
using ExternalDeathTest = ExternalTest;
INSTANTIATE_TEST_SUITE_P(, ExternalDeathTest, testing::Values(Home::Kind::memory), store_name);

TEST_P(ExternalDeathTest, a_component_that_is_not_external_cannot_be_handed_in) {
    EXPECT_DEATH(external().changed<Purse>(world_entity), "bug");
}

TEST_P(ExternalDeathTest, an_external_component_has_no_value_here) {
    EXPECT_DEATH(static_cast<void>(entities().get<Position>(world_entity)), "bug");
}

// A plain model beside it: whatever happens, what comes back is what was last committed.
TEST_P(ExternalTest, random_work_comes_back) {
    const std::uint64_t seed =
        testing::UnitTest::GetInstance()->random_seed() != 0
            ? static_cast<std::uint64_t>(testing::UnitTest::GetInstance()->random_seed())
            : 20261130;
    SCOPED_TRACE(text::format("seed {}: --gtest_random_seed={}", seed, seed));
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    std::vector<Entity> all;
    for (int round = 0; round < 40; ++round) {
        for (int step = 0; step < 60; ++step) {
            const auto value = Position{static_cast<float>(below(1000)), 0, 0};
            if (all.empty() || below(10) == 0) {
                all.push_back(entities().create());
                continue;
            }
            const std::size_t which = below(all.size());
            const Entity one = all[which];
            switch (below(5)) {
                case 0:
                    ecs_->positions.erase(one.id);
                    external().removed<Position>(one);
                    break;
                case 1:
                    ecs_->positions.erase(one.id);
                    entities().destroy(one);
                    all.erase(all.begin() + static_cast<std::ptrdiff_t>(which));
                    break;
                case 2:
                    ecs_->positions[one.id] = value;
                    put(one, value);
                    break;
                default: move(one, value);
            }
        }
        if (round > 0 && below(8) == 0) {
            EXPECT_FALSE(home_->commit({.tick = 0}).ok());
        }
        home_.commit();
        if (below(3) == 0) home_.drain();
        if (below(6) == 0) {
            const Positions before = ecs_->positions;
            crash();
            ASSERT_EQ(ecs_->positions, before) << "round " << round;
        }
    }
}

}  // namespace
}  // namespace perdure
