// EcsAdapter: what the adapters for EnTT (entt.h) and Flecs (flecs.h) share, and where one for
// another ECS begins. It ties entities to ids, marks what the ECS says has changed, answers what
// commit() and World::open() ask, and lets entities end in both places.
//
//     class MyAdapter : public perdure::EcsAdapter<MyAdapter, MyHandle> { … };
//     MyAdapter adapter;
//     auto world = adapter.persist<Position>().open("shard7", schema);
//     …                                              // change components as the ECS does it
//     if (auto settled = adapter.settle(); !settled.ok()) …
//     auto saved = (*world)->commit();
//
// An adapter is a class that derives from EcsAdapter, names it as a friend, calls close() in its
// destructor, and has these members:
//
//     Handle make();                                 // a new entity without components
//     void destroy(Handle);                          // with all components; lives(handle) held
//     bool lives(Handle) const;
//     void tie(Handle, Entity id);                   // from now on tied(handle) is this id
//     Entity tied(Handle) const;                     // no_entity: none
//     bool has_tied() const;                         // any
//     template <T> bool holds(Handle) const;         // has a T of its own
//     template <T> void fill(Handle, const T&);      // adds or replaces
//     template <T> void read(std::span<const Entity>, std::span<const T*>) const;
//     template <T> std::vector<Handle> holders() const;
//     template <T> void listen();                    // calls came<T>() and went<T>() from now on
//     template <T> void ignore();                    // no more
//     void listen_to_ends();                         // calls ended() when a tied entity goes
//     void ignore_ends();
//
// Thread rule: the world's thread.
// Lifetime: the ECS outlives the adapter, which outlives the world; declare them in this order. If
// the ECS goes on when the world has ended, close() comes before that end.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "perdure/component.h"
#include "perdure/entities.h"
#include "perdure/entity.h"
#include "perdure/entity_map.h"
#include "perdure/external.h"
#include "perdure/schema.h"
#include "perdure/status.h"
#include "perdure/world.h"

namespace perdure {

enum class Keep {
    all,    // every entity that has a persisted component
    chosen  // those that keep() was called for
};

template <typename Ecs, typename Handle>
class EcsAdapter {
public:
    EcsAdapter(const EcsAdapter&) = delete;
    EcsAdapter& operator=(const EcsAdapter&) = delete;

    // Components of this type are kept. Before open(); later it is a bug and stops the program.
    template <Component T>
    Ecs& persist() {
        if (world_ != nullptr) std::abort();
        if (find_persisted(type_number<T>()) == nullptr) persisted_.push_back(persisted_type<T>());
        return self();
    }

    // Opens the world and fills the ECS with what it holds; nothing of that is marked as changed.
    // The world itself is an entity, too: find(world_entity). With Keep::all, what the ECS held
    // before is kept from now on. `invalid`: a persisted component is not external in the schema,
    // or `options.external` answers for it as well; the ECS holds entities of a world already.
    // Whatever fails: the ECS holds what it held before.
    Result<std::unique_ptr<World>> open(const std::string& directory, const Schema& schema,
                                        WorldOptions options = {}) {
        if (Status fits = check(schema, options.external); !fits.ok()) return fits;
        handles_ = {};
        answer(options.external);
        add(world_entity);
        auto opened = World::open(directory, schema, std::move(options));
        if (!opened) {
            forget_all();
            return opened;
        }
        world_ = opened->get();
        added_ = {};
        for (const Persisted& one : persisted_) one.listen(*this);
        self().listen_to_ends();
        if (keep_ == Keep::all) keep_what_was_there();
        return opened;
    }
    // Listens no more: what happens in the ECS from now on is not noticed. The ECS must be cleared
    // before it is filled from a world again.
    void close() {
        if (world_ == nullptr) return;
        for (const Persisted& one : persisted_) one.ignore(*this);
        self().ignore_ends();
        world_ = nullptr;
        followers_.clear();
        waiting_.clear();
    }

    // Before each commit(): destroys in the ECS what Perdure destroyed with its parent, and keeps
    // what could not be kept when it came. `busy`: there are no ids yet (health() says why); such
    // entities wait for the next call, and a commit until then does not carry them. What
    // health().trouble says, if the world is read-only.
    Status settle() {
        if (world_ == nullptr) return {Code::invalid, "the adapter is not open; call open() first"};
        self().settle_ends();
        for (const Handle handle : std::exchange(followers_, {})) {
            if (self().lives(handle)) self().destroy(handle);
        }
        for (const Handle handle : std::exchange(waiting_, {})) {
            if (self().lives(handle) && !self().tied(handle)) keep_or_wait(handle);
        }
        if (waiting_.empty()) return {};
        if (const Health now = world_->health(); now.read_only) return now.trouble;
        return {Code::busy, "ids are refused for now (see health()), and new entities wait for " +
                                std::to_string(waiting_.size()) +
                                "; call settle() again before a later commit"};
    }

    // Keeps an entity, with all its persisted components, under a new id or the one that it has.
    // One that is kept already stays as it is, `kind` and `parent` are not looked at: with
    // Keep::all say them before its first component comes.
    // no_entity: the handle or the parent is dead, ids are refused for now (health() says why), or
    // the adapter is not open.
    Entity keep(Handle handle, EntityKind kind = EntityKind::plain, Entity parent = no_entity) {
        if (world_ == nullptr || !self().lives(handle)) return no_entity;
        if (const Entity known = self().tied(handle)) return known;
        const Entity id = world_->entities().create(kind, parent);
        if (!id) return no_entity;
        handles_.put(id, handle);
        self().tie(handle, id);
        for (const Persisted& one : persisted_) one.mark(*this, handle, id);
        return id;
    }
    // no_entity if it is not kept.
    [[nodiscard]] Entity id(Handle handle) const { return self().tied(handle); }
    [[nodiscard]] std::optional<Handle> find(Entity id) const {
        const Handle* const found = handles_.find(id);
        return found == nullptr ? std::optional<Handle>() : *found;
    }
    // For what was written without the ECS noticing. False if the entity is not kept.
    template <Component T>
    bool changed(Handle handle) {
        if (world_ == nullptr) return false;
        const Entity id = self().tied(handle);
        return id && mark<T>(handle, id);
    }

protected:
    explicit EcsAdapter(Keep keep) : keep_(keep) {}
    ~EcsAdapter() = default;

    // The entity has a T, or another one.
    template <Component T>
    void came(Handle handle) {
        if (const Entity id = self().tied(handle)) {
            mark<T>(handle, id);
        } else if (keep_ == Keep::all) {
            keep_or_wait(handle);
        }
    }
    template <Component T>
    void went(Handle handle) {
        if (const Entity id = self().tied(handle)) world_->external().template removed<T>(id);
    }
    // The entity is no more, or not tied any longer: it ends in Perdure, and its tree with it.
    void ended(Entity id) {
        if (!handles_.erase(id)) return;
        if (id == world_entity) {
            for (const Persisted& one : persisted_) one.remove(*this, id);
            return;
        }
        std::vector<Entity> tree{id};
        for (std::size_t at = 0; at < tree.size(); ++at) {
            const std::vector<Entity> below = world_->entities().children(tree[at]);
            tree.insert(tree.end(), below.begin(), below.end());
        }
        world_->entities().destroy(id);
        for (const Entity one : tree) {
            if (world_->entities().alive(one)) continue;  // a player, detached
            const Handle* const handle = handles_.find(one);
            if (handle == nullptr) continue;
            followers_.push_back(*handle);
            handles_.erase(one);
        }
    }
    void settle_ends() {}  // an adapter that cannot notice every end has its own
    [[nodiscard]] const EntityMap<Handle>& handles() const noexcept { return handles_; }

private:
    // What a type is to this class: the functions below, for one T.
    struct Persisted {
        TypeNumber type = 0;
        std::string name;
        void (*answer)(EcsAdapter&, ExternalCallbacks&) = nullptr;
        void (*listen)(EcsAdapter&) = nullptr;
        void (*ignore)(EcsAdapter&) = nullptr;
        void (*mark)(EcsAdapter&, Handle, Entity) = nullptr;  // if the entity has one
        void (*remove)(EcsAdapter&, Entity) = nullptr;
        std::vector<Handle> (*holders)(const EcsAdapter&) = nullptr;
    };
    template <Component T>
    static Persisted persisted_type() {
        Persisted made;
        made.type = type_number<T>();
        made.name = struct_shape<T>().name;
        made.answer = [](EcsAdapter& adapter, ExternalCallbacks& callbacks) {
            callbacks.on_load<T>(
                [&adapter](std::span<const Entity> ids, std::span<const T> values) {
                    return adapter.load(ids, values);
                });
            callbacks.on_read<T>(
                [&adapter](std::span<const Entity> ids, std::span<const T*> places) {
                    adapter.self().template read<T>(ids, places);
                });
        };
        made.listen = [](EcsAdapter& adapter) { adapter.self().template listen<T>(); };
        made.ignore = [](EcsAdapter& adapter) { adapter.self().template ignore<T>(); };
        made.mark = [](EcsAdapter& adapter, Handle handle, Entity id) {
            if (adapter.self().template holds<T>(handle)) adapter.mark<T>(handle, id);
        };
        made.remove = [](EcsAdapter& adapter, Entity id) {
            adapter.world_->external().template removed<T>(id);
        };
        made.holders = [](const EcsAdapter& adapter) {
            return adapter.self().template holders<T>();
        };
        return made;
    }
    [[nodiscard]] const Persisted* find_persisted(TypeNumber type) const {
        for (const Persisted& one : persisted_) {
            if (one.type == type) return &one;
        }
        return nullptr;
    }

    [[nodiscard]] Ecs& self() noexcept { return static_cast<Ecs&>(*this); }
    [[nodiscard]] const Ecs& self() const noexcept { return static_cast<const Ecs&>(*this); }

    [[nodiscard]] Status check(const Schema& schema, const ExternalCallbacks& answered) const {
        if (world_ != nullptr) {
            return {Code::invalid,
                    "the adapter is open already; call close() first, and only then clear the ECS: "
                    "what ends there while the adapter is open ends in the world"};
        }
        if (self().has_tied()) {
            return {Code::invalid,
                    "the ECS holds entities of a world already; clear it before it is filled from "
                    "one again"};
        }
        for (const Persisted& one : persisted_) {
            if (!is_external(schema, one.type)) {
                return {Code::invalid,
                        "component " + one.name +
                            " is to be kept, but the schema does not declare it as external; say "
                            "schema.component<" +
                            one.name + ">({.external = true})"};
            }
            if (answered.find(one.type) != nullptr) {
                return {Code::invalid,
                        "component " + one.name +
                            " is answered for twice: by the adapter and by WorldOptions::external; "
                            "leave one of them out"};
            }
        }
        return {};
    }
    static bool is_external(const Schema& schema, TypeNumber type) {
        for (const Schema::DeclaredComponent& declared : schema.components()) {
            if (declared.type == type) return declared.options.external;
        }
        return false;
    }

    // What the program answers itself stays, and is asked behind the adapter.
    void answer(ExternalCallbacks& callbacks) {
        using All = ExternalCallbacks::Entities;
        callbacks.on_entities([this, theirs = callbacks.entities()](All all) {
            for (const ExternalEntity& one : all) add(one.entity);
            return theirs == nullptr ? Status() : theirs(all);
        });
        for (const Persisted& one : persisted_) one.answer(*this, callbacks);
    }
    void add(Entity id) {
        const Handle handle = self().make();
        added_.push_back(handle);
        handles_.put(id, handle);
        self().tie(handle, id);
    }
    template <Component T>
    Status load(std::span<const Entity> ids, std::span<const T> values) {
        for (std::size_t at = 0; at < ids.size(); ++at) {
            const Handle* const handle = handles_.find(ids[at]);
            if (handle == nullptr || !self().lives(*handle)) {
                return {Code::invalid, "entity " + std::to_string(ids[at].id) +
                                           " was destroyed while the ECS was being filled"};
            }
            self().template fill<T>(*handle, values[at]);
        }
        return {};
    }
    void forget_all() {
        handles_ = {};
        for (const Handle handle : std::exchange(added_, {})) {
            if (self().lives(handle)) self().destroy(handle);
        }
    }
    void keep_what_was_there() {
        for (const Persisted& one : persisted_) {
            for (const Handle handle : one.holders(*this)) {
                if (!self().tied(handle)) keep_or_wait(handle);
            }
        }
    }
    // Once refused, ids are not asked for again before the next settle().
    void keep_or_wait(Handle handle) {
        if (!waiting_.empty() || !keep(handle)) waiting_.insert(handle);
    }
    // An entity that died in Perdure alone follows at the next settle().
    template <Component T>
    bool mark(Handle handle, Entity id) {
        if (world_->external().template changed<T>(id)) return true;
        followers_.push_back(handle);
        return false;
    }

    const Keep keep_;
    std::vector<Persisted> persisted_;  // constant since open()
    World* world_ = nullptr;            // while it listens
    EntityMap<Handle> handles_;
    std::vector<Handle> added_;      // by an opening that may yet fail
    std::vector<Handle> followers_;  // dead in Perdure; destroyed by settle()
    std::set<Handle> waiting_;       // for an id
};

}  // namespace perdure
