// A stand-in for Flecs, written for these tests: as much of the documented C++ interface as the
// adapter uses, and its rules: what an observer does to entities happens after the operation that
// it observes, deleting an entity removes what it has one by one, a world that ends says so of all
// its entities, an instance inherits from its prefab, prefabs are not observed.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace flecs {

using entity_t = std::uint64_t;  // 32 bits of index, the generation above
using id_t = std::uint64_t;

inline constexpr entity_t OnAdd = 1, OnRemove = 2, OnSet = 3, Prefab = 4;

class world;

struct world_t {  // what handles of all kinds refer to
    using Values = std::map<id_t, std::shared_ptr<void>>;
    struct Observer {
        entity_t self = 0;
        id_t component = 0;
        std::vector<entity_t> events;
        std::function<void(entity_t, void*)> call;
    };

    std::map<entity_t, Values> entities;
    std::map<entity_t, entity_t> prefabs;  // of instances
    std::vector<std::uint32_t> generations = std::vector<std::uint32_t>(16);
    std::deque<std::uint32_t> free;
    std::vector<Observer> observers;
    std::vector<std::function<void()>> deferred;
    int depth = 0;

    template <typename T>
    static id_t id_of() {
        static const char it = 0;
        return reinterpret_cast<id_t>(&it);
    }
    entity_t make() {
        if (free.empty()) {
            generations.push_back(0);
            free.push_back(static_cast<std::uint32_t>(generations.size() - 1));
        }
        const entity_t made = free.front() | entity_t{generations[free.front()]} << 32;
        free.pop_front();
        entities[made];
        return made;
    }
    void emit(entity_t event, entity_t of, id_t component) {
        const Values& values = entities.at(of);
        if (values.contains(Prefab)) return;
        const auto known = observers;
        for (const Observer& one : known) {
            if (one.component != component) continue;
            for (const entity_t wanted : one.events) {
                if (wanted == event) one.call(of, values.at(component).get());
            }
        }
    }
    // Now, or after what is being done.
    void operate(entity_t on, std::function<void()> what) {
        if (depth > 0) {
            deferred.push_back([this, on, what] {
                if (entities.contains(on)) operate(on, what);
            });
            return;
        }
        ++depth;
        what();
        --depth;
        if (depth == 0) run_deferred();
    }
    void run_deferred() {
        while (!deferred.empty()) {
            auto now = std::exchange(deferred, {});
            for (auto& one : now) one();
        }
    }
    void add(entity_t to, id_t component, std::shared_ptr<void> value) {
        if (!entities.at(to).emplace(component, std::move(value)).second) return;
        emit(OnAdd, to, component);
    }
    void remove(entity_t from, id_t component) {
        if (!entities.at(from).contains(component)) return;
        emit(OnRemove, from, component);
        entities.at(from).erase(component);
    }
    void destruct(entity_t one) {
        while (!entities.at(one).empty()) remove(one, entities.at(one).rbegin()->first);
        entities.erase(one);
        std::erase_if(observers, [one](const Observer& it) { return it.self == one; });
        const auto index = static_cast<std::uint32_t>(one);
        ++generations[index];
        free.push_back(index);
    }
};

class entity {
public:
    entity() = default;
    explicit entity(world_t* world, entity_t id) : world_(world), id_(id) {}

    [[nodiscard]] entity_t id() const { return id_; }
    [[nodiscard]] bool is_alive() const { return world_ && world_->entities.contains(id_); }

    template <typename T>
    const entity& add() const {
        world_->operate(id_, [w = world_, on = id_] {
            w->add(on, world_t::id_of<T>(), std::make_shared<T>());
        });
        return *this;
    }
    template <typename T>
    const entity& set(const T& value) const {
        static_assert(!std::is_empty_v<T>, "a tag has no value");
        world_->operate(id_, [w = world_, on = id_, value] {
            w->add(on, world_t::id_of<T>(), std::make_shared<T>());
            *static_cast<T*>(w->entities.at(on).at(world_t::id_of<T>()).get()) = value;
            w->emit(OnSet, on, world_t::id_of<T>());
        });
        return *this;
    }
    template <typename T>
    void modified() const {
        world_->operate(id_, [w = world_, on = id_] { w->emit(OnSet, on, world_t::id_of<T>()); });
    }
    template <typename T>
    const entity& remove() const {
        world_->operate(id_, [w = world_, on = id_] { w->remove(on, world_t::id_of<T>()); });
        return *this;
    }
    const entity& is_a(entity prefab) const {
        world_->prefabs[id_] = prefab.id_;
        return *this;
    }
    void destruct() const {
        world_->operate(id_, [w = world_, on = id_] { w->destruct(on); });
    }

    template <typename T>
    [[nodiscard]] bool owns() const {
        return has(world_t::id_of<T>());
    }
    [[nodiscard]] bool has(id_t component) const {
        return world_->entities.at(id_).contains(component);
    }
    template <typename T>
    [[nodiscard]] const T* try_get() const {
        static_assert(!std::is_empty_v<T>, "a tag has no value");
        if (owns<T>()) {
            return static_cast<const T*>(world_->entities.at(id_).at(world_t::id_of<T>()).get());
        }
        const auto prefab = world_->prefabs.find(id_);
        if (prefab == world_->prefabs.end()) return nullptr;
        return entity(world_, prefab->second).try_get<T>();
    }
    template <typename T>
    [[nodiscard]] const T& get() const {
        return *try_get<T>();
    }
    template <typename T>
    [[nodiscard]] T& get_mut() const {
        return const_cast<T&>(get<T>());
    }

private:
    world_t* world_ = nullptr;
    entity_t id_ = 0;
};

template <typename T>
class observer_builder {
public:
    explicit observer_builder(world_t* world) : world_(world) {}
    observer_builder(const observer_builder&) = delete;
    observer_builder& operator=(const observer_builder&) = delete;

    observer_builder& event(entity_t one) {
        made_.events.push_back(one);
        return *this;
    }
    template <typename Each>
    entity each(Each call) {
        made_.self = world_->make();
        made_.component = world_t::id_of<T>();
        made_.call = [w = world_, call](entity_t of, void* value) {
            if constexpr (std::is_empty_v<T>) {
                call(entity(w, of), T());
            } else {
                call(entity(w, of), *static_cast<T*>(value));
            }
        };
        world_->observers.push_back(made_);
        return entity(world_, made_.self);
    }

private:
    world_t* world_;
    world_t::Observer made_;
};

class world {
public:
    world() = default;
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world() {
        while (!world_->entities.empty()) world_->destruct(world_->entities.rbegin()->first);
    }
    operator world_t*() const { return world_.get(); }  // implicit in Flecs, too

    [[nodiscard]] flecs::entity entity() const { return flecs::entity(*this, world_->make()); }
    [[nodiscard]] flecs::entity prefab() const {
        flecs::entity made = entity();
        world_->entities.at(made.id())[Prefab] = nullptr;
        return made;
    }
    template <typename T>
    [[nodiscard]] flecs::entity component() const {
        return flecs::entity(*this, world_t::id_of<T>());
    }
    template <typename T>
    [[nodiscard]] observer_builder<T> observer() const {
        return observer_builder<T>(*this);
    }
    template <typename T>
    [[nodiscard]] std::int32_t count() const {
        std::int32_t found = 0;
        each(world_t::id_of<T>(), [&](flecs::entity) { ++found; });
        return found;
    }
    template <typename Visit>
    void each(id_t component, Visit&& visit) const {
        for (const auto& [one, values] : world_->entities) {
            if (values.contains(component)) visit(flecs::entity(*this, one));
        }
    }
    // As in a system: what is done meanwhile happens at the end.
    void defer_begin() const { ++world_->depth; }
    void defer_end() const {
        if (--world_->depth == 0) world_->run_deferred();
    }

private:
    std::unique_ptr<world_t> world_ = std::make_unique<world_t>();
};

}  // namespace flecs
