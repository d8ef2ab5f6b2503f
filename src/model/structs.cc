#include "model/structs.h"

#include <string>

#include "base/assert.h"

namespace perdure {

TableDefinition definition_of(const StructShape& shape, std::string_view key_name,
                              ColumnType key_type) {
    TableDefinition table;
    table.name = shape.name;
    Column key;
    key.name = key_name;
    key.type = key_type;
    table.columns.push_back(std::move(key));
    table.key_columns = 1;
    for (const FieldShape& field : shape.fields) {
        Column column;
        column.name = field.name;
        column.type = field.type;
        column.nullable = field.nullable;
        column.default_value = field.default_value;
        table.columns.push_back(std::move(column));
    }
    return table;
}

TableDefinition pair_definition_of(const StructShape& shape) {
    const ColumnType id{ColumnKind::id, ColumnKind::u8, 0};
    TableDefinition table = definition_of(shape, "from", id);
    Column to;
    to.name = "to";
    to.type = id;
    table.columns.insert(table.columns.begin() + 1, std::move(to));
    table.key_columns = 2;
    return table;
}

StructPlan plan_structs(const StructShape& shape, const TableDefinition& table) {
    StructPlan plan;
    for (std::size_t index = table.key_columns; index < table.columns.size(); ++index) {
        const Column& column = table.columns[index];
        const FieldShape* found = nullptr;
        for (const FieldShape& field : shape.fields) {
            if (same_name(field.name, column.name)) found = &field;
        }
        if (found != nullptr) {
            PERDURE_ASSERT(found->type == column.type && found->nullable == column.nullable);
        }
        plan.fields.push_back(found);
    }
    return plan;
}

}  // namespace perdure
