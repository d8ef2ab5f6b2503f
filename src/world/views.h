// Views for people: SQL views that join an entity with its components.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/engine.h"
#include "perdure/schema.h"

namespace perdure {

// Of one view. SQLite answers with at most 2000 columns, and cannot even rename a column of a table
// below a view that has more; what is left is for a query's own.
inline constexpr std::size_t view_columns_max = 1900;

// "entities" joins component tables, up to 60 of them and up to view_columns_max columns in all;
// "entities_2" joins the next ones, and so on. Needs a store with SQL.
Status declare_entity_views(engine::Engine& engine);

// `invalid` if a table or component of this name would be in a view's place: "entities" and
// "entities_<digits>", in any case. To be asked before anything is journaled, whatever the store:
// SQL has one space of names for tables and views, so a world with such a table never opens again.
Status check_is_no_view(std::string_view what, std::string_view name);
Status check_is_no_view(const Schema& schema);

}  // namespace perdure
