#include "model/catalog.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/assert.h"
#include "base/error.h"
#include "model/evolve.h"
#include "model/widen.h"

namespace perdure {
namespace {

bool has_default(const TableDefinition& table) {
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [](const Column& column) { return !column.default_value.is_null(); });
}

std::string key_types(const TableDefinition& table) {
    std::string key;
    for (const Column& column : table.key()) key += column.type.name() + ",";
    return key;
}

// What two versions of one table must agree on; else one of them is not what was written. Names may
// differ; columns only widen.
Status check_versions(const TableDefinition& older, const TableDefinition& newer) {
    bool agree = older.append_only == newer.append_only && older.resident == newer.resident &&
                 key_types(older) == key_types(newer);
    for (const Column& column : older.columns) {
        const auto same = newer.find_number(column.number);
        agree = agree && (!same || may_become(column, newer.columns[*same]));
    }
    for (std::size_t index = 0; agree && index < older.key_columns; ++index) {
        agree = older.columns[index].number == newer.columns[index].number;
    }
    if (agree) return {};
    return error(
        Code::corrupt,
        "table {} (id {}): versions {} and {} cannot belong to one table; run perdure verify",
        newer.name, newer.id, older.version, newer.version);
}

}  // namespace

// Of defaults, == would tell NaN from NaN, and -0 would equal 0.
bool is_same_definition(const TableDefinition& one, const TableDefinition& other) {
    if (!has_default(one) && !has_default(other)) return one == other;
    std::vector<std::byte> first;
    std::vector<std::byte> second;
    encode_definition(one, first);
    encode_definition(other, second);
    return first == second;
}

Catalog::Catalog(const Catalog& other) {
    const std::lock_guard lock(other.mutex_);
    versions_ = other.versions_;
    in_force_ = other.in_force_;
    by_name_ = other.by_name_;
}

Status Catalog::try_all(std::span<const TableDefinition> definitions) const {
    Catalog trial(*this);
    for (const TableDefinition& definition : definitions) PERDURE_TRY(trial.add(definition));
    return {};
}

Status Catalog::add(const TableDefinition& definition) {
    PERDURE_TRY(check_catalogued(definition));
    const std::lock_guard lock(mutex_);
    const auto same_id = versions_.lower_bound({definition.id, 0});
    for (auto at = same_id; at != versions_.end() && at->first.first == definition.id; ++at) {
        if (at->first.second < definition.version) {
            PERDURE_TRY(check_versions(*at->second, definition));
        } else if (at->first.second > definition.version) {
            PERDURE_TRY(check_versions(definition, *at->second));
        } else if (is_same_definition(*at->second, definition)) {
            return {};
        } else {
            return error(
                Code::corrupt,
                "table {} (id {}, version {}) is defined twice and differently; run perdure verify",
                definition.name, definition.id, definition.version);
        }
    }
    const auto known = in_force_.find(definition.id);
    const TableDefinition* const before = known == in_force_.end() ? nullptr : known->second;
    auto kept = std::make_shared<const TableDefinition>(definition);
    if (before == nullptr || before->version < definition.version) {
        const auto [named, is_new] =
            by_name_.try_emplace(lower_case(definition.name), definition.id);
        if (!is_new && named->second != definition.id) {
            return error(Code::corrupt,
                         "two tables are named {}: ids {} and {}; run perdure verify",
                         definition.name, named->second, definition.id);
        }
        if (before != nullptr && !same_name(before->name, definition.name)) {
            by_name_.erase(lower_case(before->name));
        }
        in_force_[definition.id] = kept.get();
        names_.reset();
    }
    versions_.emplace(std::pair(definition.id, definition.version), std::move(kept));
    return {};
}

Result<std::optional<TableDefinition>> Catalog::evolve(const TableDefinition& wanted) const {
    PERDURE_TAKE(TablePlan plan, plan_table(*this, wanted, Evolution()));
    PERDURE_ASSERT(!plan.between);
    return std::move(plan.to);
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

std::vector<std::uint16_t> Catalog::removed(TableId id, std::string_view column) const {
    const std::lock_guard lock(mutex_);
    const auto newest = in_force_.find(id);
    if (newest == in_force_.end()) return {};
    std::map<std::uint16_t, std::string_view> last_names;
    for (auto at = versions_.lower_bound({id, 0}); at != versions_.end() && at->first.first == id;
         ++at) {
        for (const Column& each : at->second->columns) last_names[each.number] = each.name;
    }
    std::vector<std::uint16_t> numbers;
    for (const auto& [number, name] : last_names) {
        if (same_name(name, column) && !newest->second->find_number(number)) {
            numbers.push_back(number);
        }
    }
    return numbers;
}

std::shared_ptr<const Catalog::Names> Catalog::names() const {
    const std::lock_guard lock(mutex_);
    if (names_ != nullptr) return names_;
    auto made = std::make_shared<Names>();
    for (const auto& [name, id] : by_name_) made->emplace_hint(made->end(), name, in_force_.at(id));
    names_ = std::move(made);
    return names_;
}

std::vector<const TableDefinition*> Catalog::tables() const {
    const std::lock_guard lock(mutex_);
    std::vector<const TableDefinition*> tables;
    tables.reserve(in_force_.size());
    for (const auto& [id, definition] : in_force_) tables.push_back(definition);
    return tables;
}

}  // namespace perdure
