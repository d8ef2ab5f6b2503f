#include "model/evolve.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/cell.h"
#include "model/renames.h"
#include "model/widen.h"

namespace perdure {
namespace {

constexpr std::uint16_t column_number_max = std::numeric_limits<std::uint16_t>::max();
using Place = std::optional<std::size_t>;

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

Status refuse_other_flag(const TableDefinition& world, std::string_view flag, bool has,
                         bool wants) {
    if (has == wants) return {};
    return error(
        Code::incompatible,
        "table {}: the world has it {}{}, the program wants it {}{}; declare it as it was, or "
        "under another name",
        world.name, has ? "" : "not ", flag, wants ? "" : "not ", flag);
}

// The table without what a conversion that was cut short has added.
TableDefinition without_hidden(const TableDefinition& table) {
    TableDefinition base = table;
    const auto first = base.columns.begin() + base.key_columns;  // a key is never hidden
    base.columns.erase(std::remove_if(first, base.columns.end(), is_converting),
                       base.columns.end());
    return base;
}

// One table on its way from what the world has to what the program wants.
class TablePlanner {
public:
    TablePlanner(const TableDefinition& world, const TableDefinition& wanted,
                 const Evolution& evolution)
        : world_(world),
          base_(without_hidden(world)),
          wanted_(wanted),
          evolution_(evolution),
          renames_(Renames::of_fields(evolution, wanted.name)),
          next_(wanted),
          sources_(wanted.columns.size()),
          fills_(wanted.columns.size(), false),
          next_number_(world.next_column_number) {}

    Result<TablePlan> plan() {
        PERDURE_TRY(match());
        PERDURE_TRY(check_table());
        PERDURE_TRY(find_row_conversions());
        for (std::size_t index = 0; index < wanted_.columns.size(); ++index) {
            PERDURE_TRY(settle(index));
        }
        PERDURE_TRY(number_new());
        finish();
        return std::move(plan_);
    }

private:
    // Which column of the world each wanted one is: by number, by a declared rename, by name. A
    // name in the middle of a chain of renames is a new column's: the chain leads past it, to the
    // column at its end. So the order of fields says nothing.
    Status match() {
        std::vector<bool> taken(base_.columns.size(), false);
        const auto take = [&](std::size_t index, std::size_t source) {
            sources_[index] = source;
            taken[source] = true;
        };
        for (std::size_t index = 0; index < wanted_.columns.size(); ++index) {
            if (wanted_.columns[index].number == 0) continue;
            const Place found = base_.find_number(wanted_.columns[index].number);
            if (found && !taken[*found]) take(index, *found);
        }
        const auto find_name = [&](std::string_view name) -> Place {
            const Place found = base_.find_column(name);
            return found && !taken[*found] ? found : std::nullopt;
        };
        for (std::size_t index = 0; index < wanted_.columns.size(); ++index) {
            if (sources_[index] || find_name(wanted_.columns[index].name)) continue;
            if (seeded_bug("model: a declared rename is forgotten")) continue;
            for (const std::string_view old : renames_.before(wanted_.columns[index].name)) {
                const Place found = find_name(old);
                if (!found) continue;
                take(index, *found);
                break;
            }
        }
        for (std::size_t index = 0; index < wanted_.columns.size(); ++index) {
            if (sources_[index]) continue;
            const Column& column = wanted_.columns[index];
            const Place found = find_name(column.name);
            if (!found) {
                PERDURE_TRY(check_two_renames(column.name, find_name(renames_.from(column.name))));
                continue;
            }
            take(index, *found);
            if (base_.columns[*found].name != column.name) {
                return error(Code::incompatible,
                             "table {}, column {}: the world has it as {}, which differs only in "
                             "case; write it the same way",
                             wanted_.name, column.name, base_.columns[*found].name);
            }
        }
        return {};
    }

    // A world has both names if the renames were made at once, and then the name in the middle may
    // be the old field's or a new one's.
    [[nodiscard]] Status check_two_renames(std::string_view name, Place old) const {
        if (!old || !renames_.leaves(name) || !base_.find_column(name)) return {};
        return error(Code::incompatible,
                     "table {}, field {}: it is renamed, and {} is renamed to its name, at once; "
                     "rename them in two versions, or write their numbers",
                     wanted_.name, name, base_.columns[*old].name);
    }

    Status check_table() const {
        PERDURE_TRY(
            refuse_other_flag(base_, "append-only", base_.append_only, wanted_.append_only));
        PERDURE_TRY(refuse_other_flag(base_, "resident", base_.resident, wanted_.resident));
        bool same_key = base_.key_columns == wanted_.key_columns;
        for (std::size_t index = 0; same_key && index < wanted_.key_columns; ++index) {
            same_key = sources_[index] == index &&
                       base_.columns[index].type == wanted_.columns[index].type;
        }
        if (same_key) return {};
        return error(
            Code::incompatible,
            "table {}: the world has the key {}, the program wants {}; keys do not change, so "
            "declare a new table",
            wanted_.name, key_of(base_), key_of(wanted_));
    }

    Status find_row_conversions() {
        next_.conversions = base_.conversions;
        for (const RowConversion& conversion : evolution_.row_conversions) {
            if (!same_name(conversion.table, wanted_.name)) continue;
            const bool done = std::find(base_.conversions.begin(), base_.conversions.end(),
                                        conversion.name) != base_.conversions.end();
            if (done) continue;
            next_.conversions.push_back(conversion.name);
            RowFill fill{&conversion, {}};
            for (const std::string& field : conversion.writes) {
                const Place column = wanted_.find_column(field);
                PERDURE_ASSERT(column && *column >= wanted_.key_columns);
                fills_[*column] = true;
                fill.targets.push_back(*column);
            }
            row_fills_.push_back(std::move(fill));
        }
        if (next_.conversions.size() <= row_conversions_max) return {};
        return error(Code::incompatible,
                     "table {} would have been through {} row conversions; at most {} are "
                     "remembered, so declare a new table",
                     wanted_.name, next_.conversions.size(), row_conversions_max);
    }

    // Takes over number and default of a column that stays; a new one gets its number later.
    Status settle(std::size_t index) {
        Column& column = next_.columns[index];
        const std::uint16_t written = wanted_.columns[index].number;
        normalise_default(column);
        if (fills_[index]) {
            return written != 0 ? check_new_number(column) : Status();
        }
        if (!sources_[index]) return written != 0 ? check_new_number(column) : Status();
        const Column& has = base_.columns[*sources_[index]];
        if (may_become(has, column)) {
            if (written != 0 && written != has.number) return refuse_clash(column, has);
            column.number = has.number;
            column.default_value = widened(has.type, column.type, has.default_value);
            return {};
        }
        std::vector<const Evolution::FieldConversion*> steps = find_steps(has, column);
        if (steps.empty()) return refuse_type(column, has);
        fills_[index] = true;
        field_fills_.push_back({index, *sources_[index], std::move(steps)});
        return written != 0 ? check_new_number(column) : Status();
    }

    Status refuse_clash(const Column& wants, const Column& has) const {
        return error(Code::incompatible,
                     "table {}, column {}: the program writes the number {}, the world gave it {}; "
                     "write {}, or give the new one another name",
                     wanted_.name, wants.name, wants.number, has.number, has.number);
    }

    // Of a column that the world is to get.
    Status check_new_number(const Column& column) const {
        const Place same = base_.find_number(column.number);
        if (same) {
            return error(Code::incompatible,
                         "table {}, column {}: a conversion makes a new column of it, and the "
                         "world gave the number {} to {}; write another number, from {} on",
                         wanted_.name, column.name, column.number, base_.columns[*same].name,
                         next_number_);
        }
        const Place hidden = world_.find_number(column.number);
        if (column.number >= next_number_ || hidden) return {};
        return error(Code::incompatible,
                     "table {}, column {}: the number {} belonged to a column that was removed, "
                     "and is not given again; write another number, from {} on",
                     wanted_.name, column.name, column.number, next_number_);
    }

    Status refuse_type(const Column& wants, const Column& has) const {
        const bool other_name = has.name != wants.name;
        return error(Code::incompatible,
                     "table {}, column {}: the world has {}{}, the program wants {}, which is no "
                     "wider one; declare it as it was, convert it with schema.convert(), or give "
                     "the new one another name{}",
                     wanted_.name, wants.name, described(has),
                     other_name ? " under the name " + has.name : "", described(wants),
                     wants.number != 0 ? " and number" : "");
    }

    // The shortest chain of conversions from one type to the other.
    [[nodiscard]] std::vector<const Evolution::FieldConversion*> find_steps(
        const Column& has, const Column& wants) const {
        struct Reached {
            Column column;
            std::vector<const Evolution::FieldConversion*> steps;
        };
        std::vector<Reached> reached{{has, {}}};
        for (std::size_t at = 0; at < reached.size(); ++at) {
            for (const Evolution::FieldConversion& conversion : evolution_.conversions) {
                if (!same_name(conversion.table, wanted_.name) ||
                    !same_name(conversion.field, wants.name)) {
                    continue;
                }
                const bool used =
                    std::any_of(reached.begin(), reached.end(), [&](const Reached& one) {
                        return !one.steps.empty() && one.steps.back() == &conversion;
                    });
                Column from = has;
                from.type = conversion.from;
                from.nullable = conversion.from_nullable;
                if (used || !may_become(reached[at].column, from)) continue;
                Reached next{from, reached[at].steps};
                next.column.type = conversion.to;
                next.column.nullable = conversion.to_nullable;
                next.steps.push_back(&conversion);
                if (may_become(next.column, wants)) return next.steps;
                reached.push_back(std::move(next));
            }
        }
        return {};
    }

    // Columns that conversions fill take the numbers of hidden ones that fit: a conversion that was
    // cut short goes on in the same columns.
    Status number_new() {
        if (seeded_bug("model: a removed column's number is given again")) {
            next_number_ = static_cast<std::uint16_t>(base_.columns.size() + 1);
        }
        std::vector<std::uint16_t> used;
        for (const Column& column : next_.columns) {
            if (column.number != 0) used.push_back(column.number);
        }
        const auto is_used = [&](std::uint16_t number) {
            return std::find(used.begin(), used.end(), number) != used.end();
        };
        for (std::size_t index = 0; index < next_.columns.size(); ++index) {
            Column& column = next_.columns[index];
            if (fills_[index] && column.number == 0) {
                for (const Column& hidden : world_.columns) {
                    if (!is_converting(hidden) || is_used(hidden.number)) continue;
                    if (hidden.type != column.type || hidden.nullable != column.nullable) continue;
                    column.number = hidden.number;
                    break;
                }
            }
            while (column.number == 0) {
                if (next_number_ == column_number_max) {
                    return error(Code::incompatible,
                                 "table {}: all {} column numbers were given, and removed columns "
                                 "keep theirs; declare a new table instead of column {}",
                                 wanted_.name, column_number_max - 1, column.name);
                }
                const std::uint16_t number = next_number_++;
                if (!is_used(number)) column.number = number;
            }
            used.push_back(column.number);
            if (column.number >= next_number_) {
                next_number_ = static_cast<std::uint16_t>(column.number + 1);
            }
        }
        return {};
    }

    void finish() {
        next_.id = world_.id;
        next_.version = world_.version;
        next_.next_column_number = next_number_;
        remark_likely_rename();
        if (!row_fills_.empty() || !field_fills_.empty()) make_between();
        if (plan_.between) {
            next_.version = plan_.between->version + 1;
            plan_.to = std::move(next_);
        } else if (!is_same_definition(world_, next_)) {
            ++next_.version;
            plan_.to = std::move(next_);
        }
    }

    void make_between() {
        TableDefinition between = base_;
        between.next_column_number = next_number_;
        std::map<std::size_t, std::size_t> places;  // of wanted columns in the version between
        for (std::size_t index = 0; index < next_.columns.size(); ++index) {
            if (!fills_[index]) continue;
            Column hidden = next_.columns[index];
            hidden.name = text::format("{}{}", converting_prefix, hidden.number);
            places[index] = between.columns.size();
            between.columns.push_back(std::move(hidden));
        }
        plan_.between_is_there = is_same_definition(world_, between);
        if (!plan_.between_is_there) ++between.version;
        plan_.between = std::move(between);
        for (FieldFill& fill : field_fills_) {
            fill.target = places.at(fill.target);
            plan_.fields.push_back(std::move(fill));
        }
        for (RowFill& fill : row_fills_) {
            for (std::size_t& target : fill.targets) target = places.at(target);
            plan_.rows.push_back(std::move(fill));
        }
    }

    // One field gone and another of its type come: nobody can know whether it is the same one.
    void remark_likely_rename() {
        for (const Column& gone : base_.columns) {
            if (next_.find_number(gone.number)) continue;
            for (std::size_t index = 0; index < next_.columns.size(); ++index) {
                const Column& come = next_.columns[index];
                if (fills_[index] || base_.find_number(come.number) || come.type != gone.type) {
                    continue;  // it was there, or a conversion makes it
                }
                plan_.remarks.push_back(text::format(
                    "table {}: {} ({}) is gone and {} is new: had it been the same field, "
                    "schema.renamed_field() would have said so; SQL still has what it held",
                    wanted_.name, gone.name, gone.type.name(), come.name));
                break;
            }
        }
    }

    const TableDefinition& world_;
    const TableDefinition base_;  // without hidden columns
    const TableDefinition& wanted_;
    const Evolution& evolution_;
    const Renames renames_;  // of the table's fields
    TableDefinition next_;
    std::vector<Place> sources_;  // of wanted columns, in base_
    std::vector<bool> fills_;     // whether a conversion fills them
    std::uint16_t next_number_;
    std::vector<FieldFill> field_fills_;  // targets are wanted columns until make_between()
    std::vector<RowFill> row_fills_;
    TablePlan plan_;
};

Result<TablePlan> plan_new(const Catalog& catalog, const TableDefinition& wanted,
                           const Evolution& evolution) {
    TablePlan plan;
    TableDefinition made = wanted;
    made.version = 1;
    made.conversions.clear();
    PERDURE_TAKE(made.id, catalog.next_id());
    for (const RowConversion& conversion : evolution.row_conversions) {
        if (same_name(conversion.table, wanted.name)) made.conversions.push_back(conversion.name);
    }
    std::uint16_t next = 1;
    std::uint16_t end = 1;
    for (Column& column : made.columns) {
        normalise_default(column);
        while (column.number == 0) {
            const std::uint16_t number = next++;
            const auto has_it = [&](const Column& other) { return other.number == number; };
            if (std::none_of(made.columns.begin(), made.columns.end(), has_it)) {
                column.number = number;
            }
        }
        end = std::max(end, static_cast<std::uint16_t>(column.number + 1));
    }
    made.next_column_number = end;
    plan.to = std::move(made);
    return plan;
}

// Which of the world's tables had this name before.
const TableDefinition* find_renamed(const Catalog& catalog, std::string_view name,
                                    const Renames& renames) {
    for (const std::string_view old : renames.before(name)) {
        if (const TableDefinition* found = catalog.find(old)) return found;
    }
    return nullptr;
}

// Whether the world's table of this name is another one's today, and this name free for a new one.
bool is_renamed_away(const Catalog& catalog, std::string_view name, const Renames& renames) {
    const auto names = renames.after(name);
    return !names.empty() && std::none_of(names.begin(), names.end(), [&](std::string_view next) {
        return catalog.find(next) != nullptr;
    });
}

}  // namespace

bool is_converting(const Column& column) noexcept {
    return column.name.starts_with(converting_prefix);
}

Result<TablePlan> plan_table(const Catalog& catalog, const TableDefinition& wanted,
                             const Evolution& evolution) {
    PERDURE_TRY(wanted.validate(Naming::internal));
    PERDURE_TRY(check_written_numbers(wanted));
    const TableDefinition* world = catalog.find(wanted.name);
    if (world != nullptr && world->name != wanted.name) {
        return error(
            Code::incompatible,
            "table {}: the world has it as {}, which differs only in case; write it the same way",
            wanted.name, world->name);
    }
    const Renames renames = Renames::of_tables(evolution);
    if (world == nullptr) {
        world = find_renamed(catalog, wanted.name, renames);
    } else if (is_renamed_away(catalog, wanted.name, renames)) {
        world = nullptr;
        const std::string_view old = renames.from(wanted.name);
        if (!old.empty() && catalog.find(old) != nullptr) {
            return error(Code::incompatible,
                         "table {}: it is renamed, and {} is renamed to its name, at once; rename "
                         "them in two versions",
                         wanted.name, old);
        }
    }
    if (world == nullptr) return plan_new(catalog, wanted, evolution);
    return TablePlanner(*world, wanted, evolution).plan();
}

}  // namespace perdure
