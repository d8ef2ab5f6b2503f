#include "world/views.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"

namespace perdure {
namespace {

constexpr std::string_view first_name = "entities";

std::string view_name(std::size_t number) {
    return number == 1 ? std::string(first_name) : text::format("{}_{}", first_name, number);
}

// Any number of digits: how many views there will be is not known yet.
bool is_view_name(std::string_view name) {
    if (!same_name(name.substr(0, first_name.size()), first_name)) return false;
    name.remove_prefix(first_name.size());
    return name.empty() || (name.size() > 1 && name.front() == '_' &&
                            name.find_first_not_of("0123456789", 1) == name.npos);
}

// How many columns a table brings into a view: a tag brings one, which says whether it is there.
std::size_t columns_joined(const TableDefinition& table) {
    return std::max(table.columns.size() - table.key_columns, std::size_t{1});
}

}  // namespace

Status declare_entity_views(engine::Engine& engine) {
    const TableDefinition* base = engine.catalog().find("entity");
    if (!base) return error(Code::corrupt, "the catalog has no table 'entity'");
    std::vector<store::View> views;
    std::size_t columns = 0;  // of the last view
    for (const TableDefinition* table : engine.catalog().tables()) {
        const bool component = table->resident && table != base && table->key_columns == 1 &&
                               same_name(table->columns[0].name, "entity");
        if (!component) continue;
        const std::size_t more = columns_joined(*table);
        if (views.empty() || views.back().joined.size() == store::view_tables_max ||
            columns + more > view_columns_max) {
            views.push_back({view_name(views.size() + 1), base, {}});
            columns = base->columns.size();
        }
        views.back().joined.push_back(table);
        columns += more;
    }
    return engine.declare_views(views);
}

Status check_is_no_view(std::string_view what, std::string_view name) {
    if (!is_view_name(name)) return {};
    return error(Code::invalid,
                 "{} cannot be named {}: the SQL view {} has that name, or may get it (it joins "
                 "entities with their components); choose another name",
                 what, name, lower_case(name));
}

Status check_is_no_view(const Schema& schema) {
    for (const TableBuilder& table : schema.tables()) {
        PERDURE_TRY(check_is_no_view("a table", table.definition().name));
    }
    for (const Schema::DeclaredComponent& declared : schema.components()) {
        PERDURE_TRY(check_is_no_view("a component", declared.shape.name));
    }
    for (const Schema::DeclaredRelation& declared : schema.relations()) {
        PERDURE_TRY(check_is_no_view("a relation", declared.shape.name));
    }
    return {};
}

}  // namespace perdure
