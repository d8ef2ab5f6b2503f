#include "model/catalog.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/cell.h"

namespace perdure {
namespace {

constexpr std::uint16_t column_number_max = std::numeric_limits<std::uint16_t>::max();

bool has_default(const TableDefinition& table) {
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [](const Column& column) { return !column.default_value.is_null(); });
}

// Equal as persisted. Of defaults, == would tell NaN from NaN, and -0 would equal 0.
bool is_same(const TableDefinition& one, const TableDefinition& other) {
    if (!has_default(one) && !has_default(other)) return one == other;
    std::vector<std::byte> first;
    std::vector<std::byte> second;
    encode_definition(one, first);
    encode_definition(other, second);
    return first == second;
}

const Column* column_by_number(const TableDefinition& table, std::uint16_t number) {
    for (const Column& column : table.columns) {
        if (column.number == number) return &column;
    }
    return nullptr;
}

std::string described(const Column& column) {
    return column.type.name() + (column.nullable ? ", may be null" : "");
}

std::string key_of(const TableDefinition& table) {
    std::string key;
    for (const Column& column : table.key()) {
        key += key.empty() ? "(" : ", ";
        key += column.name + " " + column.type.name();
    }
    return key + ")";
}

// Defaults in the one form that decoding gives, whichever alternative the caller used.
void normalise_default(Column& column) {
    if (column.default_value.is_null()) return;
    std::vector<std::byte> cell;
    append_cell(column.type, column.default_value, cell);
    column.default_value = cell_value(column.type, cell);
}

Status number_columns(TableDefinition& table) {
    for (Column& column : table.columns) {
        normalise_default(column);
        if (column.number != 0) continue;
        if (table.next_column_number == column_number_max) {
            return error(
                Code::incompatible,
                "table {}: all {} column numbers were given, and removed columns keep theirs; "
                "declare a new table instead of column {}",
                table.name, column_number_max - 1, column.name);
        }
        column.number = table.next_column_number++;
    }
    return {};
}

Status refuse_other_flag(const TableDefinition& world, std::string_view flag, bool has,
                         bool wants) {
    if (has == wants) return {};
    return error(
        Code::incompatible,
        "table {}: the world has it {}{}, the program wants it {}{}; declare it as it was, or "
        "under another name",
        world.name, has ? "" : "not ", flag, wants ? "" : "not ", flag);
}

Status check_table(const TableDefinition& world, const TableDefinition& wanted) {
    if (world.name != wanted.name) {
        return error(
            Code::incompatible,
            "table {}: the world has it as {}, which differs only in case; write it the same way",
            wanted.name, world.name);
    }
    PERDURE_TRY(refuse_other_flag(world, "append-only", world.append_only, wanted.append_only));
    PERDURE_TRY(refuse_other_flag(world, "resident", world.resident, wanted.resident));
    if (key_of(world) != key_of(wanted)) {
        return error(
            Code::incompatible,
            "table {}: the world has the key {}, the program wants {}; keys do not change, so "
            "declare a new table",
            world.name, key_of(world), key_of(wanted));
    }
    return {};
}

Status check_column(const TableDefinition& world, const Column& has, const Column& wants) {
    if (has.name != wants.name) {
        return error(
            Code::incompatible,
            "table {}, column {}: the world has it as {}, which differs only in case; write it "
            "the same way",
            world.name, wants.name, has.name);
    }
    if (has.type == wants.type && has.nullable == wants.nullable) return {};
    return error(
        Code::incompatible,
        "table {}, column {}: the world has {}, the program wants {}; declare it as it was, or "
        "give the new one another name",
        world.name, has.name, described(has), described(wants));
}

// What two versions of one table must agree on; else one of them is not what was written.
Status check_versions(const TableDefinition& one, const TableDefinition& other) {
    bool agree = one.name == other.name && one.append_only == other.append_only &&
                 one.resident == other.resident && key_of(one) == key_of(other);
    for (const Column& column : one.columns) {
        const Column* same = column_by_number(other, column.number);
        agree = agree && (same == nullptr ||
                          (same->type == column.type && same->nullable == column.nullable));
    }
    for (std::size_t index = 0; agree && index < one.key_columns; ++index) {
        agree = one.columns[index].number == other.columns[index].number;
    }
    if (agree) return {};
    return error(
        Code::corrupt,
        "table {} (id {}): versions {} and {} cannot belong to one table; run perdure verify",
        one.name, one.id, one.version, other.version);
}

}  // namespace

Status Catalog::add(const TableDefinition& definition) {
    PERDURE_TRY(check_catalogued(definition));
    const std::lock_guard lock(mutex_);
    const auto same_id = versions_.lower_bound({definition.id, 0});
    for (auto at = same_id; at != versions_.end() && at->first.first == definition.id; ++at) {
        if (at->first.second != definition.version) {
            PERDURE_TRY(check_versions(*at->second, definition));
        } else if (is_same(*at->second, definition)) {
            return {};
        } else {
            return error(
                Code::corrupt,
                "table {} (id {}, version {}) is defined twice and differently; run perdure verify",
                definition.name, definition.id, definition.version);
        }
    }
    const auto [named, is_new] = by_name_.try_emplace(lower_case(definition.name), definition.id);
    if (!is_new && named->second != definition.id) {
        return error(Code::corrupt, "two tables are named {}: ids {} and {}; run perdure verify",
                     definition.name, named->second, definition.id);
    }
    auto kept = std::make_unique<const TableDefinition>(definition);
    const TableDefinition*& newest = in_force_[definition.id];
    if (newest == nullptr || newest->version < definition.version) newest = kept.get();
    versions_.emplace(std::pair(definition.id, definition.version), std::move(kept));
    return {};
}

Result<std::optional<TableDefinition>> Catalog::evolve(const TableDefinition& wanted) const {
    PERDURE_TRY(wanted.validate(Naming::internal));
    TableDefinition next = wanted;
    for (Column& column : next.columns) column.number = 0;
    const TableDefinition* world = find(wanted.name);
    if (world == nullptr) {
        next.next_column_number = 1;
        next.version = 1;
        PERDURE_TAKE(next.id, next_id());
        PERDURE_TRY(number_columns(next));
        return std::optional(std::move(next));
    }
    PERDURE_TRY(check_table(*world, wanted));
    next.id = world->id;
    next.version = world->version;
    next.next_column_number = world->next_column_number;
    if (seeded_bug("model: a removed column's number is given again"))
        next.next_column_number = static_cast<std::uint16_t>(world->columns.size() + 1);
    for (Column& column : next.columns) {
        const auto found = world->find_column(column.name);
        if (!found) continue;
        const Column& has = world->columns[*found];
        PERDURE_TRY(check_column(*world, has, column));
        column = has;
    }
    PERDURE_TRY(number_columns(next));
    if (is_same(*world, next)) return std::optional<TableDefinition>();
    ++next.version;
    return std::optional(std::move(next));
}

Result<TableId> Catalog::next_id() const {
    const std::lock_guard lock(mutex_);
    if (in_force_.size() >= tables_max) {
        return error(Code::no_space, "the world has {} tables, as many as it may have", tables_max);
    }
    const TableId last = in_force_.empty() ? 0 : in_force_.rbegin()->first;
    if (last == std::numeric_limits<TableId>::max()) {
        return error(Code::no_space, "all table ids were given");
    }
    return last + 1;
}

const TableDefinition* Catalog::find(TableId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = in_force_.find(id);
    return found == in_force_.end() ? nullptr : found->second;
}

const TableDefinition* Catalog::find(TableId id, std::uint32_t version) const {
    const std::lock_guard lock(mutex_);
    const auto found = versions_.find({id, version});
    return found == versions_.end() ? nullptr : found->second.get();
}

const TableDefinition* Catalog::find(std::string_view name) const {
    const std::string lowered = lower_case(name);
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(lowered);
    return found == by_name_.end() ? nullptr : in_force_.at(found->second);
}

std::vector<const TableDefinition*> Catalog::tables() const {
    const std::lock_guard lock(mutex_);
    std::vector<const TableDefinition*> tables;
    tables.reserve(in_force_.size());
    for (const auto& [id, definition] : in_force_) tables.push_back(definition);
    return tables;
}

}  // namespace perdure
