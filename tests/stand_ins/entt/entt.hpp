// A stand-in for EnTT, written for these tests: as much of its documented interface as the adapter
// uses, and its rules: destroy() takes the storages newest first, a storage of an empty type has no
// values, values move when another one is removed, what cannot be copied is not cloned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

namespace entt {

enum class entity : std::uint32_t {};  // 20 bits of index, 12 of version, as EnTT has it

class registry;

class signal {
public:
    void publish(registry& from, entity of) const {
        const auto listeners = listeners_;
        for (const auto& [who, call] : listeners) call(from, of);
    }
    template <auto Candidate, typename Instance>
    void connect(Instance& instance) {
        listeners_.emplace_back(
            &instance, [&instance](registry& from, entity of) { (instance.*Candidate)(from, of); });
        names_.push_back(name<Candidate>());
    }
    template <auto Candidate, typename Instance>
    void disconnect(Instance& instance) {
        for (std::size_t at = 0; at < listeners_.size(); ++at) {
            if (listeners_[at].first != &instance || names_[at] != name<Candidate>()) continue;
            listeners_.erase(listeners_.begin() + static_cast<std::ptrdiff_t>(at));
            names_.erase(names_.begin() + static_cast<std::ptrdiff_t>(at));
            return;
        }
    }
    [[nodiscard]] bool empty() const { return listeners_.empty(); }

private:
    template <auto Candidate>
    static const void* name() {
        static const char it = 0;
        return &it;
    }
    std::vector<std::pair<const void*, std::function<void(registry&, entity)>>> listeners_;
    std::vector<const void*> names_;
};

class sparse_set {
public:
    sparse_set() = default;
    sparse_set(const sparse_set&) = delete;
    sparse_set& operator=(const sparse_set&) = delete;
    virtual ~sparse_set() = default;

    [[nodiscard]] bool contains(entity one) const { return places_.contains(one); }
    [[nodiscard]] bool empty() const { return entities_.empty(); }
    [[nodiscard]] std::size_t size() const { return entities_.size(); }
    [[nodiscard]] auto begin() const { return entities_.rbegin(); }
    [[nodiscard]] auto end() const { return entities_.rend(); }
    void remove(registry& from, entity one) {
        if (!contains(one)) return;
        destruction.publish(from, one);
        const std::size_t place = places_.at(one);
        drop_value(place);
        places_.erase(one);
        if (place + 1 != entities_.size()) {
            entities_[place] = entities_.back();
            places_[entities_[place]] = place;
        }
        entities_.pop_back();
    }
    void clear(registry& from) {
        while (!empty()) remove(from, entities_.back());
    }
    // Of a clone; nothing if the type cannot be copied.
    virtual void push_copy(registry& from, entity to, entity of) = 0;

    signal construction, update, destruction;

protected:
    virtual void drop_value(std::size_t place) = 0;
    std::map<entity, std::size_t> places_;
    std::vector<entity> entities_;
};

template <typename T>
class basic_storage final : public sparse_set {
public:
    template <typename... Args>
    void emplace(registry& from, entity one, Args&&... args) {
        if constexpr (!std::is_empty_v<T>) values_.push_back(T{std::forward<Args>(args)...});
        places_[one] = entities_.size();
        entities_.push_back(one);
        construction.publish(from, one);
    }
    [[nodiscard]] const T& get(entity one) const {
        static_assert(!std::is_empty_v<T>, "an empty type has no values");
        return values_[places_.at(one)];
    }
    [[nodiscard]] T& get(entity one) {
        static_assert(!std::is_empty_v<T>, "an empty type has no values");
        return values_[places_.at(one)];
    }
    void push_copy(registry& from, entity to, entity of) override {
        if constexpr (std::is_empty_v<T>) {
            emplace(from, to);
        } else if constexpr (std::is_copy_constructible_v<T>) {
            const T copy = get(of);
            emplace(from, to, copy);
        }
    }

private:
    void drop_value(std::size_t place) override {
        if constexpr (!std::is_empty_v<T>) {
            if (place + 1 != values_.size()) values_[place] = std::move(values_.back());
            values_.pop_back();
        }
    }
    std::vector<T> values_;
};

template <typename T>
class basic_view {
public:
    explicit basic_view(const basic_storage<T>& storage) : storage_(&storage) {}
    [[nodiscard]] auto begin() const { return storage_->begin(); }
    [[nodiscard]] auto end() const { return storage_->end(); }

private:
    const basic_storage<T>* storage_;
};

class registry {
public:
    using entity_type = entity;

    registry() = default;
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    [[nodiscard]] entity create() {
        if (free_.empty()) {
            versions_.push_back(0);
            return static_cast<entity>(versions_.size() - 1);
        }
        const std::uint32_t index = free_.back();
        free_.pop_back();
        return static_cast<entity>(index | versions_[index] << 20);
    }
    void destroy(entity one) {
        for (std::size_t at = order_.size(); at > 0; --at) order_[at - 1]->remove(*this, one);
        const std::uint32_t index = static_cast<std::uint32_t>(one) & 0xFFFFF;
        versions_[index] = (versions_[index] + 1) & 0xFFF;
        free_.push_back(index);
    }
    [[nodiscard]] bool valid(entity one) const {
        const auto bits = static_cast<std::uint32_t>(one);
        const std::uint32_t index = bits & 0xFFFFF;
        if (index >= versions_.size() || versions_[index] != bits >> 20) return false;
        for (const std::uint32_t free : free_) {
            if (free == index) return false;
        }
        return true;
    }
    [[nodiscard]] std::size_t in_use() const { return versions_.size() - free_.size(); }

    template <typename T>
    basic_storage<T>& storage() {
        std::unique_ptr<sparse_set>& found = pools_[std::type_index(typeid(T))];
        if (found == nullptr) {
            found = std::make_unique<basic_storage<T>>();
            order_.push_back(found.get());
        }
        return static_cast<basic_storage<T>&>(*found);
    }
    template <typename T>
    basic_view<T> view() {
        return basic_view<T>(storage<T>());
    }
    template <typename T>
    signal& on_construct() {
        return storage<T>().construction;
    }
    template <typename T>
    signal& on_update() {
        return storage<T>().update;
    }
    template <typename T>
    signal& on_destroy() {
        return storage<T>().destruction;
    }

    template <typename T, typename... Args>
    void emplace(entity one, Args&&... args) {
        storage<T>().emplace(*this, one, std::forward<Args>(args)...);
    }
    template <typename T, typename Change>
    void patch(entity one, Change&& change) {
        change(storage<T>().get(one));
        storage<T>().update.publish(*this, one);
    }
    template <typename T, typename... Args>
    void emplace_or_replace(entity one, Args&&... args) {
        if (!storage<T>().contains(one)) {
            emplace<T>(one, std::forward<Args>(args)...);
        } else if constexpr (std::is_empty_v<T>) {
            storage<T>().update.publish(*this, one);
        } else {
            patch<T>(one, [&](T& value) { value = T{std::forward<Args>(args)...}; });
        }
    }
    template <typename T>
    void remove(entity one) {
        storage<T>().remove(*this, one);
    }
    template <typename T>
    [[nodiscard]] T* try_get(entity one) {
        return storage<T>().contains(one) ? &storage<T>().get(one) : nullptr;
    }
    template <typename T>
    [[nodiscard]] bool all_of(entity one) {
        return storage<T>().contains(one);
    }

    // What programs write over the storages to clone an entity.
    entity clone(entity of) {
        const entity made = create();
        for (sparse_set* pool : std::vector<sparse_set*>(order_)) {
            if (pool->contains(of)) pool->push_copy(*this, made, of);
        }
        return made;
    }
    void clear() {
        for (sparse_set* pool : order_) pool->clear(*this);
        for (std::uint32_t index = 0; index < versions_.size(); ++index) {
            const auto one = static_cast<entity>(index | versions_[index] << 20);
            if (valid(one)) destroy(one);
        }
    }

private:
    std::map<std::type_index, std::unique_ptr<sparse_set>> pools_;
    std::vector<sparse_set*> order_;
    std::vector<std::uint32_t> versions_;
    std::vector<std::uint32_t> free_;
};

}  // namespace entt
