// RelationTables: all relation types of a registry, those included that only the catalog knows.
//
// The registry passes on to it what it does with its components; see registry.h for the order.
//
// Thread rule: the world's thread. Lifetime: the catalog it is bound to must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "entities/relation_table.h"
#include "model/block_pool.h"
#include "model/catalog.h"
#include "model/change_set.h"

namespace perdure::entities {

class RelationTables {
public:
    void add(const Schema::DeclaredRelation& declared);
    void add_definitions(std::vector<TableDefinition>& to) const;
    // Finds, too, relation tables that the schema does not list: their rows are erased with their
    // entities.
    Status bind(const Catalog& catalog,
                const std::function<Category(std::string_view)>& category_of);

    // See Registry::Succession: one for each relation that the next schema lists, in its order.
    struct Successor {
        std::unique_ptr<RelationTable> made;  // null: `kept` goes on
        RelationTable* kept = nullptr;
        TypeNumber type = 0;
    };
    [[nodiscard]] RelationTable* find(TableId id) const noexcept;
    // Relations that are listed and are not the `next`'s: they must be clean. `busy`.
    [[nodiscard]] Status may_leave(const std::vector<Successor>& next) const;
    void adopt(std::vector<Successor> next, const Catalog& catalog,
               const std::function<Category(std::string_view)>& category_of);
    [[nodiscard]] bool is_iterated() const noexcept;

    // Nothing happens if the batch is not of a relation.
    Status load(const Batch& batch, std::uint64_t& highest);
    void drop_orphans(const std::function<bool(std::uint64_t)>& alive,
                      std::vector<std::string>& remarks);

    Status capture(ChangeSet& into, std::uint64_t now_ms, bool everything, BlockPool& pool);
    void captured(std::uint64_t now_ms);
    [[nodiscard]] Hash128 digest() const;  // of listed ones that are not ephemeral

    // In between adding and removing edges of any type is a bug, and stops the program.
    void begin_iteration() noexcept;
    void end_iteration() noexcept;

    // An entity died: all its edges go.
    void remove_entity(std::uint64_t id);

    // The edges of a type. A type that the schema does not list is a bug of the program.
    [[nodiscard]] RelationEdges& edges_of(TypeNumber type) const noexcept {
        PERDURE_ASSERT(type < by_type_.size() && by_type_[type] != nullptr);
        return by_type_[type]->edges();
    }

private:
    std::vector<std::unique_ptr<RelationTable>> tables_;  // in the schema's order; then unlisted
    std::vector<RelationTable*> by_type_;                 // null: not in the schema
};

}  // namespace perdure::entities
