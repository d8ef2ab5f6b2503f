#include "entities/relation_tables.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/seeded_bug.h"

namespace perdure::entities {
namespace {

// As a relation's is, whoever declared it: docs/format/entities.md.
bool is_relation_table(const TableDefinition& table) {
    const TableDefinition pairs = pair_definition_of({});
    if (!table.resident || table.key_columns != pairs.key_columns) return false;
    return std::equal(pairs.columns.begin(), pairs.columns.end(), table.columns.begin(),
                      table.columns.begin() + table.key_columns,
                      [](const Column& wanted, const Column& column) {
                          return wanted.type == column.type && same_name(wanted.name, column.name);
                      });
}

}  // namespace

void RelationTables::add(const Schema::DeclaredRelation& declared) {
    tables_.push_back(std::make_unique<RelationTable>(declared));
    if (by_type_.size() <= declared.type) by_type_.resize(declared.type + std::size_t{1});
    by_type_[declared.type] = tables_.back().get();
}

void RelationTables::add_definitions(std::vector<TableDefinition>& to) const {
    for (const auto& table : tables_) to.push_back(table->wanted());
}

Status RelationTables::bind(const Catalog& catalog,
                            const std::function<Category(std::string_view)>& category_of) {
    for (const auto& table : tables_) {
        const TableDefinition* in_force = catalog.find(table->name());
        if (in_force == nullptr) {
            return error(Code::not_found,
                         "table {} is not in force; declare the registry's definitions first",
                         table->name());
        }
        table->bind(*in_force, category_of(in_force->category));
    }
    const std::size_t listed = tables_.size();
    for (const TableDefinition* table : catalog.tables()) {
        const auto is_this = [&](const auto& known) { return known->definition().id == table->id; };
        const auto end = tables_.begin() + static_cast<std::ptrdiff_t>(listed);
        if (!is_relation_table(*table) || std::any_of(tables_.begin(), end, is_this)) continue;
        // Nothing writes it, and what an ephemeral one held is gone since the opening.
        if (category_of(table->category).durability == Level::ephemeral) continue;
        if (seeded_bug("relations: unlisted ones stay")) continue;
        tables_.push_back(std::make_unique<RelationTable>(*table));
    }
    return {};
}

RelationTable* RelationTables::find(TableId id) const noexcept {
    for (const auto& table : tables_) {
        if (table->definition().id == id) return table.get();
    }
    return nullptr;
}

bool RelationTables::is_iterated() const noexcept {
    return std::any_of(tables_.begin(), tables_.end(),
                       [](const auto& table) { return table->edges().is_iterated(); });
}

Status RelationTables::may_leave(const std::vector<Successor>& next) const {
    for (const auto& table : tables_) {
        const auto is_this = [&](const Successor& one) { return one.kept == table.get(); };
        if (!table->is_listed() || table->is_clean()) continue;
        if (std::any_of(next.begin(), next.end(), is_this)) continue;
        return error(Code::busy,
                     "relation {} has changes that no commit has taken, and the next schema does "
                     "not list it: commit them first, at level journal if it is relaxed",
                     table->name());
    }
    return {};
}

void RelationTables::adopt(std::vector<Successor> next, const Catalog& catalog,
                           const std::function<Category(std::string_view)>& category_of) {
    std::vector<std::unique_ptr<RelationTable>> before = std::exchange(tables_, {});
    by_type_.clear();
    for (Successor& one : next) {
        const auto old = std::find_if(before.begin(), before.end(),
                                      [&](const auto& table) { return table.get() == one.kept; });
        tables_.push_back(one.made != nullptr ? std::move(one.made) : std::move(*old));
        if (old != before.end()) before.erase(old);
        if (by_type_.size() <= one.type) by_type_.resize(one.type + std::size_t{1});
        by_type_[one.type] = tables_.back().get();
    }
    // What was not listed before, and is not now.
    for (auto& table : before) {
        if (!table->is_listed()) tables_.push_back(std::move(table));
    }
    const Status bound = bind(catalog, category_of);
    PERDURE_ASSERT(bound.ok());  // they are in force
    for (const auto& table : before) {
        if (table == nullptr) continue;
        RelationTable* const unlisted = find(table->definition().id);
        if (unlisted != nullptr) unlisted->take_over_pairs(*table);
    }
}

Status RelationTables::load(const Batch& batch, std::uint64_t& highest) {
    for (const auto& table : tables_) {
        if (table->definition().id == batch.table().id) return table->load(batch, highest);
    }
    return {};
}

void RelationTables::drop_orphans(const std::function<bool(std::uint64_t)>& alive,
                                  std::vector<std::string>& remarks) {
    for (const auto& table : tables_) table->drop_orphans(alive, remarks);
}

Status RelationTables::capture(ChangeSet& into, std::uint64_t now_ms, bool everything,
                               BlockPool& pool) {
    for (const auto& table : tables_) {
        PERDURE_TRY(table->capture(now_ms, everything, pool,
                                   table->is_ephemeral() ? into.ephemeral : into.batches));
    }
    return {};
}

void RelationTables::captured(std::uint64_t now_ms) {
    for (const auto& table : tables_) table->captured(now_ms);
}

Hash128 RelationTables::digest() const {
    Hash128 sum;
    for (const auto& table : tables_) {
        if (table->is_listed() && !table->is_ephemeral()) sum = sum + table->digest();
    }
    return sum;
}

void RelationTables::begin_iteration() noexcept {
    for (const auto& table : tables_) table->edges().begin_iteration();
}

void RelationTables::end_iteration() noexcept {
    for (const auto& table : tables_) table->edges().end_iteration();
}

void RelationTables::remove_entity(std::uint64_t id) {
    for (const auto& table : tables_) table->edges().remove_all(id);
}

}  // namespace perdure::entities
