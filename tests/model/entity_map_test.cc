#include "perdure/entity_map.h"

#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"

namespace perdure {
namespace {

// What is beside it in a page, in a page of its own, and as far away as an id can be.
const std::vector<Entity> entities_far_and_near{
    {1}, {2}, {127}, {128}, {129}, {5000}, {std::uint64_t{1} << 40}, {entity_id_max}};

class EntityMapTest : public testing::Test {
protected:
    // "7", or "none".
    std::string found(Entity entity) const {
        const int* handle = map_.find(entity);
        return handle == nullptr ? "none" : std::to_string(*handle);
    }
    EntityMap<int> map_;
};

TEST_F(EntityMapTest, is_empty_at_first_and_everything_may_be_asked) {
    EXPECT_EQ(map_.size(), 0U);
    for (const Entity entity : entities_far_and_near) {
        EXPECT_EQ(found(entity), "none");
        EXPECT_FALSE(map_.erase(entity));
    }
    EXPECT_EQ(found(no_entity), "none");
}

TEST_F(EntityMapTest, holds_what_was_put_last) {
    for (const int round : {0, 100}) {
        int handle = round;
        for (const Entity entity : entities_far_and_near) map_.put(entity, handle++);
        handle = round;
        for (const Entity entity : entities_far_and_near) {
            EXPECT_EQ(found(entity), std::to_string(handle++)) << entity.id;
        }
        EXPECT_EQ(map_.size(), entities_far_and_near.size());
    }
    EXPECT_EQ(found({3}), "none") << "a neighbour in the same page";
    EXPECT_EQ(found({6000}), "none");
}

TEST_F(EntityMapTest, what_is_erased_is_gone_and_its_neighbours_stay) {
    for (const Entity entity : entities_far_and_near) map_.put(entity, 7);
    EXPECT_TRUE(map_.erase({128}));
    EXPECT_FALSE(map_.erase({128}));
    EXPECT_EQ(found({128}), "none");
    EXPECT_EQ(found({129}), "7");
    EXPECT_EQ(found({127}), "7");
    EXPECT_EQ(map_.size(), entities_far_and_near.size() - 1);
    map_.put({128}, 8);
    EXPECT_EQ(found({128}), "8");
}

TEST_F(EntityMapTest, many_are_found_at_once_in_any_order) {
    map_.put({1}, 10);
    map_.put({3}, 30);
    map_.put({1000}, 40);
    const std::vector<Entity> asked{{3}, {2}, {1000}, {1}, {70'000}, no_entity, {3}};
    std::string all;
    map_.find_each(asked, [&](std::size_t at, const int* handle) {
        all +=
            std::to_string(at) + ":" + (handle == nullptr ? "none" : std::to_string(*handle)) + " ";
    });
    EXPECT_EQ(all, "0:30 1:none 2:40 3:10 4:none 5:none 6:30 ");
}

TEST(EntityMapHandles, may_own_something_that_goes_when_they_are_erased_or_replaced) {
    const auto watched = std::make_shared<int>(7);
    EntityMap<std::shared_ptr<int>> shared;
    shared.put({1}, watched);
    shared.put({2}, watched);
    EXPECT_EQ(watched.use_count(), 3);
    shared.erase({1});
    EXPECT_EQ(watched.use_count(), 2) << "though its page is still there";
    shared.put({2}, nullptr);
    EXPECT_EQ(watched.use_count(), 1);
    EntityMap<std::unique_ptr<int>> owned;
    owned.put({1}, std::make_unique<int>(5));
    EXPECT_EQ(**owned.find({1}), 5);
}

// Pages that come and go, of ids that lie together and of ids all over: a plain map beside it.
TEST(EntityMapRandom, does_what_a_plain_map_does) {
    Random random(test_seed());
    for (const std::uint64_t span : {std::uint64_t{2'000}, std::uint64_t{200'000}, entity_id_max}) {
        EntityMap<std::uint64_t> map;
        std::map<std::uint64_t, std::uint64_t> model;
        std::vector<Entity> known;
        for (std::uint64_t step = 0; step < 40'000; ++step) {
            const bool grow = step % 10'000 < 6'000;
            const bool again = !known.empty() && random.below(3) == 0;
            const Entity entity =
                again ? known[random.below(known.size())] : Entity{1 + random.below(span)};
            if (random.below(10) < (grow ? 8U : 2U)) {
                map.put(entity, step);
                model[entity.id] = step;
                known.push_back(entity);
            } else {
                const Entity victim = known.empty() ? entity : known[random.below(known.size())];
                ASSERT_EQ(map.erase(victim), model.erase(victim.id) == 1) << "step " << step;
            }
            ASSERT_EQ(map.size(), model.size()) << "step " << step;
            if (step % 2'000 != 0) continue;
            map.find_each(known, [&](std::size_t at, const std::uint64_t* handle) {
                const auto wanted = model.find(known[at].id);
                ASSERT_EQ(handle != nullptr, wanted != model.end()) << "step " << step;
                if (handle != nullptr) {
                    ASSERT_EQ(*handle, wanted->second);
                    ASSERT_EQ(map.find(known[at]), handle);
                }
            });
        }
        for (const Entity entity : known) {
            ASSERT_EQ(map.erase(entity), model.erase(entity.id) == 1);
        }
        EXPECT_EQ(map.size(), 0U);
    }
}

}  // namespace
}  // namespace perdure
