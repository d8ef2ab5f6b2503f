#include "entities/entity_tree.h"

namespace perdure::entities {

EntityTree::Node EntityTree::make(std::uint64_t id) {
    Node node = first_free_;
    if (node != none) {
        first_free_ = at(node).next_sibling;
    } else {
        node = next_unused_++;
        if (node / block_nodes == blocks_.size()) {
            blocks_.push_back(std::make_unique<Links[]>(block_nodes));
        }
    }
    at(node) = {};
    at(node).id = id;
    at(node).root = node;
    return node;
}

void EntityTree::release(Node node) {
    PERDURE_ASSERT(is_alone(node) && at(node).id != 0);
    at(node) = {};
    at(node).next_sibling = first_free_;
    first_free_ = node;
}

bool EntityTree::is_below(Node node, Node ancestor) const noexcept {
    while (node != none && node != ancestor) node = at(node).parent;
    return node == ancestor;
}

void EntityTree::attach(Node child, Node parent) {
    Links& links = at(child);
    PERDURE_ASSERT(links.parent == none && child != parent);
    Links& above = at(parent);
    links.parent = parent;
    links.previous_sibling = none;
    links.next_sibling = above.first_child;
    if (above.first_child != none) at(above.first_child).previous_sibling = child;
    above.first_child = child;
}

void EntityTree::detach(Node child) {
    Links& links = at(child);
    PERDURE_ASSERT(links.parent != none);
    if (links.previous_sibling != none) {
        at(links.previous_sibling).next_sibling = links.next_sibling;
    } else {
        PERDURE_ASSERT(at(links.parent).first_child == child);
        at(links.parent).first_child = links.next_sibling;
    }
    if (links.next_sibling != none) {
        at(links.next_sibling).previous_sibling = links.previous_sibling;
    }
    links.parent = links.next_sibling = links.previous_sibling = none;
}

EntityTree::Node EntityTree::next_skipping(Node node, Node top) const noexcept {
    while (node != top) {
        if (at(node).next_sibling != none) return at(node).next_sibling;
        node = at(node).parent;
    }
    return none;
}

}  // namespace perdure::entities
