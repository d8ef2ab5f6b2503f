#include "entities/entity_table.h"

#include <algorithm>

#include "base/assert.h"
#include "base/seeded_bug.h"

namespace perdure::entities {
namespace {

template <typename Record>
StructShape record_shape() {
    StructShape shape;
    shape.name = "entity";
    shape.bytes = sizeof(Record);
    shape.alignment = alignof(Record);
    shape.initial.resize(sizeof(Record));
    return shape;
}

}  // namespace

EntityTable::EntityTable(std::uint64_t& layouts)
    : shape_(record_shape<Record>()), rows_(shape_, layouts) {
    static_assert(sizeof(Record) == 8, "one for every entity of the world");
}

void EntityTable::add(std::uint64_t id, EntityKind kind) {
    const std::uint32_t row = rows_.add(id);
    record(row) = {EntityTree::none, kind};
}

EntityTree::Node EntityTable::node_of(std::uint64_t id) const noexcept {
    const std::uint32_t row = rows_.find(id);
    return row == ComponentRows::none ? EntityTree::none : record(row).node;
}

EntityTree::Node EntityTable::make_node(std::uint64_t id) {
    const std::uint32_t row = rows_.find(id);
    PERDURE_ASSERT(row != ComponentRows::none);
    Record& at = record(row);
    if (at.node == EntityTree::none) at.node = tree_.make(id);
    return at.node;
}

void EntityTable::release_if_alone(EntityTree::Node node) {
    if (!tree_.is_alone(node)) return;
    const std::uint32_t row = rows_.find(tree_.id(node));
    if (row != ComponentRows::none) record(row).node = EntityTree::none;
    tree_.release(node);
}

void EntityTable::set_roots_below(EntityTree::Node top, EntityTree::Node root) {
    for (auto node = top; node != EntityTree::none; node = tree_.next(node, top)) {
        tree_.set_root(node, root);
        const std::uint32_t row = rows_.find(tree_.id(node));
        PERDURE_ASSERT(row != ComponentRows::none);
        rows_.mark(row);
    }
}

// Within one tree only the child's row changes; from tree to tree all below it do.
void EntityTable::link(EntityTree::Node child, EntityTree::Node parent) {
    tree_.attach(child, parent);
    rows_.mark(rows_.find(tree_.id(child)));
    if (seeded_bug("entities: a moved tree keeps its root")) return;
    if (tree_.root(child) != tree_.root(parent)) set_roots_below(child, tree_.root(parent));
}

void EntityTable::unlink(EntityTree::Node child) {
    const EntityTree::Node parent = tree_.parent(child);
    tree_.detach(child);
    release_if_alone(parent);
    set_roots_below(child, child);
}

bool EntityTable::set_parent(std::uint64_t child, std::uint64_t parent) {
    if (!alive(child) || child == world_entity.id) return false;
    const EntityTree::Node node = node_of(child);
    if (parent == no_entity.id) {
        if (node == EntityTree::none || tree_.parent(node) == EntityTree::none) return true;
        unlink(node);
        release_if_alone(node);  // without children it needs no node
        return true;
    }
    if (!alive(parent) || parent == child) return false;
    if (this->parent(child).id == parent) return true;
    const EntityTree::Node above = make_node(parent);
    if (node != EntityTree::none && tree_.is_below(above, node)) return false;
    if (node != EntityTree::none && tree_.parent(node) != EntityTree::none) {
        const EntityTree::Node before = tree_.parent(node);
        tree_.detach(node);
        release_if_alone(before);
    }
    link(make_node(child), above);
    return true;
}

Entity EntityTable::parent(std::uint64_t id) const noexcept {
    const EntityTree::Node node = node_of(id);
    if (node == EntityTree::none || tree_.parent(node) == EntityTree::none) return no_entity;
    return {tree_.id(tree_.parent(node))};
}

Entity EntityTable::root(std::uint64_t id) const noexcept {
    if (!alive(id)) return no_entity;
    const EntityTree::Node node = node_of(id);
    return node == EntityTree::none ? Entity{id} : Entity{tree_.id(tree_.root(node))};
}

EntityKind EntityTable::kind(std::uint64_t id) const noexcept {
    const std::uint32_t row = rows_.find(id);
    return row == ComponentRows::none ? EntityKind::plain : record(row).kind;
}

std::vector<Entity> EntityTable::children(std::uint64_t id) const {
    std::vector<Entity> found;
    const EntityTree::Node node = node_of(id);
    if (node == EntityTree::none) return found;
    for (auto child = tree_.first_child(node); child != EntityTree::none;
         child = tree_.next_sibling(child)) {
        found.push_back({tree_.id(child)});
    }
    std::sort(found.begin(), found.end());
    return found;
}

// A player below a player stays with it: only the upper one's parent dies.
void EntityTable::detach_players_below(EntityTree::Node top) {
    std::vector<EntityTree::Node> players;
    for (auto node = tree_.next(top, top); node != EntityTree::none;) {
        const bool player = kind(tree_.id(node)) == EntityKind::player;
        if (player) players.push_back(node);
        node = player ? tree_.next_skipping(node, top) : tree_.next(node, top);
    }
    for (const EntityTree::Node player : players) {
        tree_.detach(player);
        set_roots_below(player, player);
        release_if_alone(player);
    }
}

std::vector<std::uint64_t> EntityTable::destroy(std::uint64_t id) {
    PERDURE_ASSERT(alive(id) && id != world_entity.id);
    std::vector<std::uint64_t> doomed{id};
    const EntityTree::Node top = node_of(id);
    if (top != EntityTree::none) {
        if (!seeded_bug("entities: players die with their parent")) detach_players_below(top);
        if (tree_.parent(top) != EntityTree::none) {
            const EntityTree::Node above = tree_.parent(top);
            tree_.detach(top);
            release_if_alone(above);
        }
        std::vector<EntityTree::Node> nodes;
        for (auto node = top; node != EntityTree::none; node = tree_.next(node, top)) {
            nodes.push_back(node);
            if (node != top && !seeded_bug("entities: children outlive their parent"))
                doomed.push_back(tree_.id(node));
        }
        for (std::size_t at = nodes.size(); at > 0; --at) {  // children before their parents
            if (at > 1) tree_.detach(nodes[at - 1]);
            tree_.release(nodes[at - 1]);
        }
    }
    for (const std::uint64_t dead : doomed) {
        const bool lived = rows_.remove(dead);
        PERDURE_ASSERT(lived);
    }
    return doomed;
}

EntityRow EntityTable::stored_row(std::uint32_t row) const noexcept {
    const std::uint64_t id = rows_.id_at(row);
    const Record& at = record(row);
    if (at.node == EntityTree::none) return {at.kind, no_entity, {id}, 0};
    const EntityTree::Node parent = tree_.parent(at.node);
    return {at.kind, parent == EntityTree::none ? no_entity : Entity{tree_.id(parent)},
            Entity{tree_.id(tree_.root(at.node))}, 0};
}

}  // namespace perdure::entities
