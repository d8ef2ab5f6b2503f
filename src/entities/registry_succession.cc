// Registry, when the program's code is replaced: live rows pass from one schema's structs to the
// next one's, through batches, as they would through the store.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "entities/hydration.h"
#include "entities/registry.h"
#include "entities/succession.h"
#include "model/fill.h"

namespace perdure::entities {
namespace {

Status refuse_other_home(const StructShape& shape, bool external) {
    return error(Code::incompatible,
                 "component {} would become {}, and its values would have to be handed over; open "
                 "the world anew",
                 shape.name, external ? "external" : "one that the world keeps");
}

Status refuse_to_leave(std::string_view component) {
    return error(Code::busy,
                 "component {} has changes that no commit has taken, and the next schema does not "
                 "list it: commit them first, at level journal if it is relaxed",
                 component);
}

template <typename Successors, typename Table>
bool goes_on(const Successors& next, const Table& table) {
    return std::any_of(next.begin(), next.end(),
                       [&](const auto& one) { return one.kept == &table; });
}

// Chunk by chunk, so that rows keep their places.
Status move_rows(const ComponentTable& from, ComponentTable& to, const TableDefinition& as,
                 const std::function<Result<Batch>(const Batch&)>& evolve) {
    const StructPlan plan = plan_structs(to.shape, as);
    std::vector<const std::byte*> places(ComponentRows::chunk_rows);
    for (std::uint32_t chunk = 0; from.rows.chunk_count(chunk) > 0; ++chunk) {
        const std::uint32_t count = from.rows.chunk_count(chunk);
        for (std::uint32_t at = 0; at < count; ++at) {
            places[at] = from.rows.chunk_begin(chunk) + at * from.rows.stride();
        }
        PERDURE_TAKE(const Batch old, gather_structs(*from.definition, from.plan,
                                                     {from.rows.chunk_ids(chunk), count},
                                                     {places.data(), count}, nullptr));
        PERDURE_TAKE(const Batch made, evolve(old));
        PERDURE_ASSERT(made.rows() == count);
        const std::uint32_t first = chunk * ComponentRows::chunk_rows;
        for (std::uint32_t at = 0; at < count; ++at) {
            const std::uint32_t row = to.rows.restore(from.rows.id_at(first + at));
            PERDURE_ASSERT(row == first + at);
        }
        scatter_structs(made, plan, 0, count, to.rows.at(first), to.rows.stride());
        if (seeded_bug("entities: a reload converts one chunk")) break;
    }
    return {};
}

}  // namespace

// What becomes of a table's rows.
struct Registry::Evolving {
    const Catalog& catalog;
    const std::vector<TablePlan>& plans;
    const StoredRows& stored;

    [[nodiscard]] const TablePlan* plan_of(std::string_view name) const {
        for (const TablePlan& plan : plans) {
            if (same_name(plan.to->name, name)) return &plan;
        }
        return nullptr;
    }
    // As it is in force now; nullptr if the world has no such table yet.
    [[nodiscard]] const TableDefinition* now(std::string_view name) const {
        const TablePlan* plan = plan_of(name);
        return plan != nullptr ? catalog.find(plan->to->id) : catalog.find(name);
    }
    [[nodiscard]] const TableDefinition& then(std::string_view name) const {
        const TablePlan* plan = plan_of(name);
        return plan != nullptr ? *plan->to : *catalog.find(name);
    }
    [[nodiscard]] std::function<Result<Batch>(const Batch&)> rows_of(std::string_view name) const {
        const TablePlan* plan = plan_of(name);
        const TableDefinition& as = then(name);
        return [plan, &as](const Batch& rows) {
            return plan != nullptr ? evolve_rows(rows, *plan) : convert(rows, as);
        };
    }
};

Result<std::unique_ptr<Registry::Succession>> Registry::succeed(const Schema& next,
                                                                const std::vector<TablePlan>& plans,
                                                                const Catalog& catalog,
                                                                const StoredRows& stored) {
    PERDURE_ASSERT(loaded_ && standing_ == Standing::no && !capturing_);
    const Evolving evolving{catalog, plans, stored};
    auto made = std::make_unique<Succession>();
    for (const Schema::DeclaredComponent& declared : next.components()) {
        PERDURE_TRY(declared.options.external ? succeed_external(declared, evolving, *made)
                                              : succeed_component(declared, evolving, *made));
    }
    for (const Schema::DeclaredRelation& declared : next.relations()) {
        PERDURE_TRY(succeed_relation(declared, evolving, *made));
    }
    PERDURE_TRY(may_leave(*made));
    return made;
}

Status Registry::may_leave(const Succession& next) const {
    for (const auto& table : components_) {
        const bool clean = table->rows.changed().empty() && table->rows.nothing_removed();
        if (!clean && !goes_on(next.components, *table)) return refuse_to_leave(table->shape.name);
    }
    for (const auto& table : externals_) {
        if (!table->is_clean() && !goes_on(next.externals, *table)) {
            return refuse_to_leave(table->shape.name);
        }
    }
    return relations_.may_leave(next.relations);
}

Status Registry::succeed_component(const Schema::DeclaredComponent& declared,
                                   const Evolving& evolving, Succession& to) {
    const std::string_view name = declared.shape.name;
    const TableDefinition* const now = evolving.now(name);
    ComponentTable* old = nullptr;
    for (const auto& table : components_) {
        if (now != nullptr && table->definition->id == now->id) old = table.get();
    }
    for (const auto& table : externals_) {
        if (now != nullptr && table->definition->id == now->id) {
            return refuse_other_home(declared.shape, false);
        }
    }
    PERDURE_ASSERT(old == nullptr || !old->rows.is_iterated());  // each<>() runs
    auto& successor = to.components.emplace_back();
    successor.kept = old;
    successor.type = declared.type;
    const bool same = old != nullptr && evolving.plan_of(name) == nullptr &&
                      old->type == declared.type && old->shape == declared.shape;
    if (same) return {};
    successor.made = std::make_unique<ComponentTable>(declared, layouts_);
    if (old == nullptr) {
        return now != nullptr ? load_newly_listed(*successor.made, evolving) : Status();
    }
    PERDURE_TRY(move_rows(*old, *successor.made, evolving.then(name), evolving.rows_of(name)));
    successor.made->rows.take_over_marks(old->rows);
    successor.made->interval = old->interval;
    return {};
}

// The world has the table, and the schema until now did not list it: its rows are in the store.
// Those of entities that died, and whose end no commit took yet, are removed once more.
Status Registry::load_newly_listed(ComponentTable& table, const Evolving& evolving) {
    const std::string& name = table.shape.name;
    const StructPlan plan = plan_structs(table.shape, evolving.then(name));
    const auto evolve = evolving.rows_of(name);
    ComponentRows& rows = table.rows;
    const auto take = [&](const Batch& batch) -> Status {
        PERDURE_TAKE(const Batch made, evolve(batch));
        for (std::uint32_t at = 0; at < made.rows(); ++at) {
            const auto id = made.fixed<std::uint64_t>(0, at);
            PERDURE_TRY(check_id(made.table(), id));
            PERDURE_TRY(check_room(made.table(), rows.count(), ComponentRows::rows_max));
            scatter_struct(made, plan, at, rows.at(rows.restore(id)));
        }
        return {};
    };
    PERDURE_TRY(evolving.stored(*evolving.now(name), take));
    for (const std::uint64_t dead : entities_.rows().removed_ids()) rows.remove(dead);
    std::vector<std::string> remarks;
    drop_orphans(table, remarks);
    return {};
}

Status Registry::succeed_external(const Schema::DeclaredComponent& declared,
                                  const Evolving& evolving, Succession& to) {
    const std::string_view name = declared.shape.name;
    const TableDefinition* const now = evolving.now(name);
    ExternalTable* old = nullptr;
    for (const auto& table : externals_) {
        if (now != nullptr && table->definition->id == now->id) old = table.get();
    }
    // What is stored of it nobody would hand back.
    if (now != nullptr && old == nullptr) return refuse_other_home(declared.shape, true);
    auto& successor = to.externals.emplace_back();
    successor.kept = old;
    successor.type = declared.type;
    const bool same = old != nullptr && evolving.plan_of(name) == nullptr &&
                      old->type == declared.type && old->shape == declared.shape;
    if (same) return {};
    successor.made = std::make_unique<ExternalTable>(declared, entities_.rows());
    return old != nullptr ? successor.made->take_over(*old, evolving.rows_of(name)) : Status();
}

Status Registry::succeed_relation(const Schema::DeclaredRelation& declared,
                                  const Evolving& evolving, Succession& to) {
    const std::string_view name = declared.shape.name;
    const TableDefinition* const now = evolving.now(name);
    RelationTable* const old = now != nullptr ? relations_.find(now->id) : nullptr;
    PERDURE_ASSERT(old == nullptr || !old->edges().is_iterated());  // each<>() runs
    auto& successor = to.relations.emplace_back();
    successor.kept = old;
    successor.type = declared.type;
    if (old != nullptr && evolving.plan_of(name) == nullptr && old->is_like(declared)) return {};
    successor.made = std::make_unique<RelationTable>(declared);
    const auto evolve = evolving.rows_of(name);
    if (old != nullptr && old->is_listed()) {
        return successor.made->take_over(*old, evolving.then(name), evolve);
    }
    if (now == nullptr) return {};
    const auto take = [&](const Batch& batch) -> Status {
        PERDURE_TAKE(const Batch made, evolve(batch));
        return successor.made->load_stored(made);
    };
    PERDURE_TRY(evolving.stored(*now, take));
    if (old != nullptr) successor.made->remove_also(*old);
    std::vector<std::string> remarks;
    successor.made->drop_orphans([this](std::uint64_t id) { return entities_.alive(id); }, remarks);
    return {};
}

void Registry::adopt(std::unique_ptr<Succession> next, const Catalog& catalog,
                     const std::function<Category(std::string_view)>& category_of,
                     const ExternalCallbacks& callbacks, BlockPool& pool) {
    const auto replace = [](auto& successors, auto& tables) {
        auto before = std::exchange(tables, {});
        for (auto& one : successors) {
            if (one.made != nullptr) {
                tables.push_back(std::move(one.made));
                continue;
            }
            const auto old = std::find_if(before.begin(), before.end(), [&](const auto& table) {
                return table.get() == one.kept;
            });
            PERDURE_ASSERT(old != before.end());
            tables.push_back(std::move(*old));
        }
    };
    replace(next->components, components_);
    replace(next->externals, externals_);
    by_type_.clear();
    for (const auto& table : components_) {
        if (by_type_.size() <= table->type) by_type_.resize(table->type + std::size_t{1});
        by_type_[table->type] = &table->rows;
    }
    external_by_type_.clear();
    for (const auto& table : externals_) {
        if (external_by_type_.size() <= table->type) {
            external_by_type_.resize(table->type + std::size_t{1});
        }
        external_by_type_[table->type] = table.get();
    }
    relations_.adopt(std::move(next->relations), catalog, category_of);
    Status bound = bind(catalog, category_of);
    PERDURE_ASSERT(bound.ok());  // they are in force
    bound = connect(callbacks);
    PERDURE_ASSERT(bound.ok());  // judged before
    use_pool(pool);
    for (const auto& table : externals_) table->rebind_staged();
    ++successions_;
}

}  // namespace perdure::entities
