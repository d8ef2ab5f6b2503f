#include "cli/demo/rules.h"

#include <algorithm>
#include <set>
#include <string>

#include "cli/demo/crops.h"
#include "cli/demo/demo_world.h"

namespace perdure::cli::demo {
namespace {

class RulesTest : public DemoWorld {};

TEST_F(RulesTest, found_a_world_of_real_nodes_and_as_many_walkers_as_asked) {
    found_world(1, 250);
    Entities& entities = world_->entities();
    EXPECT_EQ(entities.count_of<Node>(), side * side);
    EXPECT_EQ(entities.count_of<Walker>(), 250U);
    EXPECT_EQ(rules_->terrain().misplaced(), 0U);
    EXPECT_TRUE(is_founded(*world_));
    std::set<std::string> names;
    entities.each<Node>([&](const Node& node) { names.insert(node.name); });
    EXPECT_TRUE(names.contains("default:dirt_with_grass"));
}

TEST_F(RulesTest, refuse_more_walkers_than_there_is_room_for) {
    open();
    const auto surface = cut_square(*built_in_surface(), side);
    EXPECT_EQ(found(*world_, *surface, {.seed = 1, .walkers = side * side}).code(), Code::invalid);
    EXPECT_EQ(world_->entities().count(), 1U);
}

TEST_F(RulesTest, keep_coins_and_goods_over_a_thousand_ticks_in_which_all_sorts_of_things_happen) {
    found_world();
    live(1000);
    const Audit found = books();
    EXPECT_TRUE(found.faults.empty()) << found.faults.front();
    EXPECT_EQ(found.tick, 1001U);
    EXPECT_EQ(found.coins, 300 * coins_at_first);
    EXPECT_EQ(found.trades, trades_);
    EXPECT_EQ(found.trades_read, trades_);
    EXPECT_GT(trades_, 100U);
    EXPECT_GT(meals_, 100U);
    EXPECT_GT(harvests_, 10U);
}

TEST_F(RulesTest, let_nobody_stand_in_water_in_a_tree_or_on_another) {
    found_world();
    live(200);
    const Terrain& kept = rules_->terrain();
    const Terrain found(world_->entities(), side, side);
    EXPECT_EQ(found.misplaced(), 0U);
    std::size_t walkers = 0;
    for (CellIndex cell = 0; cell < found.columns(); ++cell) {
        EXPECT_EQ(found.at(cell).walker, kept.at(cell).walker);
        if (!found.at(cell).walker) continue;
        ++walkers;
        EXPECT_TRUE(traits(found.at(cell).land).walkable);
        EXPECT_EQ(world_->entities().get<Position>(found.at(cell).walker)->y,
                  static_cast<float>(found.at(cell).height + 1));
    }
    EXPECT_EQ(walkers, 300U);
}

TEST_F(RulesTest, are_the_same_for_the_same_seed_and_other_for_another) {
    found_world(5);
    live(100);
    const std::string first = digest();
    found_world(5);
    live(100);
    EXPECT_EQ(digest(), first);
    found_world(6);
    live(100);
    EXPECT_NE(digest(), first);
}

// What the rules keep in memory is derived: made anew in the middle, they go on as they would have.
TEST_F(RulesTest, go_by_nothing_that_is_not_in_the_world) {
    found_world();
    live(300);
    const std::string unbroken = digest();
    found_world();
    for (int life = 0; life < 6; ++life) {
        live(50);
        rules_ = std::make_unique<Rules>(*world_);
    }
    EXPECT_EQ(digest(), unbroken);
}

TEST_F(RulesTest, let_crops_ripen_in_their_time) {
    found_world();
    live(static_cast<int>(2 * crop_stage_ticks + 50));
    const std::uint64_t now = world_->next_tick() - 1;
    std::uint8_t highest = 0;
    world_->entities().each<Crop>([&](const Crop& crop) {
        EXPECT_EQ(crop.stage, (now - crop.planted_tick) / crop_stage_ticks);
        highest = std::max(highest, crop.stage);
    });
    EXPECT_EQ(highest, 2);
}

}  // namespace
}  // namespace perdure::cli::demo
