#include "world/views.h"

#include <string>
#include <vector>

#include "base/error.h"

namespace perdure {

Status declare_entity_views(engine::Engine& engine) {
    const TableDefinition* base = engine.catalog().find("entity");
    if (!base) return error(Code::corrupt, "the catalog has no table 'entity'");
    std::vector<store::View> views;
    for (const TableDefinition* table : engine.catalog().tables()) {
        const bool component = table->resident && table != base && table->key_columns == 1 &&
                               same_name(table->columns[0].name, "entity");
        if (!component) continue;
        if (views.empty() || views.back().joined.size() == store::view_tables_max) {
            const std::size_t number = views.size() + 1;
            views.push_back(
                {number == 1 ? "entities" : "entities_" + std::to_string(number), base, {}});
        }
        views.back().joined.push_back(table);
    }
    return engine.declare_views(views);
}

}  // namespace perdure
