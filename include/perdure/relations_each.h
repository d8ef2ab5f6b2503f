// relations_each.h: how Relations::each…<>() visit; templates only. Read relations.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "perdure/component.h"
#include "perdure/entities.h"
#include "perdure/relations.h"

namespace perdure {
namespace detail {

// Edges in order, some at a time.
class EdgeWalk {
public:
    // Of one entity, or all of a type. `mark`: each as it is visited.
    EdgeWalk(entities::Registry& registry, TypeNumber type, bool mark, EdgeDirection direction,
             Entity entity);
    EdgeWalk(entities::Registry& registry, TypeNumber type, bool mark);
    ~EdgeWalk();
    EdgeWalk(const EdgeWalk&) = delete;
    EdgeWalk& operator=(const EdgeWalk&) = delete;

    // The next few; false behind the last.
    bool next();
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] Entity from(std::size_t edge) const noexcept { return {edges_[edge].from}; }
    [[nodiscard]] Entity to(std::size_t edge) const noexcept { return {edges_[edge].to}; }
    [[nodiscard]] std::byte* value(std::size_t edge) const noexcept { return edges_[edge].value; }

private:
    struct Edge {
        std::uint64_t from;
        std::uint64_t to;
        std::byte* value;
    };

    entities::RelationEdges& rows_;
    const bool mark_;
    const EdgeDirection direction_;
    std::uint32_t row_;        // the next one of a list
    std::size_t node_ = 0;     // of all: how many lists were begun
    const bool every_ = true;  // all of a type
    std::size_t count_ = 0;
    std::array<Edge, 64> edges_;
};

template <typename C, typename Visitor>
void visit_edges(EdgeWalk& walk, Visitor& visit) {
    using T = typename Visited<C>::Type;
    while (walk.next()) {
        for (std::size_t edge = 0; edge < walk.count(); ++edge) {
            visit(walk.from(edge), walk.to(edge), *reinterpret_cast<T*>(walk.value(edge)));
        }
    }
}

template <typename C>
inline constexpr bool visits_relation = Component<std::remove_const_t<typename Visited<C>::Type>>;

template <typename C>
[[nodiscard]] TypeNumber visited_type() noexcept {
    static_assert(visits_relation<C>, "declare every relation with PERDURE_COMPONENT");
    return type_number<std::remove_const_t<typename Visited<C>::Type>>();
}

}  // namespace detail

template <typename C, typename Visitor>
void Relations::each_out(Entity from, Visitor&& visit) {
    detail::EdgeWalk walk(registry_, detail::visited_type<C>(), detail::Visited<C>::is_mutable,
                          EdgeDirection::out, from);
    const auto other = [&](Entity, Entity to, auto& value) { visit(to, value); };
    detail::visit_edges<C>(walk, other);
}

template <typename C, typename Visitor>
void Relations::each_in(Entity to, Visitor&& visit) {
    detail::EdgeWalk walk(registry_, detail::visited_type<C>(), detail::Visited<C>::is_mutable,
                          EdgeDirection::in, to);
    const auto other = [&](Entity from, Entity, auto& value) { visit(from, value); };
    detail::visit_edges<C>(walk, other);
}

template <typename C, typename Visitor>
void Relations::each(Visitor&& visit) {
    detail::EdgeWalk walk(registry_, detail::visited_type<C>(), detail::Visited<C>::is_mutable);
    detail::visit_edges<C>(walk, visit);
}

}  // namespace perdure
