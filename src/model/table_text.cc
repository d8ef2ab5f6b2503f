// Tables and categories in words; the promise is in perdure/value.h.
#include <algorithm>

#include "base/quantity.h"
#include "base/text.h"
#include "model/value_text.h"
#include "perdure/durability.h"
#include "perdure/table.h"

namespace perdure {
namespace {

std::string column_text(const Column& column, bool key, const TextLimits& limits) {
    std::string shown = text::format("{} {}", name_text(column.name), column.type.name());
    if (key) shown += ", key";
    if (column.nullable) shown += ", may be null";
    if (!column.default_value.is_null()) {
        shown += ", default " + cell_text(column.type, column.default_value, limits);
    }
    return shown;
}

}  // namespace

std::string to_text(const TableDefinition& table, const TextLimits& limits) {
    std::string shown =
        text::format("table {} (id {}, version {}, category {}{}{}", name_text(table.name),
                     table.id, table.version, name_text(table.category),
                     table.append_only ? ", append-only" : "", table.resident ? ", resident" : "");
    if (!table.conversions.empty()) {
        shown += ", " + count_text(table.conversions.size(), "conversion");
    }
    shown += ')';
    const std::size_t count = std::min<std::size_t>(table.columns.size(), limits.columns);
    for (std::size_t at = 0; at < count; ++at) {
        shown += "\n  " + column_text(table.columns[at], at < table.key_columns, limits);
    }
    if (count < table.columns.size()) {
        shown += "\n  " + more_text(table.columns.size() - count, "column");
    }
    return shown;
}

std::string to_text(const Category& category) {
    std::string shown =
        text::format("category {}: {}", name_text(category.name), level_name(category.durability));
    if (category.durability == Level::relaxed) {
        shown += text::format(", at most {} ms lost", category.interval_ms);
    }
    return shown;
}

}  // namespace perdure
