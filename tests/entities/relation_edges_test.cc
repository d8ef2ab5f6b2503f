#include "entities/relation_edges.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "entities/graph.h"

namespace perdure::entities {
namespace {

std::vector<std::uint32_t> rows_in(const RowMarks& marks) {
    std::vector<std::uint32_t> rows;
    marks.for_each_row([&](std::uint32_t row) { rows.push_back(row); });
    return rows;
}

class RelationEdgesTest : public testing::Test {
protected:
    std::vector<std::uint64_t> targets(std::uint64_t from) {
        std::vector<std::uint64_t> found;
        RelationAdjacency& lists = edges.adjacency();
        for (auto row = lists.first(EdgeDirection::out, from); row != RelationEdges::none;
             row = lists.next(EdgeDirection::out, row)) {
            found.push_back(edges.to(row));
        }
        return found;
    }
    std::vector<std::uint64_t> sources(std::uint64_t to) {
        std::vector<std::uint64_t> found;
        RelationAdjacency& lists = edges.adjacency();
        for (auto row = lists.first(EdgeDirection::in, to); row != RelationEdges::none;
             row = lists.next(EdgeDirection::in, row)) {
            found.push_back(edges.from(row));
        }
        return found;
    }

    const StructShape shape = struct_shape<Trades>();
    RelationEdges edges{shape};
};

TEST_F(RelationEdgesTest, a_new_edge_is_changed_and_fresh_and_has_its_initial_value) {
    const std::uint32_t row = edges.add(2, 3);
    EXPECT_EQ(rows_in(edges.changed()), std::vector{row});
    EXPECT_EQ(rows_in(edges.fresh()), std::vector{row});
    EXPECT_EQ(*reinterpret_cast<const Trades*>(edges.at(row)), Trades{});
    EXPECT_EQ(edges.find(2, 3), row);
    EXPECT_EQ(edges.find(3, 2), RelationEdges::none);
}

TEST_F(RelationEdgesTest, what_was_never_captured_goes_without_a_trace) {
    edges.add(2, 3);
    EXPECT_TRUE(edges.remove(2, 3));
    EXPECT_FALSE(edges.remove(2, 3));
    EXPECT_TRUE(edges.changed().empty());
    EXPECT_TRUE(edges.removed().empty());
    EXPECT_EQ(edges.count(), 0U);
}

TEST_F(RelationEdgesTest, what_is_stored_keeps_its_pair_until_its_end_is_captured) {
    const std::uint32_t row = edges.add(2, 3);
    edges.captured_changed();
    EXPECT_TRUE(edges.remove(2, 3));
    EXPECT_EQ(edges.find(2, 3), RelationEdges::none);
    EXPECT_EQ(rows_in(edges.removed()), std::vector{row});
    EXPECT_NE(edges.add(4, 5), row);
    edges.captured_changed();
    EXPECT_TRUE(edges.removed().empty());
    EXPECT_EQ(edges.add(6, 7), row);
}

TEST_F(RelationEdgesTest, what_is_removed_and_added_again_is_changed_and_not_fresh) {
    const std::uint32_t row = edges.add(2, 3);
    edges.captured_changed();
    edges.remove(2, 3);
    EXPECT_EQ(edges.add(2, 3), row);
    EXPECT_EQ(rows_in(edges.changed()), std::vector{row});
    EXPECT_TRUE(edges.fresh().empty());
    EXPECT_TRUE(edges.removed().empty());
    edges.remove(2, 3);
    EXPECT_EQ(rows_in(edges.removed()), std::vector{row});
}

TEST_F(RelationEdgesTest, capturing_fresh_rows_leaves_the_marks_of_others) {
    const std::uint32_t old = edges.add(2, 3);
    edges.captured_changed();
    edges.mark(old);
    edges.add(2, 4);
    edges.captured_fresh();
    EXPECT_EQ(rows_in(edges.changed()), std::vector{old});
    EXPECT_TRUE(edges.fresh().empty());
}

TEST_F(RelationEdgesTest, an_edge_may_lead_back_to_where_it_began) {
    edges.add(2, 2);
    edges.add(2, 3);
    EXPECT_EQ(targets(2), (Ids{2, 3}));
    EXPECT_EQ(sources(2), Ids{2});
    EXPECT_EQ(edges.remove_all(2), 2U);
    EXPECT_EQ(edges.count(), 0U);
}

TEST_F(RelationEdgesTest, rows_stay_where_they_are) {
    const std::uint32_t row = edges.add(2, 3);
    const std::byte* const place = edges.at(row);
    for (std::uint64_t to = 4; to < 5000; ++to) edges.add(2, to);
    for (std::uint64_t to = 4; to < 5000; ++to) edges.remove(2, to);
    EXPECT_EQ(edges.at(edges.find(2, 3)), place);
}

TEST_F(RelationEdgesTest, restoring_and_forgetting_leave_no_marks) {
    const std::uint32_t row = edges.restore(2, 3);
    EXPECT_EQ(edges.restore(2, 3), row);
    EXPECT_TRUE(edges.changed().empty());
    EXPECT_TRUE(edges.forget(2, 3));
    EXPECT_FALSE(edges.forget(2, 3));
    EXPECT_TRUE(edges.removed().empty());
    EXPECT_EQ(edges.count(), 0U);
}

TEST_F(RelationEdgesTest, a_pair_is_found_or_added_if_it_may_be) {
    int asked = 0;
    const auto may = [&asked](bool yes) {
        return [&asked, yes] {
            ++asked;
            return yes;
        };
    };
    EXPECT_EQ(edges.find_or_add(2, 3, may(false)), RelationEdges::none);
    EXPECT_EQ(edges.count(), 0U);
    const std::uint32_t row = edges.find_or_add(2, 3, may(true));
    EXPECT_TRUE(edges.fresh().test(row));
    EXPECT_EQ(edges.find_or_add(2, 3, may(false)), row) << "it is there";
    EXPECT_EQ(asked, 2);
    edges.captured_changed();
    edges.remove(2, 3);
    EXPECT_EQ(edges.find_or_add(2, 3, may(false)), RelationEdges::none);
    EXPECT_EQ(edges.find_or_add(2, 3, may(true)), row) << "its row was kept";
    EXPECT_TRUE(edges.changed().test(row));
    EXPECT_FALSE(edges.fresh().test(row));
}

TEST_F(RelationEdgesTest, adding_during_a_walk_is_a_bug) {
    edges.begin_iteration();
    EXPECT_DEATH(edges.add(2, 3), "iterating_ == 0");
    edges.end_iteration();
}

// Lists, degrees and the order of all, while edges come and go and are looked at now and then.
TEST_F(RelationEdgesTest, lists_are_those_of_a_plain_set_of_pairs) {
    Random random(test_seed());
    std::set<std::pair<std::uint64_t, std::uint64_t>> model;
    for (int step = 0; step < 20'000; ++step) {
        // First few entities with many edges, then many entities that come and go.
        const std::uint64_t range = step < 8000 ? 40 : 4000;
        const std::uint64_t from = 1 + random.below(range);
        const std::uint64_t to = 1 + random.below(range);
        if (random.chance(1, 200)) {
            const auto gone = std::erase_if(
                model, [&](const auto& pair) { return pair.first == from || pair.second == from; });
            ASSERT_EQ(edges.remove_all(from), gone);
        } else if (model.insert({from, to}).second) {
            edges.add(from, to);
        } else {
            model.erase({from, to});
            ASSERT_TRUE(edges.remove(from, to));
        }
        if (random.chance(1, 3000)) {
            const auto some = model;
            for (const auto& [one, other] : some) {
                if (random.chance(1, 2)) continue;
                model.erase({one, other});
                ASSERT_TRUE(edges.remove(one, other));
            }
        }
        if (random.chance(1, 20)) edges.captured_changed();
        if (!random.chance(1, 10)) continue;
        Ids out;
        Ids in;
        for (const auto& [one, other] : model) {
            if (one == from) out.push_back(other);
            if (other == from) in.push_back(one);
        }
        ASSERT_EQ(targets(from), out);
        ASSERT_EQ(sources(from), in);
        ASSERT_EQ(edges.adjacency().degree(EdgeDirection::out, from), out.size());
        ASSERT_EQ(edges.adjacency().degree(EdgeDirection::in, from), in.size());
        if (!random.chance(1, 10)) continue;
        std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
        RelationAdjacency& lists = edges.adjacency();
        lists.sort();
        for (std::size_t node = 0; node < lists.nodes(); ++node) {
            for (auto row = lists.first_out(node); row != RelationEdges::none;
                 row = lists.next(EdgeDirection::out, row)) {
                all.emplace_back(edges.from(row), edges.to(row));
            }
        }
        ASSERT_TRUE(std::equal(all.begin(), all.end(), model.begin(), model.end()));
    }
}

}  // namespace
}  // namespace perdure::entities
