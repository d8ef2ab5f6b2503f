// ComponentTable: a component type of the schema, its rows, and how they are stored.
#pragma once

#include <utility>

#include "entities/component_rows.h"
#include "entities/interval.h"
#include "model/structs.h"
#include "perdure/durability.h"
#include "perdure/schema.h"

namespace perdure::entities {

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

    Interval interval;
    // Of the capture under way: whether changed rows are in it, or only fresh ones.
    bool capturing_changed = false;
};

}  // namespace perdure::entities
