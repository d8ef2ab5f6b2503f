// Relations: typed data on pairs of entities, in memory: the edges of a graph. Every relation type
// is a table with the key (from, to); between two entities there is at most one edge of each type
// and direction, and one from an entity to itself may be.
//
//     struct Trades { std::int64_t volume; };
//     PERDURE_COMPONENT(Trades, volume);                       // then schema.relation<Trades>()
//
//     perdure::Relations& relations = world.relations();
//     relations.relate(ana, bob, Trades{5});
//     relations.edit<Trades>(ana, bob)->volume += 3;
//     relations.each_out<Trades>(ana, [](perdure::Entity to, const Trades& trades) { … });
//
// A hyperedge (a guild, a contract of three) is an entity with components, and a relation from it
// to its members. A struct without fields is a relation without data.
//
// Edges go with either of their entities: destroying one erases its edges, in the same change set,
// at a cost that follows their number. Changes are found as those of components are: relate(),
// edit(), mutable iteration, and changed<T>() after writing through get_mutable_unmarked().
//
// Order: each_out() by ascending id of `to`, each_in() of `from`, each() by `from`, then `to`. So
// it is the same before and after reopening, and in every run. Adding and removing an edge take
// constant time; what was added out of order is sorted when its entity is next iterated.
//
// Memory: 45 bytes an edge and the struct's; some 50 for each entity that has edges of a
// type. It is used again for later edges, and not given back before the world closes.
//
// Thread rule: the world's thread, readers too. Pointers to an edge's data live until that edge is
// removed, or the next commit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "perdure/component.h"
#include "perdure/entities.h"
#include "perdure/entity.h"
#include "perdure/schema.h"

namespace perdure {

namespace entities {
class RelationEdges;
}

// Of an edge, seen from one of its ends.
enum class EdgeDirection : std::uint8_t { out = 0, in = 1 };

class Relations {
public:
    explicit Relations(entities::Registry& registry) : registry_(registry) {}
    Relations(const Relations&) = delete;
    Relations& operator=(const Relations&) = delete;

    // Adds or replaces; marks, even if the value is what it was. False if one of the entities is
    // dead, or at the limit of some 4 billion edges of a type.
    template <Component T>
    bool relate(Entity from, Entity to, const T& value = {}) {
        return relate_raw(type_number<T>(), from, to, &value);
    }
    // nullptr if there is none. Without fields: some non-null pointer.
    template <Component T>
    [[nodiscard]] const T* get(Entity from, Entity to) const {
        return static_cast<const T*>(find_raw(type_number<T>(), from, to, false));
    }
    template <Component T>
    [[nodiscard]] bool has(Entity from, Entity to) const {
        return find_raw(type_number<T>(), from, to, false) != nullptr;
    }
    // A pointer to write through, marked as changed now. nullptr if there is none.
    template <Component T>
    [[nodiscard]] T* edit(Entity from, Entity to) {
        return static_cast<T*>(find_raw(type_number<T>(), from, to, true));
    }
    // The same without the mark: call changed<T>() after writing.
    template <Component T>
    [[nodiscard]] T* get_mutable_unmarked(Entity from, Entity to) {
        return static_cast<T*>(find_raw(type_number<T>(), from, to, false));
    }
    // Marks an edge as changed. False if there is none.
    template <Component T>
    bool changed(Entity from, Entity to) {
        return find_raw(type_number<T>(), from, to, true) != nullptr;
    }
    // False if there was none.
    template <Component T>
    bool unrelate(Entity from, Entity to) {
        return unrelate_raw(type_number<T>(), from, to);
    }
    // Removes all edges of this type from and to an entity. Returns how many there were.
    template <Component T>
    std::size_t unrelate_all(Entity entity) {
        return unrelate_all_raw(type_number<T>(), entity);
    }

    // Call visit(Entity the other end, T&) for the edges of an entity, or visit(Entity from, Entity
    // to, T&) for all; Mut<T> instead of T marks every edge visited. The visitor may change what is
    // there, but adding or removing edges of the visited type is a bug and stops the program: take
    // targets() or sources() for that.
    template <typename C, typename Visitor>
    void each_out(Entity from, Visitor&& visit);
    template <typename C, typename Visitor>
    void each_in(Entity to, Visitor&& visit);
    template <typename C, typename Visitor>
    void each(Visitor&& visit);

    // The other ends, in order of id.
    template <Component T>
    [[nodiscard]] std::vector<Entity> targets(Entity from) const {
        return others_raw(type_number<T>(), EdgeDirection::out, from);
    }
    template <Component T>
    [[nodiscard]] std::vector<Entity> sources(Entity to) const {
        return others_raw(type_number<T>(), EdgeDirection::in, to);
    }

    // How many edges leave an entity, reach it, and are there at all.
    template <Component T>
    [[nodiscard]] std::size_t out_degree(Entity from) const {
        return degree_raw(type_number<T>(), EdgeDirection::out, from);
    }
    template <Component T>
    [[nodiscard]] std::size_t in_degree(Entity to) const {
        return degree_raw(type_number<T>(), EdgeDirection::in, to);
    }
    template <Component T>
    [[nodiscard]] std::size_t count_of() const {
        return count_raw(type_number<T>());
    }

private:
    bool relate_raw(TypeNumber type, Entity from, Entity to, const void* value);
    [[nodiscard]] void* find_raw(TypeNumber type, Entity from, Entity to, bool mark) const;
    bool unrelate_raw(TypeNumber type, Entity from, Entity to);
    std::size_t unrelate_all_raw(TypeNumber type, Entity entity);
    [[nodiscard]] std::vector<Entity> others_raw(TypeNumber type, EdgeDirection direction,
                                                 Entity entity) const;
    [[nodiscard]] std::size_t degree_raw(TypeNumber type, EdgeDirection direction,
                                         Entity entity) const;
    [[nodiscard]] std::size_t count_raw(TypeNumber type) const;

    entities::Registry& registry_;
};

}  // namespace perdure

#include "perdure/relations_each.h"  // each…<>: templates only
