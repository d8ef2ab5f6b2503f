#include "world/categories.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/batch_builder.h"
#include "model/key.h"
#include "world/own_rows.h"

namespace perdure {

TableDefinition categories_definition() {
    TableDefinition table;
    table.name = "_categories";
    const auto text = [&](const char* name) {
        Column column;
        column.name = name;
        column.type.kind = ColumnKind::text;
        table.columns.push_back(std::move(column));
    };
    text("name");
    text("durability");
    text("consistency");
    text("retention");
    Column interval;
    interval.name = "interval_ms";
    interval.type.kind = ColumnKind::u32;
    table.columns.push_back(std::move(interval));
    table.key_columns = 1;
    return table;
}

Result<Category> read_category(const Batch& batch, std::uint32_t row) {
    Category category;
    category.name = batch.text(0, row);
    const auto durability = parse_level(batch.text(1, row));
    if (!durability) {
        return error(Code::corrupt, "table '_categories', {}: {}", key_text(batch, row),
                     durability.status().message());
    }
    category.durability = *durability;
    category.consistency = batch.text(2, row);
    category.retention = batch.text(3, row);
    category.interval_ms = batch.fixed<std::uint32_t>(4, row);
    return category;
}

Status keep_categories(engine::Engine& engine, const std::vector<Category>& categories) {
    const TableDefinition* table = engine.catalog().find("_categories");
    if (!table) return error(Code::corrupt, "the catalog has no table '_categories'");
    BatchBuilder changed(*table, Operation::upsert);
    {
        PERDURE_TAKE(const auto view, engine.view(false));
        for (const Category& category : categories) {
            const std::array<Cell, 1> key{{{"name", category.name}}};
            PERDURE_TAKE(const std::string encoded, encode_key(*table, key));
            PERDURE_TAKE(const auto known, view->find(*table, encoded, key));
            if (known) {
                PERDURE_TAKE(const Category kept, read_category(*known, 0));
                if (kept == category || seeded_bug("world: a changed category is not kept"))
                    continue;
            }
            const std::array<Cell, 5> cells{{{"name", category.name},
                                             {"durability", level_name(category.durability)},
                                             {"consistency", category.consistency},
                                             {"retention", category.retention},
                                             {"interval_ms", category.interval_ms}}};
            PERDURE_TRY(changed.add(cells));
        }
    }
    return commit_own_rows(engine, changed);
}

}  // namespace perdure
