// Schema: what this program knows: component structs, tables of its own, categories.
//
//     perdure::Schema schema;
//     schema.component<Position>({.position = true});
//     schema.component<Purse>({.category = "economy"});
//     schema.relation<Trades>({.category = "economy"});         // see relations.h
//     schema.table("trades").key<std::uint64_t>("tick").key<std::uint32_t>("seq")
//           .column<std::int64_t>("amount").append_only();
//     schema.category({.name = "economy", .durability = perdure::Level::stored});
//
// Copies everything: a world keeps nothing of the schema that points into the code that made it.
// Nothing is registered globally: two worlds in one process may have different schemas. Mistakes (a
// name twice, a key of floats) are reported by World::open, not here.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "perdure/component.h"
#include "perdure/durability.h"
#include "perdure/evolution.h"
#include "perdure/status.h"
#include "perdure/table.h"
#include "perdure/validation.h"

namespace perdure {

// A field's number, written down: it stays the same field under whatever name. World::open says
// which number a field has that was never given one; so does `perdure schema show`.
struct FieldNumber {
    std::string field;
    std::uint16_t number = 0;  // from 1; the key is 1, 2, …
};

struct ComponentOptions {
    bool position = false;  // decides the entity's segment: has fields x, y, z (or x, y)
    std::string category{default_category};
    bool external = false;  // its values live in the program's own memory: see external.h
    std::vector<FieldNumber> numbers{};  // of those fields that have one
};

struct ColumnOptions {
    std::uint16_t number = 0;  // written down, as FieldNumber; 0: the world gives one
    // What rows read as that were written before this column, or are put without it. Null: zero,
    // empty, or null where that may be.
    Value default_value{};
};

struct RelationOptions {
    std::string category{default_category};
    std::vector<FieldNumber> numbers{};  // of those fields that have one
};

// A process-wide number for a struct, so that finding a component's rows is one array access. It
// is that of the struct's name and layout: two libraries that know a struct alike have the same
// number for it, and one that knows it otherwise another.
using TypeNumber = std::uint32_t;
namespace detail {
TypeNumber type_number_of(const StructShape& shape);
// An address in this process's copy of Perdure.
const void* library_mark() noexcept;
}  // namespace detail
template <Component T>
[[nodiscard, gnu::visibility("hidden")]] TypeNumber type_number() {
    static const TypeNumber number = detail::type_number_of(struct_shape<T>());
    return number;
}

class TableBuilder {
public:
    explicit TableBuilder(std::string name) { definition_.name = std::move(name); }

    template <typename T>
    TableBuilder& key(std::string_view name, const ColumnOptions& options = {}) {
        add(std::string(name), detail::ColumnOf<T>::type(), detail::ColumnOf<T>::nullable, true,
            options);
        return *this;
    }
    template <typename T>
    TableBuilder& column(std::string_view name, const ColumnOptions& options = {}) {
        add(std::string(name), detail::ColumnOf<T>::type(), detail::ColumnOf<T>::nullable, false,
            options);
        return *this;
    }
    // For tables known only at run time.
    TableBuilder& key(std::string name, ColumnType type, const ColumnOptions& options = {});
    TableBuilder& column(std::string name, ColumnType type, bool nullable = false,
                         const ColumnOptions& options = {});

    TableBuilder& append_only() {
        definition_.append_only = true;
        return *this;
    }
    TableBuilder& category(std::string name) {
        definition_.category = std::move(name);
        return *this;
    }
    // The key's columns come first, whatever the order of calls.
    [[nodiscard]] const TableDefinition& definition() const noexcept { return definition_; }
    // `invalid` also if a key was declared after a column, a number is there twice, or a column
    // that may be null has a default.
    [[nodiscard]] Status validate() const;

private:
    void add(std::string name, ColumnType type, bool nullable, bool key,
             const ColumnOptions& options);

    TableDefinition definition_;
    bool key_after_column_ = false;
};

class Schema {
public:
    struct DeclaredComponent {
        TypeNumber type = 0;
        StructShape shape;
        ComponentOptions options;
    };

    struct DeclaredRelation {
        TypeNumber type = 0;
        StructShape shape;
        RelationOptions options;
    };

    template <Component T>
    Schema& component(ComponentOptions options = {}) {
        components_.push_back({type_number<T>(), struct_shape<T>(), std::move(options)});
        return *this;
    }
    // Data on pairs of entities. A struct is a component or a relation, not both.
    template <Component T>
    Schema& relation(RelationOptions options = {}) {
        relations_.push_back({type_number<T>(), struct_shape<T>(), std::move(options)});
        return *this;
    }
    // The builder stays valid for as long as the schema.
    TableBuilder& table(std::string name) { return tables_.emplace_back(std::move(name)); }
    Schema& category(Category category) {
        categories_.push_back(std::move(category));
        return *this;
    }

    // What must hold of the rows, checked as they change: see validation.h. Columns by today's
    // names, of components, relations and tables alike.
    Schema& conserve(std::string name, std::vector<WatchedColumn> columns,
                     ConserveOptions options = {}) {
        invariants_.push_back(
            Invariant::conserve(std::move(name), std::move(columns), std::move(options)));
        return *this;
    }
    Schema& refer(std::string name, WatchedColumn from, std::string to, ReferOptions options = {}) {
        invariants_.push_back(
            Invariant::refer(std::move(name), std::move(from), std::move(to), options));
        return *this;
    }

    // What older worlds have otherwise: see evolution.h. Tables and fields by today's names, but
    // for the ones that are past.
    Schema& renamed(std::string from, std::string to) {
        evolution_.tables.push_back({std::move(from), std::move(to)});
        return *this;
    }
    Schema& renamed_field(std::string table, std::string from, std::string to) {
        evolution_.fields.push_back({std::move(table), std::move(from), std::move(to)});
        return *this;
    }
    // A field of another type, which is no wider one. `function` sees each row's value once, in
    // worlds where the field has the type From, or one that widens to it. Several make a chain.
    template <typename From, typename To, typename Function>
    Schema& convert(std::string table, std::string field, Function function) {
        evolution_.conversions.push_back(
            detail::field_conversion<From, To>(std::move(table), std::move(field), function));
        return *this;
    }
    Schema& convert_rows(RowConversion conversion) {
        evolution_.row_conversions.push_back(std::move(conversion));
        return *this;
    }
    // The values of this removed field, which the store still shows in SQL, go for good.
    Schema& drop(std::string table, std::string field) {
        evolution_.drops.push_back({std::move(table), std::move(field)});
        return *this;
    }

    // What World::open checks first: every name, shape, definition and category, and that no name
    // is there twice and every category that is used is declared; else `invalid`.
    [[nodiscard]] Status validate() const;

    [[nodiscard]] const std::vector<DeclaredComponent>& components() const { return components_; }
    [[nodiscard]] const std::vector<DeclaredRelation>& relations() const { return relations_; }
    [[nodiscard]] const std::deque<TableBuilder>& tables() const { return tables_; }
    [[nodiscard]] const std::vector<Category>& categories() const { return categories_; }
    [[nodiscard]] const Evolution& evolution() const { return evolution_; }
    [[nodiscard]] const std::vector<Invariant>& invariants() const { return invariants_; }

private:
    [[nodiscard]] Status check_library() const;

    const void* made_in_ = detail::library_mark();
    std::vector<DeclaredComponent> components_;
    std::vector<DeclaredRelation> relations_;
    std::deque<TableBuilder> tables_;
    std::vector<Category> categories_;
    Evolution evolution_;
    std::vector<Invariant> invariants_;
};

}  // namespace perdure
