#include "perdure/schema.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/error.h"
#include "model/evolve.h"
#include "model/invariant.h"
#include "model/structs.h"

namespace perdure {
namespace {

// Says that a name is there twice, case aside.
Status claim(std::set<std::string>& names, std::string_view what, std::string_view name) {
    if (names.insert(lower_case(name)).second) return {};
    return error(Code::invalid,
                 "the schema declares two {} named {}, case aside; rename or remove one", what,
                 name);
}

bool is_declared(const std::vector<Category>& categories, std::string_view name) {
    return same_name(name, default_category) ||
           std::any_of(categories.begin(), categories.end(),
                       [&](const Category& category) { return same_name(category.name, name); });
}

Status check_category(const std::vector<Category>& categories, std::string_view table,
                      std::string_view name) {
    if (is_declared(categories, name)) return {};
    return error(Code::invalid,
                 "{} is in category {}, which the schema does not declare; call schema.category()",
                 table, name);
}

bool has_number(const StructShape& shape, std::string_view name) {
    return std::any_of(shape.fields.begin(), shape.fields.end(), [&](const FieldShape& field) {
        const bool number = field.type.kind >= ColumnKind::i8 &&
                            field.type.kind <= ColumnKind::f64 && field.type.kind != ColumnKind::id;
        return same_name(field.name, name) && number && !field.nullable;
    });
}

Status validate_invariants(const std::vector<Invariant>& invariants,
                           const std::map<std::string, TableDefinition>& tables) {
    if (invariants.size() > invariants_max) {
        return error(Code::invalid, "the schema declares {} invariants; at most {} are allowed",
                     invariants.size(), invariants_max);
    }
    // Of the entities themselves: something may refer to them.
    TableDefinition entity;
    entity.name = "entity";
    entity.columns.resize(1);
    entity.columns[0].name = "entity";
    entity.columns[0].type.kind = ColumnKind::id;
    entity.key_columns = 1;
    const auto find = [&](std::string_view name) -> const TableDefinition* {
        if (same_name(name, entity.name)) return &entity;
        const auto found = tables.find(lower_case(name));
        return found == tables.end() ? nullptr : &found->second;
    };
    std::set<std::string> names;
    for (const Invariant& invariant : invariants) {
        PERDURE_TRY(check_invariant(invariant, find));
        PERDURE_TRY(claim(names, "invariants", invariant.name));
    }
    return {};
}

// What StructShape::validate() says of components, and of relations as well.
Status check_shape(std::string_view what, const StructShape& shape, const TableDefinition& table) {
    PERDURE_TRY(validate_name(what, shape.name));
    if (shape.fields.size() > component_fields_max) {
        return error(Code::invalid, "{} {} has {} fields; at most {} are allowed, so split it",
                     what, shape.name, shape.fields.size(), component_fields_max);
    }
    for (const FieldShape& field : shape.fields) {
        PERDURE_TRY(validate_name("field", field.name)
                        .with_context(text::format("{} {}", what, shape.name)));
    }
    return table.validate();
}

}  // namespace

namespace detail {

TypeNumber type_number_of(const StructShape& shape) {
    static std::mutex mutex;
    static std::map<std::string, TypeNumber, std::less<>> numbers;
    std::string key = text::format("{} {} {}", shape.name, shape.bytes, shape.alignment);
    for (const FieldShape& field : shape.fields) {
        key += text::format(",{} {} {} {} {}", field.name, field.offset, field.type.name(),
                            field.nullable ? 1 : 0, field.flag_offset);
    }
    const std::scoped_lock lock(mutex);
    return numbers.try_emplace(std::move(key), static_cast<TypeNumber>(numbers.size()))
        .first->second;
}

const void* library_mark() noexcept {
    static const char mark = 0;
    return &mark;
}

}  // namespace detail

TableBuilder& TableBuilder::key(std::string name, ColumnType type, const ColumnOptions& options) {
    add(std::move(name), type, false, true, options);
    return *this;
}

TableBuilder& TableBuilder::column(std::string name, ColumnType type, bool nullable,
                                   const ColumnOptions& options) {
    add(std::move(name), type, nullable, false, options);
    return *this;
}

void TableBuilder::add(std::string name, ColumnType type, bool nullable, bool key,
                       const ColumnOptions& options) {
    Column added;
    added.name = std::move(name);
    added.number = options.number;
    added.default_value = options.default_value;
    added.type = type;
    added.nullable = nullable;
    auto& columns = definition_.columns;
    if (!key) {
        columns.push_back(std::move(added));
        return;
    }
    if (columns.size() > definition_.key_columns) key_after_column_ = true;
    columns.insert(columns.begin() + definition_.key_columns, std::move(added));
    ++definition_.key_columns;
}

Status TableBuilder::validate() const {
    if (key_after_column_) {
        return error(
            Code::invalid,
            "table {} declares a key after a column; call every key() before the first column()",
            definition_.name);
    }
    for (const Column& column : definition_.columns) {
        if (!column.nullable || column.default_value.is_null()) continue;
        return error(Code::invalid,
                     "table {}, column {}: it may be null, so its default is null; give no other",
                     definition_.name, column.name);
    }
    PERDURE_TRY(definition_.validate());
    return check_written_numbers(definition_);
}

// Both happen to libraries that are loaded while the program runs, and are built otherwise than
// docs/guide/reload.md says.
Status Schema::check_library() const {
    if (made_in_ != detail::library_mark()) {
        return error(Code::invalid,
                     "the schema was made with another copy of Perdure than the world's: link the "
                     "program and the libraries that it loads with one libperdure.so, or let the "
                     "program export its own");
    }
    const auto check = [](const auto& declared) -> Status {
        if (declared.type == detail::type_number_of(declared.shape)) return {};
        return error(Code::invalid,
                     "{}: its struct has the number of one with another layout, which a library "
                     "that was loaded before has left: compile libraries that are loaded and "
                     "unloaded with -fvisibility=hidden and, by g++, -fno-gnu-unique",
                     declared.shape.name);
    };
    for (const DeclaredComponent& component : components_) PERDURE_TRY(check(component));
    for (const DeclaredRelation& relation : relations_) PERDURE_TRY(check(relation));
    return {};
}

Status StructShape::validate() const {
    return check_shape("component", *this,
                       definition_of(*this, "entity", {ColumnKind::id, ColumnKind::u8, 0}));
}

Status Schema::validate() const {
    PERDURE_TRY(check_library());
    std::set<std::string> names;
    std::map<std::string, TableDefinition> tables;
    for (const Category& category : categories_) {
        PERDURE_TRY(category.validate());
        PERDURE_TRY(claim(names, "categories", category.name));
    }
    names.clear();
    for (const DeclaredComponent& component : components_) {
        const StructShape& shape = component.shape;
        PERDURE_TRY(shape.validate());
        PERDURE_TRY(claim(names, "tables", shape.name));
        const std::string where = text::format("component {}", shape.name);
        TableDefinition table = definition_of(shape, "entity", {ColumnKind::id, ColumnKind::u8, 0});
        PERDURE_TRY(write_numbers("component", table, component.options.numbers));
        tables.emplace(lower_case(shape.name), std::move(table));
        PERDURE_TRY(check_category(categories_, where, component.options.category));
        if (component.options.position && !(has_number(shape, "x") && has_number(shape, "y"))) {
            return error(Code::invalid, "{} is a position, but has no numbers x and y (and z)",
                         where);
        }
    }
    for (const DeclaredRelation& relation : relations_) {
        const StructShape& shape = relation.shape;
        TableDefinition table = pair_definition_of(shape);
        PERDURE_TRY(check_shape("relation", shape, table));
        PERDURE_TRY(claim(names, "tables", shape.name));
        PERDURE_TRY(write_numbers("relation", table, relation.options.numbers));
        tables.emplace(lower_case(shape.name), std::move(table));
        PERDURE_TRY(check_category(categories_, text::format("relation {}", shape.name),
                                   relation.options.category));
    }
    for (const TableBuilder& table : tables_) {
        const TableDefinition& definition = table.definition();
        PERDURE_TRY(table.validate());
        PERDURE_TRY(claim(names, "tables", definition.name));
        PERDURE_TRY(check_category(categories_, "table " + definition.name, definition.category));
        tables.emplace(lower_case(definition.name), definition);
    }
    PERDURE_TRY(validate_evolution(evolution_, tables));
    return validate_invariants(invariants_, tables);
}

}  // namespace perdure
