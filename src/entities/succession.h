// Succession: what a registry's tables become when the program's code is replaced, in the next
// schema's order.
#pragma once

#include <memory>
#include <vector>

#include "entities/registry.h"

namespace perdure::entities {

struct Registry::Succession {
    template <typename Table>
    struct Successor {
        std::unique_ptr<Table> made;  // null: `kept` goes on as it is
        Table* kept = nullptr;        // whose rows it has; null: it is new
        TypeNumber type = 0;
    };

    std::vector<Successor<ComponentTable>> components;
    std::vector<Successor<ExternalTable>> externals;
    std::vector<RelationTables::Successor> relations;
};

}  // namespace perdure::entities
