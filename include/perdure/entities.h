// Entities: the present of the world, in memory. Components are plain structs; every component type
// is a table, every change goes out with the tick.
//
//     auto ana = entities.create();
//     entities.set(ana, Position{1, 2, 3});
//     if (const Position* at = entities.get<Position>(ana)) …
//     entities.each<perdure::Mut<Position>, Velocity>([](auto& p, const auto& v) { p.x += v.x; });
//
// Changes are found three ways: set(), mutable iteration (marks every row it visits), and
// changed<T>(entity) after writing through a pointer from get_mutable_unmarked(). Only components
// of the world's schema can be used; others are a bug and stop the program.
//
// Thread rule: the world's thread. Pointers and references live until the next create, set of a new
// component, remove or destroy of that component type, or commit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "perdure/component.h"
#include "perdure/entity.h"
#include "perdure/schema.h"
#include "perdure/status.h"

namespace perdure {

namespace entities {
class Registry;
class ComponentRows;
class RowMarks;
class WorkerMarks;
}  // namespace entities

enum class EntityKind : std::uint8_t { plain = 0, global = 1, player = 2 };

// In each<>: a component that the visitor may change; every row visited is marked.
template <typename T>
struct Mut {};

class Entities {
public:
    explicit Entities(entities::Registry& registry) : registry_(registry) {}
    Entities(const Entities&) = delete;
    Entities& operator=(const Entities&) = delete;

    // A new entity, never used before, in this life of the world or an earlier one. no_entity if
    // the parent is dead, or if ids have to be reserved first and that is refused (health() says
    // why), or at the limit of some 4 billion live ones.
    [[nodiscard]] Entity create(EntityKind kind = EntityKind::plain, Entity parent = no_entity);
    // Destroys the entity and its whole tree; players in it are detached first. False if it is not
    // alive, or is the world.
    bool destroy(Entity entity);
    [[nodiscard]] bool alive(Entity entity) const;
    [[nodiscard]] std::size_t count() const;  // alive, the world included

    // False if the entity is dead or the world, the parent is dead, or it would become its own
    // ancestor. no_entity: a root.
    bool set_parent(Entity entity, Entity parent);
    [[nodiscard]] Entity parent(Entity entity) const;
    [[nodiscard]] Entity root(Entity entity) const;
    [[nodiscard]] EntityKind kind(Entity entity) const;
    [[nodiscard]] std::vector<Entity> children(Entity entity) const;  // in order of id

    // Adds or replaces; marks, even if the value is what it was. False if the entity is dead.
    template <Component T>
    bool set(Entity entity, const T& value) {
        return set_raw(type_number<T>(), entity, &value);
    }
    // nullptr if the entity is dead or has none. For a tag: some non-null pointer.
    template <Component T>
    [[nodiscard]] const T* get(Entity entity) const {
        return static_cast<const T*>(get_raw(type_number<T>(), entity));
    }
    template <Component T>
    [[nodiscard]] bool has(Entity entity) const {
        return get_raw(type_number<T>(), entity) != nullptr;
    }
    // A pointer to write through, marked as changed now. nullptr if there is none.
    template <Component T>
    [[nodiscard]] T* edit(Entity entity) {
        return static_cast<T*>(edit_raw(type_number<T>(), entity, true));
    }
    // The same without the mark: call changed<T>() after writing.
    template <Component T>
    [[nodiscard]] T* get_mutable_unmarked(Entity entity) {
        return static_cast<T*>(edit_raw(type_number<T>(), entity, false));
    }
    // Marks a component as changed. False if the entity is dead or has none.
    template <Component T>
    bool changed(Entity entity) {
        return edit_raw(type_number<T>(), entity, true) != nullptr;
    }
    // False if there was none.
    template <Component T>
    bool remove(Entity entity) {
        return remove_raw(type_number<T>(), entity);
    }

    // Sets the component of many entities from arrays, as far as both go. Returns how many were
    // alive and set.
    template <Component T>
    std::size_t set_many(std::span<const Entity> ids, std::span<const T> values) {
        return set_many_raw(type_number<T>(), ids, values.data(), sizeof(T), values.size());
    }

    // Calls visit(components…) or visit(Entity, components…) for every entity that has all of them,
    // in the order of the first one's rows. At most 16 components; tags among them filter. The
    // visitor may set what is there, but adding or removing components of a visited type is a bug
    // and stops the program; so is a Mut<> here while workers run.
    template <typename... Cs, typename Visitor>
    void each(Visitor&& visit);

    // How many entities have a T.
    template <Component T>
    [[nodiscard]] std::size_t count_of() const {
        return count_raw(type_number<T>());
    }

    [[nodiscard]] entities::Registry& registry() noexcept { return registry_; }

private:
    bool set_raw(TypeNumber type, Entity entity, const void* value);
    [[nodiscard]] const void* get_raw(TypeNumber type, Entity entity) const;
    [[nodiscard]] void* edit_raw(TypeNumber type, Entity entity, bool mark);
    bool remove_raw(TypeNumber type, Entity entity);
    std::size_t set_many_raw(TypeNumber type, std::span<const Entity> ids, const void* values,
                             std::size_t stride, std::size_t count);
    [[nodiscard]] std::size_t count_raw(TypeNumber type) const;

    entities::Registry& registry_;
};

}  // namespace perdure

#include "perdure/entities_each.h"  // each<>: templates only
