// Registry: what lives in the world, in memory, and its passage to and from tables.
//
// The world layer makes one from the schema, declares its definitions(), binds it once they are in
// force, hydrates it (load …, loaded) and then, tick by tick, captures what changed:
//
//     capture(change_set, …)   gathers what is marked into batches; changes nothing
//     the engine accepts it    or refuses, and the next capture gathers the same
//     captured()               clears the marks that were gathered
//
// Between capture() and captured() nothing may change. Programs speak to it through Entities.
//
// Thread rule: the world's thread. Lifetime: the catalog it is bound to must outlive it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/checksum.h"
#include "entities/component_table.h"
#include "entities/entity_ids.h"
#include "entities/entity_table.h"
#include "entities/external_table.h"
#include "entities/relation_tables.h"
#include "entities/row_gatherer.h"
#include "model/block_pool.h"
#include "model/catalog.h"
#include "model/change_set.h"
#include "model/evolve.h"
#include "perdure/entities.h"
#include "perdure/schema.h"
#include "perdure/status.h"

namespace perdure::entities {

class Registry {
public:
    // `invalid` names what the schema has twice, what clashes with our tables, what is too large.
    static Result<std::unique_ptr<Registry>> make(const Schema& schema);

    // To be declared, all resident: "entity", "_entity_ids" and a table for each component and
    // relation type.
    [[nodiscard]] std::vector<TableDefinition> definitions() const;
    // After they are in force. Finds, too, component and relation tables that the schema does not
    // list: their rows are erased with their entity.
    Status bind(const Catalog& catalog,
                const std::function<Category(std::string_view)>& category_of);

    // Hydration: rows of the store first, in any order, then undrained changes by LSN. Tables that
    // are not ours are ignored. `corrupt` or `unsupported` if a row cannot be what we wrote.
    Status load(const Batch& batch);
    // Ends it: builds the trees. What it found and repaired goes to `remarks`.
    Status loaded(std::vector<std::string>& remarks);

    // The program's code is replaced while the world lives: what the next schema makes of the rows
    // that live. Everything that may fail, before a definition changes; then what cannot. What is
    // marked stays marked.
    struct Succession;
    // Hands the store's rows of a table to a function, all of what was accepted.
    using StoredRows = std::function<Status(const TableDefinition& table,
                                            const std::function<Status(const Batch&)>& take)>;
    // `plans`: of tables that will change. `busy`: workers run, or a type that the next schema does
    // not list has changes that no commit took. `incompatible`: a type would become external, or
    // would not be any more. `invalid`: a live row that cannot be stored, or converted.
    Result<std::unique_ptr<Succession>> succeed(const Schema& next,
                                                const std::vector<TablePlan>& plans,
                                                const Catalog& catalog, const StoredRows& stored);
    void adopt(std::unique_ptr<Succession> next, const Catalog& catalog,
               const std::function<Category(std::string_view)>& category_of,
               const ExternalCallbacks& callbacks, BlockPool& pool);
    // How often rows were replaced so.
    [[nodiscard]] std::uint64_t successions() const noexcept { return successions_; }

    // Commits this batch and waits until it is durable: a burst of create() used up the reserved
    // ids.
    std::function<Status(const Batch&)> reserve_now;

    // The program's side of external components: what it answers, and the memory for what it hands
    // in. `invalid` if one of them has no on_load(). Both must outlive this.
    Status connect(const ExternalCallbacks& callbacks);
    void use_pool(BlockPool& pool) noexcept;
    [[nodiscard]] bool is_external(const TableDefinition& table) const noexcept;
    [[nodiscard]] const std::vector<std::unique_ptr<ExternalTable>>& externals() const noexcept {
        return externals_;
    }
    // Rows of external components have this id: new ones are behind it.
    void take_no_id_up_to(std::uint64_t id) noexcept { ids_.skip_to(id + 1); }

    // Adds batches of what changed to `into`. `everything`: relaxed rows, too, whose interval is
    // not over. If it fails, `into` is as it was: `invalid` names the entity and field that cannot
    // be stored.
    Status capture(ChangeSet& into, std::uint64_t now_ms, bool everything, BlockPool& pool);
    void captured();

    // Whether a change set that was captured reserves more ids: up to where, else 0. They are
    // handed out once reservation_durable() says so:
    //
    //     registry.captured();
    //     const std::uint64_t end = registry.reservation_under_way();
    //     …
    //     if (token.done() && token.status().ok()) registry.reservation_durable(end);
    //
    // Without it create() calls reserve_now every 65,536 entities.
    [[nodiscard]] std::uint64_t reservation_under_way() const noexcept {
        return reservation_under_way_;
    }
    void reservation_durable(std::uint64_t end);

    // Sum of row_digest() over all rows that are neither ephemeral nor external, as they are now.
    // Equal to the stored ones' sum if everything is captured. Rows that capture refuses are left
    // out.
    [[nodiscard]] Hash128 digest() const;

    // What Entities offers; see there.
    Entity create(EntityKind kind, Entity parent);
    bool destroy(Entity entity);
    [[nodiscard]] bool alive(Entity entity) const noexcept { return entities_.alive(entity.id); }
    [[nodiscard]] const EntityTable& entities() const noexcept { return entities_; }
    bool set_parent(Entity entity, Entity parent) {
        PERDURE_ASSERT(standing_ == Standing::no);
        return entities_.set_parent(entity.id, parent.id);
    }
    bool set(TypeNumber type, Entity entity, const void* value);
    [[nodiscard]] std::byte* find(TypeNumber type, Entity entity, bool mark);
    bool remove(TypeNumber type, Entity entity) { return rows_of(type).remove(entity.id); }

    // The rows of a component type. A type that the schema does not list is a bug of the program.
    [[nodiscard]] ComponentRows& rows_of(TypeNumber type) const noexcept {
        PERDURE_ASSERT(type < by_type_.size() && by_type_[type] != nullptr);
        return *by_type_[type];
    }

    // An external component type; others are a bug of the program.
    [[nodiscard]] ExternalTable& external_of(TypeNumber type) const noexcept {
        PERDURE_ASSERT(type < external_by_type_.size() && external_by_type_[type] != nullptr);
        return *external_by_type_[type];
    }
    [[nodiscard]] bool is_external(TypeNumber type) const noexcept {
        return type < external_by_type_.size() && external_by_type_[type] != nullptr;
    }

    // While workers run, or the program's readers answer to a capture, nothing comes or goes: a
    // program that tries is stopped. So is one that marks anything while its readers answer: that
    // capture's marks may be gathered already, and would go with them.
    enum class Standing : std::uint8_t { no, for_workers, for_readers };
    void stand_still(Standing why);
    void go_on();
    [[nodiscard]] bool may_mark() const noexcept { return standing_ != Standing::for_readers; }
    [[nodiscard]] bool workers_run() const noexcept { return standing_ == Standing::for_workers; }
    // Marks as changed what workers marked of a type, there no more.
    void take_marks(TypeNumber type, RowMarks& marks);
    // Above every type number of the schema.
    [[nodiscard]] std::size_t types() const noexcept {
        return std::max(by_type_.size(), external_by_type_.size());
    }
    // What Relations offers its edges from.
    [[nodiscard]] RelationTables& relations() noexcept { return relations_; }

private:
    Registry();

    struct Evolving;
    Status succeed_component(const Schema::DeclaredComponent& declared, const Evolving& evolving,
                             Succession& to);
    Status succeed_external(const Schema::DeclaredComponent& declared, const Evolving& evolving,
                            Succession& to);
    Status succeed_relation(const Schema::DeclaredRelation& declared, const Evolving& evolving,
                            Succession& to);
    Status load_newly_listed(ComponentTable& table, const Evolving& evolving);
    [[nodiscard]] Status may_leave(const Succession& next) const;
    Status add_component(const Schema::DeclaredComponent& declared);
    Status load_entities(const Batch& batch);
    Status load_reserved_ids(const Batch& batch);
    Status load_components(ComponentTable& table, const Batch& batch);
    Status load_erased(ComponentTable* table, const Batch& batch);
    void drop_orphans(ComponentTable& table, std::vector<std::string>& remarks);
    [[nodiscard]] Result<Batch> reserved_ids_batch(std::uint64_t end, BlockPool* pool) const;
    bool reserve_more();
    Status capture_all(ChangeSet& into, std::uint64_t now_ms, bool everything, BlockPool& pool);
    Status capture_entities(std::vector<Batch>& to, BlockPool& pool);
    Status capture_externals(ChangeSet& into, std::uint64_t now_ms, bool everything,
                             BlockPool& pool);
    Status capture_components(ComponentTable& table, std::vector<Batch>& to, BlockPool& pool);
    Status capture_reserved_ids(std::vector<Batch>& to, BlockPool& pool);
    [[nodiscard]] Hash128 digest_of(const ComponentTable& table) const;
    [[nodiscard]] Hash128 digest_of_entities() const;

    std::uint64_t layouts_ = 0;
    EntityTable entities_;
    EntityIds ids_;
    std::vector<std::unique_ptr<ComponentTable>> components_;  // in the schema's order
    std::vector<ComponentRows*> by_type_;                      // null: not in the schema
    std::vector<std::unique_ptr<ExternalTable>> externals_;    // in the schema's order
    std::vector<ExternalTable*> external_by_type_;
    Standing standing_ = Standing::no;
    std::uint64_t successions_ = 0;
    RelationTables relations_;
    std::uint64_t highest_id_ = 0;  // loaded
    bool loaded_ = false;

    // Known once the definitions are in force.
    const StructShape entity_shape_;
    const TableDefinition* entity_definition_ = nullptr;
    StructPlan entity_plan_;
    const TableDefinition* ids_definition_ = nullptr;
    std::vector<const TableDefinition*> foreign_;  // component tables that the schema does not list

    // Of the capture under way.
    bool capturing_ = false;
    std::uint64_t capturing_ms_ = 0;
    std::uint64_t capturing_end_ = 0;  // the reservation in it; 0: none

    std::uint64_t reservation_under_way_ = 0;  // accepted, and not known to be durable

    // Scratch.
    RowGatherer gatherer_;
    std::vector<std::uint64_t> dead_;  // entities whose rows the capture erases
    std::vector<EntityRow> entity_rows_;
    std::vector<std::uint64_t> entity_row_ids_;
    std::vector<const std::byte*> entity_row_places_;
};

}  // namespace perdure::entities
