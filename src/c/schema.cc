#include "base/error.h"
#include "c/answer.h"
#include "c/handles.h"
#include "c/sized.h"
#include "c/tables.h"

using perdure::Category;
using perdure::Level;
using perdure::Status;
using perdure::c::answer;
using perdure::c::need;

perdure_schema* perdure_schema_create() {
    return perdure::c::give([] { return new perdure_schema; });
}

void perdure_schema_free(perdure_schema* schema) { delete schema; }

perdure_code perdure_schema_table(perdure_schema* schema, const perdure_table* table,
                                  perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(schema, "the schema"));
        return perdure::c::read_table(table, schema->schema);
    });
}

perdure_code perdure_schema_category(perdure_schema* schema, const perdure_category* category,
                                     perdure_error* error) {
    return answer(error, [&]() -> Status {
        perdure_category given;
        PERDURE_TRY(need(schema, "the schema"));
        PERDURE_TRY(perdure::c::take(category, "perdure_category", given));
        PERDURE_TRY(need(given.name, "a category's name"));
        PERDURE_TRY(perdure::c::check_number(given.durability, PERDURE_STORED, "level"));
        PERDURE_TRY(perdure::c::check_number(given.reserved, 0, "reserved field"));
        Category made;
        made.name = given.name;
        made.durability = static_cast<Level>(given.durability);
        if (given.interval_ms != 0) made.interval_ms = given.interval_ms;
        PERDURE_TRY(made.validate());
        schema->schema.category(std::move(made));
        return {};
    });
}

perdure_code perdure_schema_rename_table(perdure_schema* schema, const char* from, const char* to,
                                         perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(schema, "the schema"));
        PERDURE_TRY(need(from, "the old name"));
        PERDURE_TRY(need(to, "the new name"));
        schema->schema.renamed(from, to);
        return {};
    });
}

perdure_code perdure_schema_rename_column(perdure_schema* schema, const char* table,
                                          const char* from, const char* to, perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(schema, "the schema"));
        PERDURE_TRY(need(table, "the table"));
        PERDURE_TRY(need(from, "the old name"));
        PERDURE_TRY(need(to, "the new name"));
        schema->schema.renamed_field(table, from, to);
        return {};
    });
}

perdure_code perdure_schema_drop_column(perdure_schema* schema, const char* table,
                                        const char* column, perdure_error* error) {
    return answer(error, [&]() -> Status {
        PERDURE_TRY(need(schema, "the schema"));
        PERDURE_TRY(need(table, "the table"));
        PERDURE_TRY(need(column, "the column"));
        schema->schema.drop(table, column);
        return {};
    });
}
