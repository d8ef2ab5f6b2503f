// External components on their way back: what opening hands to the program.
#include "perdure/external.h"
#include "world/small_ecs.h"

namespace perdure {
namespace {

struct Spirits {  // Mood, under other names
    std::int32_t height = 0;
};
PERDURE_COMPONENT(Spirits, height);

class ExternalReturn : public OwnEcs {};
INSTANTIATE_TEST_SUITE_P(, ExternalReturn, testing::Values(Home::Kind::sqlite), store_name);

// Opening.
TEST_P(ExternalReturn, entities_come_back_first_parents_before_their_children) {
    const Entity child = entities().create(EntityKind::plain);
    const Entity player = entities().create(EntityKind::player);
    const Entity parent = entities().create(EntityKind::global);
    entities().set_parent(parent, player);
    entities().set_parent(child, parent);
    move(child, {1, 0, 0});
    ecs_->positions[world_entity.id] = {5, 0, 0};
    external().changed<Position>(world_entity);
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->told, (std::vector<std::string>{"entities", "positions"}));
    ASSERT_EQ(ecs_->entities.size(), 3u);
    EXPECT_EQ(ecs_->entities[0].entity, player);
    EXPECT_EQ(ecs_->entities[0].kind, EntityKind::player);
    EXPECT_EQ(ecs_->entities[1].entity, parent);
    EXPECT_EQ(ecs_->entities[1].parent, player);
    EXPECT_EQ(ecs_->entities[2].entity, child);
    EXPECT_EQ(ecs_->entities[2].parent, parent);
    EXPECT_EQ(ecs_->positions, (Positions{{child.id, {1, 0, 0}}, {world_entity.id, {5, 0, 0}}}));
}

TEST_P(ExternalReturn, a_new_world_hands_nothing_back) { EXPECT_TRUE(ecs_->told.empty()); }

// SmallEcs says if a row is handed back twice.
TEST_P(ExternalReturn, each_row_comes_back_once_whether_the_store_has_it_or_not) {
    const Entity stored_only = create({1, 0, 0});
    const Entity both = create({1, 0, 0});
    const Entity erased = create({1, 0, 0});
    const Entity dead = create({1, 0, 0});
    home_.commit();
    home_.drain();
    move(both, {2, 0, 0});
    external().removed<Position>(erased);
    entities().destroy(dead);
    home_.commit();
    move(both, {3, 0, 0});
    const Entity undrained = create({4, 0, 0});
    home_.commit();
    crash();
    EXPECT_EQ(
        ecs_->positions,
        (Positions{{stored_only.id, {1, 0, 0}}, {both.id, {3, 0, 0}}, {undrained.id, {4, 0, 0}}}));
}

TEST_P(ExternalReturn, many_rows_come_back_in_batches) {
    std::vector<Entity> ids(40'000);
    for (Entity& id : ids) id = entities().create();
    const std::vector<Position> values(ids.size(), Position{1, 2, 3});
    EXPECT_EQ(*external().put<Position>(ids, std::span<const Position>(values)), ids.size());
    home_.commit();
    crash();
    EXPECT_EQ(ecs_->positions.size(), ids.size());
    EXPECT_EQ(ecs_->entities.size(), ids.size());
    reopen();
    EXPECT_EQ(ecs_->positions.size(), ids.size());
}

TEST_P(ExternalReturn, a_callback_that_fails_ends_the_opening_with_its_status) {
    create({1, 2, 3});
    home_.commit();
    home_.close();
    for (const std::string failing : {"entities", "positions"}) {
        begin_life();
        ecs_->failing = failing;
        const Status opened = home_.try_open();
        EXPECT_EQ(opened.code(), Code::busy);
        EXPECT_NE(opened.text().find("no room"), std::string::npos) << opened.text();
    }
    begin_life();
    home_.open();
    EXPECT_EQ(ecs_->positions.size(), 1u);
}

TEST_P(ExternalReturn, a_component_that_nobody_would_take_back_is_refused) {
    home_.close();
    home_.options.external = ExternalCallbacks{};
    const Status opened = home_.try_open();
    EXPECT_EQ(opened.code(), Code::invalid);
    EXPECT_NE(opened.text().find("on_load()"), std::string::npos) << opened.text();
}

TEST_P(ExternalReturn, a_component_may_become_external_and_back) {
    const Entity ana = create({1, 2, 3});
    home_.commit();
    home_.close();
    home_.know(test_schema());
    home_.open();
    EXPECT_EQ(*entities().get<Position>(ana), (Position{1, 2, 3}));
    entities().set(ana, Position{4, 5, 6});
    home_.commit();
    home_.know(external_schema());
    reopen();
    EXPECT_EQ(ecs_->positions, (Positions{{ana.id, {4, 5, 6}}}));
}

TEST_P(ExternalReturn, a_field_with_a_written_number_needs_no_renaming) {
    const Entity ana = entities().create();
    ecs_->moods[ana.id] = {7};
    external().changed<Mood>(ana);
    home_.commit();
    home_.close();
    std::vector<std::int32_t> heights;
    begin_life();
    home_.options.external.on_load<Spirits>(
        [&](std::span<const Entity>, std::span<const Spirits> loaded) {
            for (const Spirits& one : loaded) heights.push_back(one.height);
            return Status();
        });
    Schema later;
    later.component<Spirits>({.external = true, .numbers = {{"height", 2}}});
    later.renamed("Mood", "Spirits");
    home_.know(later);
    home_.open();
    EXPECT_EQ(heights, std::vector<std::int32_t>{7});
}

}  // namespace
}  // namespace perdure
