// ComponentTable: a component type of the schema, its rows, and how they are stored.
#pragma once

#include <cstdint>
#include <utility>

#include "entities/component_rows.h"
#include "model/structs.h"
#include "perdure/durability.h"
#include "perdure/schema.h"

namespace perdure::entities {

// Whether changed rows of a category go out now. Relaxed ones wait until their interval is over.
[[nodiscard]] inline bool is_due(const Category& category, bool captured_before,
                                 std::uint64_t captured_ms, std::uint64_t now_ms) noexcept {
    if (category.durability != Level::relaxed || !captured_before) return true;
    return now_ms - captured_ms >= category.interval_ms;  // also if the clock went back
}

struct ComponentTable {
    ComponentTable(const Schema::DeclaredComponent& declared, std::uint64_t& layouts)
        : type(declared.type),
          shape(declared.shape),
          options(declared.options),
          rows(shape, layouts) {}
    ComponentTable(const ComponentTable&) = delete;
    ComponentTable& operator=(const ComponentTable&) = delete;

    [[nodiscard]] bool is_ephemeral() const noexcept {
        return category.durability == Level::ephemeral;
    }

    const TypeNumber type;
    const StructShape shape;
    const ComponentOptions options;
    ComponentRows rows;

    // Known once the definitions are in force.
    const TableDefinition* definition = nullptr;
    StructPlan plan;
    Category category;

    // When changed rows were last captured.
    bool captured_before = false;
    std::uint64_t captured_ms = 0;

    // Of the capture under way: whether changed rows are in it, or only fresh ones.
    bool capturing_changed = false;
};

}  // namespace perdure::entities
