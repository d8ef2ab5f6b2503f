#include <algorithm>
#include <unordered_map>

#include "base/assert.h"
#include "base/text.h"
#include "entities/entity_table.h"

namespace perdure::entities {
namespace {

constexpr std::size_t remarks_max =
    20;  // of one sort: enough to see what is wrong, short enough to read

// Keeps the first remarks of a sort and counts the others.
class Remarks {
public:
    explicit Remarks(std::vector<std::string>& to) : to_(to) {}

    void add(std::string remark) {
        if (++count_ <= remarks_max) to_.push_back(std::move(remark));
    }
    void finish(std::string_view what) {
        if (count_ <= remarks_max) return;
        to_.push_back(text::format("and {} more {}", count_ - remarks_max, what));
    }

private:
    std::vector<std::string>& to_;
    std::size_t count_ = 0;
};

}  // namespace

void EntityTable::restore(std::uint64_t id, const EntityRow& row) {
    record(rows_.restore(id)) = {EntityTree::none, row.kind};
    if (!row.parent && row.root.id == id) {
        if (!loading_.empty()) loading_.erase(id);
        return;
    }
    loading_.insert_or_assign(loading_.end(), id, Loading{row.parent.id, row.root.id});
}

void EntityTable::forget(std::uint64_t id) {
    rows_.forget(id);
    loading_.erase(id);
}

void EntityTable::loaded(std::vector<std::string>& remarks) {
    cut_missing_parents(remarks);
    cut_cycles(remarks);
    build_trees(remarks);
    loading_.clear();
}

void EntityTable::cut_missing_parents(std::vector<std::string>& to) {
    Remarks remarks(to);
    for (auto& [id, loading] : loading_) {
        if (loading.parent == 0) continue;
        if (id != world_entity.id && alive(loading.parent)) continue;
        remarks.add(
            id == world_entity.id
                ? text::format("the world itself had a parent, entity {}; it has none now",
                               loading.parent)
                : text::format("entity {}: its parent, entity {}, is not there; loaded as a root",
                               id, loading.parent));
        loading.parent = 0;
        rows_.mark(rows_.find(id));
    }
    remarks.finish("entities whose parent is not there");
}

// Follows the parents of everyone until a place that was seen before. Seen in the same walk: a
// cycle.
void EntityTable::cut_cycles(std::vector<std::string>& to) {
    Remarks remarks(to);
    std::unordered_map<std::uint64_t, std::uint64_t> seen_from;
    const auto parent_of = [&](std::uint64_t id) {
        const auto found = loading_.find(id);
        return found == loading_.end() ? 0 : found->second.parent;
    };
    for (const auto& [start, loading] : loading_) {
        std::uint64_t id = start;
        while (id != 0 && seen_from.emplace(id, start).second) id = parent_of(id);
        if (id == 0 || seen_from.at(id) != start) continue;
        std::uint64_t lowest = id;
        for (std::uint64_t at = parent_of(id); at != id; at = parent_of(at)) {
            lowest = std::min(lowest, at);
        }
        remarks.add(text::format("entity {} was its own ancestor; loaded as a root", lowest));
        loading_.at(lowest).parent = 0;
        rows_.mark(rows_.find(lowest));
    }
    remarks.finish("entities that were their own ancestor");
}

void EntityTable::build_trees(std::vector<std::string>& remarks) {
    // From the end: each goes before its siblings.
    std::for_each(loading_.rbegin(), loading_.rend(), [&](const auto& at) {
        const auto& [id, loading] = at;
        if (loading.parent != 0) tree_.attach(make_node(id), make_node(loading.parent));
    });
    for (const auto& [id, loading] : loading_) {
        if (loading.parent == 0) continue;
        const EntityTree::Node top = node_of(loading.parent);
        if (tree_.parent(top) != EntityTree::none) continue;
        if (tree_.root(tree_.first_child(top)) == top) continue;  // done with a sibling
        for (auto node = top; node != EntityTree::none; node = tree_.next(node, top)) {
            tree_.set_root(node, top);
        }
    }
    std::size_t wrong_roots = 0;
    for (const auto& [id, loading] : loading_) {
        if (root(id).id == loading.root) continue;
        ++wrong_roots;
        rows_.mark(rows_.find(id));
    }
    if (wrong_roots > 0) {
        remarks.push_back(
            text::format("the roots of {} entities were not what their parents say; "
                         "they are written anew with the next tick",
                         wrong_roots));
    }
}

}  // namespace perdure::entities
