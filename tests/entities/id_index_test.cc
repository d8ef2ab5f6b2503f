#include "entities/id_index.h"

#include <map>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"

namespace perdure::entities {
namespace {

TEST(IdIndex, finds_nothing_where_nothing_was_put) {
    IdIndex index;
    for (const std::uint64_t id : {0ULL, 1ULL, 127ULL, 1ULL << 62, ~0ULL}) {
        EXPECT_EQ(index.find(id), IdIndex::none);
    }
}

TEST(IdIndex, put_answers_what_was_there_before) {
    IdIndex index;
    EXPECT_EQ(index.put(7, 1), IdIndex::none);
    EXPECT_EQ(index.put(7, 2), 1U);
    EXPECT_EQ(index.find(7), 2U);
    index.clear(7);
    EXPECT_EQ(index.find(7), IdIndex::none);
    EXPECT_EQ(index.put(7, 3), IdIndex::none);
}

TEST(IdIndex, clearing_what_is_not_there_changes_nothing) {
    IdIndex index;
    index.put(7, 1);
    index.clear(8);           // on the same page
    index.clear(1ULL << 40);  // on none
    EXPECT_EQ(index.find(7), 1U);
}

// Each life of a world begins its ids at a multiple of 65,536: their pages must not all meet in one
// place.
TEST(IdIndex, ids_a_power_of_two_apart_stay_apart) {
    IdIndex index;
    for (std::uint32_t life = 0; life < 5000; ++life) index.put(std::uint64_t{life} << 16, life);
    for (std::uint32_t life = 0; life < 5000; ++life) {
        EXPECT_EQ(index.find(std::uint64_t{life} << 16), life);
        EXPECT_EQ(index.find((std::uint64_t{life} << 16) + 1), IdIndex::none);
    }
}

// Dense and sparse stretches, until pages have come and gone many times and gaps in the directory
// closed.
TEST(IdIndex, is_a_map) {
    Random random(test_seed());
    IdIndex index;
    std::map<std::uint64_t, std::uint32_t> model;
    for (int step = 0; step < 100'000; ++step) {
        const std::uint64_t id =
            random.chance(1, 2) ? random.below(2000) : random.below(300) * 0x1'0000'0000 + 5;
        if (random.chance(2, 5)) {
            const auto number = static_cast<std::uint32_t>(random.below(1000));
            const auto known = model.find(id);
            ASSERT_EQ(index.put(id, number), known == model.end() ? IdIndex::none : known->second);
            model[id] = number;
        } else {
            index.clear(id);
            model.erase(id);
        }
        const std::uint64_t asked = random.below(2000);
        const auto known = model.find(asked);
        ASSERT_EQ(index.find(asked), known == model.end() ? IdIndex::none : known->second);
    }
    for (const auto& [id, number] : model) EXPECT_EQ(index.find(id), number);
}

}  // namespace
}  // namespace perdure::entities
