// FlecsAdapter: Perdure under a Flecs world. Observers mark what changed; commit() reads it from
// Flecs's own tables; open() fills the Flecs world. Include <flecs.h> before this header.
//
//     #include <flecs.h>
//     #include <perdure/adapters/flecs.h>
//
//     schema.component<Position>({.external = true});
//     flecs::world ecs;
//     perdure::FlecsAdapter adapter(ecs);
//     auto world = adapter.persist<Position>().open("shard7", schema);
//     …
//     entity.set<Position>({1, 2});
//     if (auto settled = adapter.settle(); !settled.ok()) …
//     auto saved = (*world)->commit();
//
// Marked is what Flecs has an event for: add, set, modified, remove, clear, destruct. What a system
// writes through a reference is not; end it with entity.modified<Position>(), or say so by
// adapter.changed<Position>(entity). Call settle() and commit() outside of progress(). Entities
// begin and end in Flecs: destruct() there, not in world.entities(). Values that an entity inherits
// from its prefab are the prefab's, and prefabs are not kept.
//
// A kept entity has the tag Kept. Removing that ends the entity in the world, and leaves it in
// Flecs.
//
// Versions: Flecs 3.2 to 4.1, by their documented interface: entity, observer<T>() with OnAdd,
// OnSet and OnRemove, each(id, …), count<T>(), component<T>(), and of an entity add, set, has,
// owns, is_alive, destruct, and try_get (before 4.1: get, which was a pointer).
//
// Thread rule: ecs_adapter.h; what systems on many threads change, Flecs merges on the world's.
// Lifetime: ecs_adapter.h, or Flecs would say of every entity, while it ends, that it is gone.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "perdure/adapters/ecs_adapter.h"
#include "perdure/component.h"
#include "perdure/entity.h"

namespace perdure {

struct Kept {};

namespace detail {

// get() became a reference in 4.1, with try_get() beside it.
template <typename T, typename FlecsEntity>
const T* flecs_value(const FlecsEntity& entity) {
    if constexpr (requires { entity.template try_get<T>(); }) {
        return entity.template try_get<T>();
    } else {
        return entity.template get<T>();
    }
}

}  // namespace detail

class FlecsAdapter : public EcsAdapter<FlecsAdapter, flecs::entity_t> {
    using Base = EcsAdapter<FlecsAdapter, flecs::entity_t>;
    friend Base;

public:
    using Handle = flecs::entity_t;

    explicit FlecsAdapter(flecs::world& ecs, Keep keep = Keep::all) : Base(keep), ecs_(ecs) {}
    ~FlecsAdapter() { close(); }

private:
    [[nodiscard]] flecs::entity entity(Handle handle) const { return flecs::entity(ecs_, handle); }

    Handle make() { return ecs_.entity().id(); }
    void destroy(Handle handle) {
        entity(handle).destruct();
        ids_.erase(handle);  // if no observer did
    }
    [[nodiscard]] bool lives(Handle handle) const { return entity(handle).is_alive(); }
    // Within an observer Flecs adds the tag later, so the tag cannot be what is asked.
    void tie(Handle handle, Entity id) {
        ids_[handle] = id;
        entity(handle).add<Kept>();
    }
    [[nodiscard]] Entity tied(Handle handle) const {
        const auto found = ids_.find(handle);
        return found == ids_.end() ? no_entity : found->second;
    }
    [[nodiscard]] bool has_tied() const { return ecs_.count<Kept>() > 0; }

    template <Component T>
    [[nodiscard]] bool holds(Handle handle) const {
        return entity(handle).owns<T>();
    }
    template <Component T>
    void fill(Handle handle, const T& value) {
        if constexpr (std::is_empty_v<T>) {
            entity(handle).add<T>();
        } else {
            entity(handle).set<T>(value);
        }
    }
    // A tag is in no table; any T will do.
    template <Component T>
    void read(std::span<const Entity> ids, std::span<const T*> places) const {
        static const T tag{};
        handles().find_each(ids, [&](std::size_t at, const Handle* handle) {
            if (handle == nullptr || !lives(*handle) || !holds<T>(*handle)) return;
            if constexpr (std::is_empty_v<T>) {
                places[at] = &tag;
            } else {
                places[at] = detail::flecs_value<T>(entity(*handle));
            }
        });
    }
    template <Component T>
    [[nodiscard]] std::vector<Handle> holders() const {
        std::vector<Handle> found;
        ecs_.each(ecs_.component<T>().id(), [&](flecs::entity one) {
            if (!one.has(flecs::Prefab)) found.push_back(one.id());
        });
        return found;
    }

    template <Component T>
    void listen() {
        auto coming = ecs_.observer<T>();  // not copied: a builder may point into itself
        coming.event(flecs::OnAdd);
        if constexpr (!std::is_empty_v<T>) coming.event(flecs::OnSet);
        observers_.push_back(coming.each([this](flecs::entity one, const T&) {
            if (one.owns<T>()) came<T>(one.id());
        }));
        observers_.push_back(
            ecs_.observer<T>().event(flecs::OnRemove).each([this](flecs::entity one, const T&) {
                went<T>(one.id());
                if (tied(one.id())) perhaps_gone_.push_back(one.id());
            }));
    }
    template <Component T>
    void ignore() {}  // ignore_ends() ends them all
    void listen_to_ends() {
        observers_.push_back(
            ecs_.observer<Kept>().event(flecs::OnRemove).each([this](flecs::entity one, Kept) {
                gone(one.id());
            }));
    }
    void ignore_ends() {
        for (flecs::entity& observer : observers_) observer.destruct();
        observers_.clear();
        perhaps_gone_.clear();
        ids_.clear();
    }
    // Of those that ended before Flecs had added the tag.
    void settle_ends() {
        for (const Handle handle : std::exchange(perhaps_gone_, {})) {
            if (!lives(handle)) gone(handle);
        }
    }
    void gone(Handle handle) {
        const auto found = ids_.find(handle);
        if (found == ids_.end()) return;
        const Entity id = found->second;
        ids_.erase(found);
        ended(id);
    }

    flecs::world& ecs_;
    std::unordered_map<Handle, Entity> ids_;
    std::vector<flecs::entity> observers_;
    std::vector<Handle> perhaps_gone_;
};

}  // namespace perdure
