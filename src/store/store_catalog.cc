#include "store/store_catalog.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "model/catalog.h"
#include "model/widen.h"

namespace perdure::store {
namespace {

std::string described(const Column& column) {
    return (column.nullable ? "nullable " : "") + column.type.name();
}

Status check_columns(const TableDefinition& from, const TableDefinition& to) {
    for (std::size_t index = 0; index < to.columns.size(); ++index) {
        const Column& column = to.columns[index];
        const auto old = from.find_number(column.number);
        if (index < to.key_columns && (!old || *old >= from.key_columns)) {
            return error(Code::incompatible,
                         "table {}: version {} has another key ({}); make a new table", to.name,
                         to.version, column.name);
        }
        if (!old || may_become(from.columns[*old], column)) continue;
        return error(Code::incompatible,
                     "table {}: column {} (number {}) is {} in version {} and {} in version {}, "
                     "which is no wider one; give the new column another number",
                     to.name, column.name, column.number, described(from.columns[*old]),
                     from.version, described(column), to.version);
    }
    return {};
}

}  // namespace

Result<bool> StoreCatalog::is_new(const TableDefinition& definition) const {
    PERDURE_TRY(definition.validate(Naming::internal));
    const std::lock_guard lock(mutex_);
    for (const TableDefinition& known : definitions_) {
        if (known.id == definition.id && known.version == definition.version) {
            if (is_same_definition(known, definition)) return false;
            return error(Code::incompatible,
                         "table {} (id {}): version {} is known with other columns", known.name,
                         known.id, known.version);
        }
        const TableDefinition& last = *by_table_.at(known.id).back().definition;
        if (known.id == definition.id || !same_name(last.name, definition.name)) continue;
        return error(Code::incompatible,
                     "table {} has id {} in the store; a definition says {} has id {}", last.name,
                     last.id, definition.name, definition.id);
    }
    const auto found = by_table_.find(definition.id);
    if (found == by_table_.end() || found->second.empty()) return true;
    const TableDefinition& last = *found->second.back().definition;
    if (definition.version < last.version) {
        return error(Code::incompatible, "table {}: version {} comes after version {}", last.name,
                     definition.version, last.version);
    }
    if (definition.key_columns != last.key_columns || definition.append_only != last.append_only) {
        return error(
            Code::incompatible,
            "table {}: version {} has another key, or is append-only where it was not; make a new "
            "table",
            last.name, definition.version);
    }
    PERDURE_TRY(check_columns(last, definition));
    return true;
}

Status StoreCatalog::check_known(const TableDefinition& table) const {
    if (find(table.id, table.version) != nullptr) return {};
    return error(
        Code::incompatible,
        "the store has no version {} of table {} (id {}); its definition must be applied first",
        table.version, table.name, table.id);
}

Status check_readable(const TableDefinition& wanted, const TableDefinition& in_force) {
    for (const Column& column : wanted.columns) {
        const auto stored = in_force.find_number(column.number);
        if (!stored || may_become(in_force.columns[*stored], column)) continue;
        return error(Code::incompatible,
                     "table {}: column {} is {} in version {}, and its rows are of version {}, "
                     "where it is {}",
                     wanted.name, column.name, described(column), wanted.version, in_force.version,
                     described(in_force.columns[*stored]));
    }
    return {};
}

Status check_removed(const TableDefinition& in_force, std::span<const std::uint16_t> numbers) {
    for (const Column& column : in_force.columns) {
        if (std::find(numbers.begin(), numbers.end(), column.number) == numbers.end()) continue;
        return error(Code::invalid,
                     "table {}: column {} (number {}) is in use, and only removed ones are dropped",
                     in_force.name, column.name, column.number);
    }
    return {};
}

void StoreCatalog::add(const TableDefinition& definition) {
    const std::lock_guard lock(mutex_);
    definitions_.push_back(definition);
    std::vector<Entry>& entries = by_table_[definition.id];
    PERDURE_ASSERT(entries.empty() || entries.back().sequence < definitions_.size());
    entries.push_back({definitions_.size(), &definitions_.back()});
}

void StoreCatalog::cut(std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    PERDURE_ASSERT(count <= definitions_.size());
    while (definitions_.size() > count) {
        std::vector<Entry>& entries = by_table_[definitions_.back().id];
        PERDURE_ASSERT(!entries.empty());
        PERDURE_ASSERT(entries.back().definition == &definitions_.back());
        PERDURE_ASSERT(entries.back().sequence == definitions_.size());
        entries.pop_back();
        definitions_.pop_back();
    }
}

std::uint64_t StoreCatalog::count() const {
    const std::lock_guard lock(mutex_);
    return definitions_.size();
}

std::vector<TableDefinition> StoreCatalog::all() const {
    const std::lock_guard lock(mutex_);
    return {definitions_.begin(), definitions_.end()};
}

const TableDefinition* StoreCatalog::in_force(TableId id, std::uint64_t count) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_table_.find(id);
    if (found == by_table_.end()) return nullptr;
    const TableDefinition* last = nullptr;
    for (const Entry& entry : found->second) {
        if (entry.sequence <= count) last = entry.definition;
    }
    PERDURE_ASSERT(last == nullptr || last->id == id);
    return last;
}

const TableDefinition* StoreCatalog::find(TableId id, std::uint32_t version) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_table_.find(id);
    if (found == by_table_.end()) return nullptr;
    for (const Entry& entry : found->second) {
        if (entry.definition->version == version) return entry.definition;
    }
    return nullptr;
}

const TableDefinition* StoreCatalog::first(TableId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_table_.find(id);
    const bool known = found != by_table_.end() && !found->second.empty();
    return known ? found->second.front().definition : nullptr;
}

}  // namespace perdure::store
