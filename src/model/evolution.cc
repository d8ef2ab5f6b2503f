// What a schema says about older worlds, judged before any world is looked at.
#include "perdure/evolution.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/error.h"
#include "model/evolve.h"
#include "model/renames.h"
#include "model/widen.h"

namespace perdure {
namespace {

using Tables = std::map<std::string, TableDefinition>;

Result<const TableDefinition*> declared(const Tables& tables, std::string_view what,
                                        std::string_view table) {
    const auto found = tables.find(lower_case(table));
    if (found != tables.end()) return &found->second;
    return error(Code::invalid,
                 "{} for {}: the schema declares no table, component or relation of that name",
                 what, table);
}

// A field that a conversion may fill.
Result<const Column*> fillable(const TableDefinition& table, std::string_view what,
                               std::string_view field) {
    const auto found = table.find_column(field);
    if (!found) {
        return error(Code::invalid, "{} for {}.{}: the schema declares no such field", what,
                     table.name, field);
    }
    if (*found < table.key_columns) {
        return error(Code::invalid, "{} for {}.{}: keys do not change; declare a new table", what,
                     table.name, field);
    }
    if (table.append_only) {
        return error(Code::invalid,
                     "{} for {}.{}: rows of an append-only table are written once; add a field "
                     "under another name beside it",
                     what, table.name, field);
    }
    return &table.columns[*found];
}

Status check_conversion(const Evolution& evolution, const Evolution::FieldConversion& conversion,
                        const Tables& tables) {
    constexpr std::string_view what = "a conversion";
    PERDURE_TAKE(const TableDefinition* table, declared(tables, what, conversion.table));
    PERDURE_TAKE(const Column* column, fillable(*table, what, conversion.field));
    Column from = *column;
    from.type = conversion.from;
    from.nullable = conversion.from_nullable;
    Column to = *column;
    to.type = conversion.to;
    to.nullable = conversion.to_nullable;
    if (may_become(from, to)) {
        return error(Code::invalid,
                     "a conversion for {}.{} from {} to {}: that is done by itself; to change what "
                     "values mean, use schema.convert_rows()",
                     conversion.table, conversion.field, conversion.from.name(),
                     conversion.to.name());
    }
    bool leads_on = may_become(to, *column);
    for (const auto& next : evolution.conversions) {
        from.type = next.from;
        from.nullable = next.from_nullable;
        leads_on = leads_on || (&next != &conversion && same_name(next.table, conversion.table) &&
                                same_name(next.field, conversion.field) && may_become(to, from));
    }
    if (leads_on) return {};
    return error(Code::invalid,
                 "a conversion for {}.{} makes {}, and the field is {}{}; make that, or add the "
                 "next conversion",
                 conversion.table, conversion.field, conversion.to.name(), column->type.name(),
                 column->nullable ? ", may be null" : "");
}

Status check_row_conversion(const RowConversion& conversion, const Tables& tables) {
    const std::string what = text::format("the row conversion {}", conversion.name);
    PERDURE_TRY(validate_name("row conversion", conversion.name));
    PERDURE_TAKE(const TableDefinition* table, declared(tables, what, conversion.table));
    if (!conversion.convert || conversion.writes.empty()) {
        return error(Code::invalid, "{} of {} needs a function, and the fields that it writes",
                     what, conversion.table);
    }
    std::set<std::string> fields;
    for (const std::string& field : conversion.writes) {
        PERDURE_TRY(fillable(*table, what, field).status());
        if (fields.insert(lower_case(field)).second) continue;
        return error(Code::invalid, "{} of {} writes {} twice", what, conversion.table, field);
    }
    return {};
}

}  // namespace

Status check_written_numbers(const TableDefinition& table) {
    constexpr std::uint16_t number_max = std::numeric_limits<std::uint16_t>::max() - 1;
    for (const Column& column : table.columns) {
        if (column.number == 0) continue;
        if (column.number > number_max) {
            return error(Code::invalid, "table {}, column {}: numbers go up to {}", table.name,
                         column.name, number_max);
        }
        for (const Column& other : table.columns) {
            if (&other == &column || other.number != column.number) continue;
            return error(Code::invalid,
                         "table {}: {} and {} have the number {}; write each number once",
                         table.name, column.name, other.name, column.number);
        }
    }
    return {};
}

Status write_numbers(std::string_view what, TableDefinition& table,
                     const std::vector<FieldNumber>& numbers) {
    for (const FieldNumber& written : numbers) {
        const auto found = table.find_column(written.field);
        if (!found || *found < table.key_columns) {
            return error(Code::invalid, "{} {} has no field {} to give the number {}", what,
                         table.name, written.field, written.number);
        }
        table.columns[*found].number = written.number;
    }
    return check_written_numbers(table);
}

Status validate_evolution(const Evolution& evolution, const Tables& tables) {
    PERDURE_TRY(Renames::of_tables(evolution).validate(
        "schema.renamed()",
        [&](std::string_view name) { return tables.contains(lower_case(name)); }));
    for (const Evolution::FieldName& field : evolution.fields) {
        PERDURE_TAKE(const TableDefinition* table,
                     declared(tables, "schema.renamed_field()", field.table));
        PERDURE_TRY(
            Renames::of_fields(evolution, field.table)
                .validate("schema.renamed_field() of " + field.table, [&](std::string_view name) {
                    return table->find_column(name).has_value();
                }));
    }
    for (const auto& conversion : evolution.conversions) {
        PERDURE_TRY(check_conversion(evolution, conversion, tables));
    }
    std::set<std::pair<std::string, std::string>> names;
    std::map<std::string, std::size_t> counts;
    for (const RowConversion& conversion : evolution.row_conversions) {
        PERDURE_TRY(check_row_conversion(conversion, tables));
        if (++counts[lower_case(conversion.table)] > row_conversions_max) {
            return error(Code::invalid,
                         "{} has more than {} row conversions, and definitions name them all; "
                         "declare a new table",
                         conversion.table, row_conversions_max);
        }
        if (names.emplace(lower_case(conversion.table), conversion.name).second) continue;
        return error(Code::invalid, "two row conversions of {} are named {}; name each its own",
                     conversion.table, conversion.name);
    }
    for (const Evolution::Field& drop : evolution.drops) {
        PERDURE_TRY(validate_name("table", drop.table));
        PERDURE_TRY(validate_name("field", drop.field));
        const auto table = tables.find(lower_case(drop.table));
        if (table == tables.end() || !table->second.find_column(drop.field)) continue;
        return error(Code::invalid,
                     "schema.drop() of {}.{}, which the schema declares; remove the field first",
                     drop.table, drop.field);
    }
    return {};
}

}  // namespace perdure
