#include "entities/entity_ids.h"

#include <gtest/gtest.h>

namespace perdure::entities {
namespace {

constexpr std::uint64_t block = EntityIds::block_min;

EntityIds reserved(std::uint64_t end) {
    EntityIds ids;
    ids.restore(end);
    ids.start(end);
    return ids;
}

TEST(EntityIds, begin_behind_the_world_and_used_up) {
    EntityIds ids;
    EXPECT_EQ(ids.next(), 2U);
    EXPECT_TRUE(ids.used_up());
    EXPECT_EQ(ids.wanted_end(), 2 + block);
}

TEST(EntityIds, go_on_behind_what_was_reserved) {
    EntityIds ids = reserved(5000);
    EXPECT_TRUE(ids.used_up());
    ids.accepted(ids.wanted_end());
    EXPECT_TRUE(ids.used_up());  // accepted is not durable
    ids.durable(ids.stored_end());
    EXPECT_EQ(ids.take(), 5000U);
    EXPECT_EQ(ids.take(), 5001U);
}

TEST(EntityIds, ask_for_more_when_half_is_used) {
    EntityIds ids = reserved(5000);
    ids.accepted(ids.wanted_end());
    ids.durable(ids.stored_end());
    for (std::uint64_t taken = 0; taken < block / 2; ++taken) static_cast<void>(ids.take());
    EXPECT_FALSE(ids.half_used());
    static_cast<void>(ids.take());
    EXPECT_TRUE(ids.half_used());
    EXPECT_GT(ids.wanted_end(), ids.stored_end());
}

TEST(EntityIds, blocks_grow_up_to_a_limit) {
    EntityIds ids = reserved(5000);
    ids.grow_block();  // nothing was handed out: that was no burst
    ids.accepted(ids.wanted_end());
    EXPECT_EQ(ids.stored_end(), 5000 + block);
    ids.durable(ids.stored_end());
    static_cast<void>(ids.take());
    ids.grow_block();
    EXPECT_EQ(ids.wanted_end(), 5001 + 2 * block);
    for (int times = 0; times < 100; ++times) ids.grow_block();
    EXPECT_EQ(ids.wanted_end(), 5001 + EntityIds::block_max);
}

TEST(EntityIds, end_with_63_bits) {
    EntityIds ids = reserved(entity_id_max);
    EXPECT_EQ(ids.wanted_end(), EntityIds::end_max);
    ids.accepted(ids.wanted_end());
    ids.durable(ids.stored_end());
    EXPECT_FALSE(ids.half_used());  // there are no more
    EXPECT_EQ(ids.take(), entity_id_max);
    EXPECT_TRUE(ids.used_up());
}

}  // namespace
}  // namespace perdure::entities
