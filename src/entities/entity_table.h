// EntityTable: which entities live, of what kind, and whose children they are; the rows of table
// "entity".
//
// A live entity is 8 bytes here beside its id, its place in the index and its marks; parent and
// root are in the tree, for those that have any.
//
// Thread rule: the world's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "entities/component_rows.h"
#include "entities/entity_tree.h"
#include "perdure/component.h"
#include "perdure/entities.h"

namespace perdure::entities {

// One row of table "entity", as it is stored: docs/format/entities.md.
struct EntityRow {
    EntityKind kind = EntityKind::plain;
    Entity parent;
    Entity root;
    std::int64_t segment = 0;
};
PERDURE_COMPONENT_AS(EntityRow, "entity", kind, parent, root, segment);

class EntityTable {
public:
    explicit EntityTable(std::uint64_t& layouts);

    [[nodiscard]] bool alive(std::uint64_t id) const noexcept {
        return rows_.find(id) != ComponentRows::none;
    }
    [[nodiscard]] std::uint32_t count() const noexcept { return rows_.count(); }
    [[nodiscard]] const ComponentRows& rows() const noexcept { return rows_; }
    [[nodiscard]] ComponentRows& rows() noexcept { return rows_; }

    // A new root.
    void add(std::uint64_t id, EntityKind kind);
    // False if one is dead, the child is the world, or the child would become its own ancestor.
    bool set_parent(std::uint64_t child, std::uint64_t parent);
    // What is asked of the dead is none of it: no_entity, plain, no children.
    [[nodiscard]] Entity parent(std::uint64_t id) const noexcept;
    [[nodiscard]] Entity root(std::uint64_t id) const noexcept;
    [[nodiscard]] EntityKind kind(std::uint64_t id) const noexcept;
    [[nodiscard]] std::vector<Entity> children(std::uint64_t id) const;  // ascending
    // Takes a live entity and its tree out of the table, players below it detached before. Returns
    // them all, the entity first.
    std::vector<std::uint64_t> destroy(std::uint64_t id);

    // The row to be stored for one of rows().
    [[nodiscard]] EntityRow stored_row(std::uint32_t row) const noexcept;

    // Hydration: rows in any order, the newest of an id last; then loaded(), which builds the
    // trees. What it had to repair is marked, so that the store follows.
    void restore(std::uint64_t id, const EntityRow& row);
    void forget(std::uint64_t id);
    void loaded(std::vector<std::string>& remarks);

private:
    struct Record {
        EntityTree::Node node = EntityTree::none;
        EntityKind kind = EntityKind::plain;
    };
    struct Loading {
        std::uint64_t parent = 0;
        std::uint64_t root = 0;
    };

    [[nodiscard]] Record& record(std::uint32_t row) const noexcept {
        return *reinterpret_cast<Record*>(rows_.at(row));
    }
    [[nodiscard]] EntityTree::Node node_of(std::uint64_t id) const noexcept;
    EntityTree::Node make_node(std::uint64_t id);
    void release_if_alone(EntityTree::Node node);
    void link(EntityTree::Node child, EntityTree::Node parent);
    void unlink(EntityTree::Node child);
    void set_roots_below(EntityTree::Node top, EntityTree::Node root);
    void detach_players_below(EntityTree::Node top);
    void cut_missing_parents(std::vector<std::string>& remarks);
    void cut_cycles(std::vector<std::string>& remarks);
    void build_trees(std::vector<std::string>& remarks);

    StructShape shape_;
    ComponentRows rows_;
    EntityTree tree_;
    std::map<std::uint64_t, Loading> loading_;  // those who are not simply their own root
};

}  // namespace perdure::entities
