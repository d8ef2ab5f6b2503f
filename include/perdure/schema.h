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
#include "perdure/status.h"
#include "perdure/table.h"

namespace perdure {

struct ComponentOptions {
    bool position = false;  // decides the entity's segment: has fields x, y, z (or x, y)
    std::string category{default_category};
};

struct RelationOptions {
    std::string category{default_category};
};

// A process-wide number for a C++ type, so that finding a component's rows is one array access.
using TypeNumber = std::uint32_t;
namespace detail {
TypeNumber next_type_number() noexcept;
}
template <typename T>
[[nodiscard]] TypeNumber type_number() noexcept {
    static const TypeNumber number = detail::next_type_number();
    return number;
}

class TableBuilder {
public:
    explicit TableBuilder(std::string name) { definition_.name = std::move(name); }

    template <typename T>
    TableBuilder& key(std::string_view name) {
        add(std::string(name), detail::ColumnOf<T>::type(), detail::ColumnOf<T>::nullable, true);
        return *this;
    }
    template <typename T>
    TableBuilder& column(std::string_view name) {
        add(std::string(name), detail::ColumnOf<T>::type(), detail::ColumnOf<T>::nullable, false);
        return *this;
    }
    // For tables known only at run time.
    TableBuilder& key(std::string name, ColumnType type);
    TableBuilder& column(std::string name, ColumnType type, bool nullable = false);

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
    // `invalid` also if a key was declared after a column.
    [[nodiscard]] Status validate() const;

private:
    void add(std::string name, ColumnType type, bool nullable, bool key);

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

    // What World::open checks first: every name, shape, definition and category, and that no name
    // is there twice and every category that is used is declared.
    [[nodiscard]] Status validate() const;

    [[nodiscard]] const std::vector<DeclaredComponent>& components() const { return components_; }
    [[nodiscard]] const std::vector<DeclaredRelation>& relations() const { return relations_; }
    [[nodiscard]] const std::deque<TableBuilder>& tables() const { return tables_; }
    [[nodiscard]] const std::vector<Category>& categories() const { return categories_; }

private:
    std::vector<DeclaredComponent> components_;
    std::vector<DeclaredRelation> relations_;
    std::deque<TableBuilder> tables_;
    std::vector<Category> categories_;
};

}  // namespace perdure
