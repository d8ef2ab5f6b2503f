// A small ECS as programs write them: entities are slots, components lie in sparse sets. Nothing
// here knows of Perdure but the id that each entity carries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "perdure/entity.h"

namespace own_ecs {

using Slot = std::uint32_t;

template <typename T>
class SparseSet {
public:
    T* find(Slot slot) {
        return slot < places_.size() && places_[slot] != 0 ? &values_[places_[slot] - 1] : nullptr;
    }
    void set(Slot slot, const T& value) {
        if (T* const known = find(slot)) {
            *known = value;
            return;
        }
        if (places_.size() <= slot) places_.resize(slot + std::size_t{1});
        slots_.push_back(slot);
        values_.push_back(value);
        places_[slot] = static_cast<std::uint32_t>(slots_.size());
    }
    void remove(Slot slot) {
        if (find(slot) == nullptr) return;
        const std::uint32_t place = std::exchange(places_[slot], 0) - 1;
        if (const Slot last = slots_.back(); last != slot) {
            slots_[place] = last;
            values_[place] = values_.back();
            places_[last] = place + 1;
        }
        slots_.pop_back();
        values_.pop_back();
    }
    const std::vector<Slot>& slots() const { return slots_; }

private:
    std::vector<std::uint32_t> places_;  // by slot: 1 + where its value is; 0: none
    std::vector<Slot> slots_;
    std::vector<T> values_;
};

// Slots are used again; ids never are.
class Slots {
public:
    Slot take(perdure::Entity id) {
        if (free_.empty()) {
            ids_.push_back(id);
            return static_cast<Slot>(ids_.size() - 1);
        }
        const Slot slot = free_.back();
        free_.pop_back();
        ids_[slot] = id;
        return slot;
    }
    void give_back(Slot slot) {
        ids_[slot] = perdure::no_entity;
        free_.push_back(slot);
    }
    perdure::Entity id(Slot slot) const { return ids_[slot]; }

private:
    std::vector<perdure::Entity> ids_;
    std::vector<Slot> free_;
};

}  // namespace own_ecs
