#include "entities/relation_tables.h"

#include <algorithm>

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
