#include "entities/relation_index.h"

#include <map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"

namespace perdure::entities {
namespace {

using PairOfIds = std::pair<std::uint64_t, std::uint64_t>;

// An index and the pairs of its rows.
class IndexedRows {
public:
    IndexedRows() { grow(); }

    std::uint32_t find(PairOfIds pair) const {
        return index_.find(pair.first, pair.second,
                           [&](std::uint32_t row) { return pairs_[row] == pair; });
    }
    std::uint32_t add(PairOfIds pair) {
        std::uint32_t row = static_cast<std::uint32_t>(pairs_.size());
        if (!free_.empty()) {
            row = free_.back();
            free_.pop_back();
            pairs_[row] = pair;
        } else {
            pairs_.push_back(pair);
            grow();
        }
        index_.add(row, pair.first, pair.second);
        return row;
    }
    void remove(std::uint32_t row) {
        index_.remove(row);
        free_.push_back(row);
    }

private:
    void grow() {
        index_.grow((pairs_.size() / RelationIndex::block_rows + 1) * RelationIndex::block_rows);
    }

    RelationIndex index_;
    std::vector<PairOfIds> pairs_;
    std::vector<std::uint32_t> free_;
};

TEST(RelationIndex, finds_nothing_at_first) {
    EXPECT_EQ(IndexedRows().find({1, 2}), RelationIndex::none);
}

TEST(RelationIndex, tells_a_pair_from_the_same_pair_turned_around) {
    IndexedRows rows;
    const std::uint32_t there = rows.add({1, 2});
    EXPECT_EQ(rows.find({2, 1}), RelationIndex::none);
    const std::uint32_t back = rows.add({2, 1});
    EXPECT_EQ(rows.find({1, 2}), there);
    EXPECT_EQ(rows.find({2, 1}), back);
}

TEST(RelationIndex, finds_what_a_map_finds_while_it_grows_and_shrinks) {
    Random random(test_seed());
    IndexedRows rows;
    std::map<PairOfIds, std::uint32_t> model;
    for (int step = 0; step < 40'000; ++step) {
        const std::uint64_t range = step < 30'000 ? 200 : 20;
        const PairOfIds pair(random.below(range), random.below(range) << random.below(3));
        const auto known = model.find(pair);
        ASSERT_EQ(rows.find(pair), known == model.end() ? RelationIndex::none : known->second);
        if (known == model.end()) {
            model[pair] = rows.add(pair);
        } else if (random.chance(1, 2)) {
            rows.remove(known->second);
            model.erase(known);
        }
    }
    for (const auto& [pair, row] : model) ASSERT_EQ(rows.find(pair), row);
}

}  // namespace
}  // namespace perdure::entities
