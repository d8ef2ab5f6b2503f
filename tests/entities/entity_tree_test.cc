#include "entities/entity_tree.h"

#include <vector>

#include <gtest/gtest.h>

namespace perdure::entities {
namespace {

using Nodes = std::vector<EntityTree::Node>;

class EntityTreeTest : public testing::Test {
protected:
    EntityTree::Node under(EntityTree::Node parent) {
        const EntityTree::Node node = tree.make(++ids);
        if (parent != EntityTree::none) tree.attach(node, parent);
        return node;
    }
    Nodes below(EntityTree::Node top) {
        Nodes nodes;
        for (auto node = top; node != EntityTree::none; node = tree.next(node, top)) {
            nodes.push_back(node);
        }
        return nodes;
    }

    EntityTree tree;
    std::uint64_t ids = 0;
    const EntityTree::Node root = under(EntityTree::none);
};

TEST_F(EntityTreeTest, is_walked_parents_first) {
    const auto second = under(root);
    const auto first = under(root);
    const auto grandchild = under(first);
    EXPECT_EQ(below(root), (Nodes{root, first, grandchild, second}));
    EXPECT_EQ(below(first), (Nodes{first, grandchild}));
    EXPECT_EQ(below(second), Nodes{second});
}

TEST_F(EntityTreeTest, a_walk_can_leave_out_what_is_below) {
    const auto second = under(root);
    const auto first = under(root);
    under(first);
    EXPECT_EQ(tree.next_skipping(first, root), second);
    EXPECT_EQ(tree.next_skipping(second, root), EntityTree::none);
    EXPECT_EQ(tree.next_skipping(root, root), EntityTree::none);
}

TEST_F(EntityTreeTest, children_are_detached_from_anywhere_in_the_row) {
    const auto last = under(root);
    const auto middle = under(root);
    const auto first = under(root);
    tree.detach(middle);
    EXPECT_EQ(below(root), (Nodes{root, first, last}));
    tree.detach(last);
    EXPECT_EQ(below(root), (Nodes{root, first}));
    tree.detach(first);
    EXPECT_EQ(below(root), Nodes{root});
    EXPECT_TRUE(tree.is_alone(root));
}

TEST_F(EntityTreeTest, knows_who_is_below_whom) {
    const auto child = under(root);
    const auto grandchild = under(child);
    EXPECT_TRUE(tree.is_below(grandchild, root));
    EXPECT_TRUE(tree.is_below(root, root));
    EXPECT_FALSE(tree.is_below(root, child));
}

TEST_F(EntityTreeTest, released_nodes_are_used_again_and_empty) {
    const auto child = under(root);
    tree.detach(child);
    tree.release(child);
    EXPECT_EQ(tree.make(77), child);
    EXPECT_EQ(tree.id(child), 77U);
    EXPECT_TRUE(tree.is_alone(child));
    EXPECT_EQ(tree.root(child), child);
}

TEST_F(EntityTreeTest, a_chain_may_be_as_deep_as_memory_allows) {
    EntityTree::Node deepest = root;
    for (int depth = 0; depth < 300'000; ++depth) deepest = under(deepest);
    EXPECT_TRUE(tree.is_below(deepest, root));
    EXPECT_EQ(below(root).size(), 300'001U);
}

TEST_F(EntityTreeTest, releasing_a_node_with_links_stops_the_program) {
    const auto child = under(root);
    EXPECT_DEATH(tree.release(child), "is_alone");
}

}  // namespace
}  // namespace perdure::entities
