// EntityTree: who is whose child. Only entities that have a parent or a child are in it.
//
// Nodes are 32 bytes, in blocks that never move, and refer to one another by number. Nothing here
// recurses: a chain of a million entities is as good as a flat one.
//
// Thread rule: the world's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/assert.h"

namespace perdure::entities {

class EntityTree {
public:
    using Node = std::uint32_t;
    static constexpr Node none = 0;

    // A node on its own, for the entity with this id.
    [[nodiscard]] Node make(std::uint64_t id);
    // Of a node without parent and children.
    void release(Node node);

    [[nodiscard]] std::uint64_t id(Node node) const noexcept { return at(node).id; }
    [[nodiscard]] Node parent(Node node) const noexcept { return at(node).parent; }
    [[nodiscard]] Node root(Node node) const noexcept { return at(node).root; }
    [[nodiscard]] Node first_child(Node node) const noexcept { return at(node).first_child; }
    [[nodiscard]] Node next_sibling(Node node) const noexcept { return at(node).next_sibling; }
    [[nodiscard]] bool is_alone(Node node) const noexcept {
        return at(node).parent == none && at(node).first_child == none;
    }
    [[nodiscard]] bool is_below(Node node, Node ancestor) const noexcept;  // or the same

    // Make and cut the link between child and parent; roots stay as they were: call set_root()
    // then.
    void attach(Node child, Node parent);
    void detach(Node child);
    void set_root(Node node, Node root) noexcept { at(node).root = root; }

    // The tree below `top`, parents before their children: start with top; none at its end.
    [[nodiscard]] Node next(Node node, Node top) const noexcept {
        const Node child = at(node).first_child;
        return child != none ? child : next_skipping(node, top);
    }
    // The same, leaving out what is below `node`.
    [[nodiscard]] Node next_skipping(Node node, Node top) const noexcept;

private:
    static constexpr std::size_t block_nodes = 1024;

    struct Links {
        std::uint64_t id = 0;
        Node parent = none;
        Node root = none;
        Node first_child = none;
        Node next_sibling = none;  // of a free node: the next free one
        Node previous_sibling = none;
    };
    static_assert(sizeof(Links) == 32);

    [[nodiscard]] const Links& at(Node node) const noexcept {
        PERDURE_ASSERT(node != none);
        return blocks_[node / block_nodes][node % block_nodes];
    }
    [[nodiscard]] Links& at(Node node) noexcept {
        PERDURE_ASSERT(node != none);
        return blocks_[node / block_nodes][node % block_nodes];
    }

    std::vector<std::unique_ptr<Links[]>> blocks_;
    Node next_unused_ = 1;
    Node first_free_ = none;
};

}  // namespace perdure::entities
