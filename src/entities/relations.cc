#include "perdure/relations.h"

#include "base/assert.h"
#include "entities/registry.h"

namespace perdure {

using entities::RelationEdges;

bool Relations::relate_raw(TypeNumber type, Entity from, Entity to, const void* value) {
    PERDURE_ASSERT(registry_.may_mark());
    RelationEdges& edges = registry_.relations().edges_of(type);
    const auto may_add = [&] {
        return registry_.alive(from) && registry_.alive(to) && !edges.is_full();
    };
    const std::uint32_t row = edges.find_or_add(from.id, to.id, may_add);
    if (row == RelationEdges::none) return false;
    edges.write(row, value);
    edges.mark(row);
    return true;
}

void* Relations::find_raw(TypeNumber type, Entity from, Entity to, bool mark) const {
    PERDURE_ASSERT(!mark || registry_.may_mark());
    RelationEdges& edges = registry_.relations().edges_of(type);
    const std::uint32_t row = edges.find(from.id, to.id);
    if (row == RelationEdges::none) return nullptr;
    if (mark) edges.mark(row);
    return edges.at(row);
}

bool Relations::unrelate_raw(TypeNumber type, Entity from, Entity to) {
    return registry_.relations().edges_of(type).remove(from.id, to.id);
}

std::size_t Relations::unrelate_all_raw(TypeNumber type, Entity entity) {
    return registry_.relations().edges_of(type).remove_all(entity.id);
}

std::vector<Entity> Relations::others_raw(TypeNumber type, EdgeDirection direction,
                                          Entity entity) const {
    RelationEdges& edges = registry_.relations().edges_of(type);
    const bool out = direction == EdgeDirection::out;
    std::vector<Entity> others;
    others.reserve(edges.adjacency().degree(direction, entity.id));
    for (std::uint32_t row = edges.adjacency().first(direction, entity.id);
         row != RelationEdges::none; row = edges.adjacency().next(direction, row)) {
        others.push_back({out ? edges.to(row) : edges.from(row)});
    }
    return others;
}

std::size_t Relations::degree_raw(TypeNumber type, EdgeDirection direction, Entity entity) const {
    return registry_.relations().edges_of(type).adjacency().degree(direction, entity.id);
}

std::size_t Relations::count_raw(TypeNumber type) const {
    return registry_.relations().edges_of(type).count();
}

namespace detail {

EdgeWalk::EdgeWalk(entities::Registry& registry, TypeNumber type, bool mark,
                   EdgeDirection direction, Entity entity)
    : rows_(registry.relations().edges_of(type)),
      mark_(mark),
      direction_(direction),
      row_(rows_.adjacency().first(direction, entity.id)),
      every_(false) {
    PERDURE_ASSERT(!mark || registry.may_mark());
    rows_.begin_iteration();
}

EdgeWalk::EdgeWalk(entities::Registry& registry, TypeNumber type, bool mark)
    : rows_(registry.relations().edges_of(type)),
      mark_(mark),
      direction_(EdgeDirection::out),
      row_(RelationEdges::none),
      every_(true) {
    PERDURE_ASSERT(!mark || registry.may_mark());
    rows_.begin_iteration();
    rows_.adjacency().sort();
}

EdgeWalk::~EdgeWalk() { rows_.end_iteration(); }

bool EdgeWalk::next() {
    entities::RelationAdjacency& adjacency = rows_.adjacency();
    count_ = 0;
    while (count_ < edges_.size()) {
        if (row_ == RelationEdges::none) {
            if (!every_ || node_ == adjacency.nodes()) break;
            row_ = adjacency.first_out(node_++);
            continue;
        }
        edges_[count_++] = {adjacency.from(row_), adjacency.to(row_), rows_.at(row_)};
        __builtin_prefetch(rows_.at(row_));
        if (mark_) rows_.mark(row_);
        row_ = adjacency.next(direction_, row_);
    }
    return count_ > 0;
}

}  // namespace detail
}  // namespace perdure
