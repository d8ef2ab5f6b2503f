// What only the adapter for EnTT promises.
#include "perdure/adapters/entt.h"
#include "world/games.h"

namespace perdure {
namespace {

class EnttAdapterTest : public GameTest<EnttGame> {};

TEST_F(EnttAdapterTest, a_clone_is_an_entity_of_its_own) {
    const auto ana = make(Position{1, 2, 3}, Frozen{});
    const auto twin = game().registry.clone(ana);
    ASSERT_TRUE(id(twin));
    EXPECT_NE(id(twin), id(ana));
    const Rows both{row(id(ana), "1 2 3, frozen"), row(id(twin), "1 2 3, frozen")};
    commit();
    crash();
    EXPECT_EQ(all(), both);
}

TEST_F(EnttAdapterTest, patches_are_seen) {
    const auto ana = make(Position{1, 2, 3});
    const Entity kept = id(ana);
    commit();
    game().registry.patch<Position>(ana, [](Position& at) { at.y = 7; });
    EXPECT_EQ(commit(), 1u);
    crash();
    EXPECT_EQ(all(), (Rows{row(kept, "1 7 3")}));
}

// Storages are taken in one order by destroy() and in another by clear().
TEST_F(EnttAdapterTest, a_registry_that_is_cleared_empties_the_world) {
    make(Position{1, 2, 3}, Purse{1});
    make(Title{"one", {}});
    game().set(handle(world_entity), Purse{7});
    commit();
    game().registry.clear();
    commit();
    EXPECT_EQ(entities().count(), 1u);
    for (const char* table : {"Position", "Purse", "Title"}) {
        EXPECT_EQ(home_.rows(table), Rows{}) << table;
    }
}

TEST_F(EnttAdapterTest, a_slot_that_is_used_again_is_another_entity) {
    const auto ana = make(Position{1, 2, 3});
    const Entity before = id(ana);
    game().destroy(ana);
    const auto bert = make(Position{4, 5, 6});
    EXPECT_NE(id(bert), before);
    commit();
    crash();
    EXPECT_EQ(all().size(), 1u);
}

TEST_F(EnttAdapterTest, nothing_is_connected_after_it_was_closed) {
    game().adapter.close();
    EXPECT_TRUE(game().registry.on_construct<Position>().empty());
    EXPECT_TRUE(game().registry.on_update<Position>().empty());
    EXPECT_TRUE(game().registry.on_destroy<Position>().empty());
    EXPECT_TRUE(game().registry.on_destroy<KeptAs>().empty());
}

}  // namespace
}  // namespace perdure
