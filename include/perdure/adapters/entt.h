// EnttAdapter: Perdure under an EnTT registry. The registry's signals mark what changed; commit()
// reads it from the registry's own storage; open() fills the registry.
//
//     #include <entt/entt.hpp>
//     #include <perdure/adapters/entt.h>
//
//     schema.component<Position>({.external = true});
//     entt::registry registry;
//     perdure::EnttAdapter adapter(registry);
//     auto world = adapter.persist<Position>().open("shard7", schema);
//     …
//     registry.patch<Position>(entity, [](auto& at) { at.x += 1; });
//     if (auto settled = adapter.settle(); !settled.ok()) …
//     auto saved = (*world)->commit();
//
// Marked is what the registry has a signal for: emplace, insert, replace, patch,
// emplace_or_replace, remove, erase, clear, destroy. What is written through get() or a view is
// not; say so by adapter.changed<Position>(entity). Entities begin and end in the registry:
// destroy() there, not in world.entities().
//
// An entity's id is a component of it, KeptAs. Removing that ends the entity in the world, and
// leaves it in the registry.
//
// Versions: EnTT 3.11 to 3.15, by their documented interface: entity_type, create, destroy, valid,
// emplace, emplace_or_replace, try_get, view of one type, storage<T>() with contains, get and
// empty, on_construct, on_update and on_destroy with connect and disconnect. This header names
// nothing of EnTT and may be included before it.
//
// Thread rule and lifetime: ecs_adapter.h. The registry must not be moved meanwhile.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "perdure/adapters/ecs_adapter.h"
#include "perdure/component.h"
#include "perdure/entity.h"

namespace perdure {

// The id that Perdure knows an entity by. It moves but is not copied: a copy of an entity is
// another entity, with an id of its own.
class KeptAs {
public:
    explicit KeptAs(Entity id) : id_(id) {}
    KeptAs(KeptAs&&) noexcept = default;
    KeptAs& operator=(KeptAs&&) noexcept = default;
    KeptAs(const KeptAs&) = delete;
    KeptAs& operator=(const KeptAs&) = delete;
    ~KeptAs() = default;

    [[nodiscard]] Entity id() const noexcept { return id_; }

private:
    Entity id_;
};

template <typename Registry>
class EnttAdapter : public EcsAdapter<EnttAdapter<Registry>, typename Registry::entity_type> {
    using Base = EcsAdapter<EnttAdapter<Registry>, typename Registry::entity_type>;
    friend Base;

public:
    using Handle = typename Registry::entity_type;

    explicit EnttAdapter(Registry& registry, Keep keep = Keep::all)
        : Base(keep), registry_(registry) {}
    ~EnttAdapter() { this->close(); }

private:
    Handle make() { return registry_.create(); }
    void destroy(Handle handle) { registry_.destroy(handle); }
    [[nodiscard]] bool lives(Handle handle) const { return registry_.valid(handle); }
    void tie(Handle handle, Entity id) { registry_.template emplace<KeptAs>(handle, KeptAs(id)); }
    [[nodiscard]] Entity tied(Handle handle) const {
        const KeptAs* const kept = registry_.template try_get<KeptAs>(handle);
        return kept == nullptr ? no_entity : kept->id();
    }
    [[nodiscard]] bool has_tied() const { return !registry_.template storage<KeptAs>().empty(); }

    template <Component T>
    [[nodiscard]] bool holds(Handle handle) const {
        return registry_.template storage<T>().contains(handle);
    }
    template <Component T>
    void fill(Handle handle, const T& value) {
        registry_.template emplace_or_replace<T>(handle, value);
    }
    // A tag is in no storage; any T will do.
    template <Component T>
    void read(std::span<const Entity> ids, std::span<const T*> places) const {
        static const T tag{};
        const auto& storage = registry_.template storage<T>();
        this->handles().find_each(ids, [&](std::size_t at, const Handle* handle) {
            if (handle == nullptr || !storage.contains(*handle)) return;
            if constexpr (std::is_empty_v<T>) {
                places[at] = &tag;
            } else {
                places[at] = &storage.get(*handle);
            }
        });
    }
    template <Component T>
    [[nodiscard]] std::vector<Handle> holders() const {
        const auto view = registry_.template view<T>();
        return std::vector<Handle>(view.begin(), view.end());
    }

    template <Component T>
    void listen() {
        registry_.template on_construct<T>().template connect<&EnttAdapter::on_came<T>>(*this);
        registry_.template on_update<T>().template connect<&EnttAdapter::on_came<T>>(*this);
        registry_.template on_destroy<T>().template connect<&EnttAdapter::on_went<T>>(*this);
    }
    template <Component T>
    void ignore() {
        registry_.template on_construct<T>().template disconnect<&EnttAdapter::on_came<T>>(*this);
        registry_.template on_update<T>().template disconnect<&EnttAdapter::on_came<T>>(*this);
        registry_.template on_destroy<T>().template disconnect<&EnttAdapter::on_went<T>>(*this);
    }
    void listen_to_ends() {
        registry_.template on_destroy<KeptAs>().template connect<&EnttAdapter::on_end>(*this);
    }
    void ignore_ends() {
        registry_.template on_destroy<KeptAs>().template disconnect<&EnttAdapter::on_end>(*this);
    }

    template <Component T>
    void on_came(Registry&, Handle handle) {
        this->template came<T>(handle);
    }
    template <Component T>
    void on_went(Registry&, Handle handle) {
        this->template went<T>(handle);
    }
    void on_end(Registry&, Handle handle) { this->ended(tied(handle)); }

    Registry& registry_;
};

}  // namespace perdure
