// Player, its changes: what it does to entities and to rows of user tables before it commits.
#include <algorithm>
#include <iterator>
#include <span>

#include "base/assert.h"
#include "base/error.h"
#include "simulation/plain_text.h"
#include "simulation/player.h"
#include "simulation/wrong.h"

namespace perdure::simulation {
namespace {

constexpr std::size_t beings_max = 8;

bool has_table(const std::vector<Write>& writes, std::string_view table) {
    return std::any_of(writes.begin(), writes.end(),
                       [&](const Write& write) { return write.table == table; });
}

}  // namespace

const Write* find_write(const std::vector<Write>& writes, const UserChange& change) {
    const auto found = std::find_if(writes.rbegin(), writes.rend(), [&](const Write& write) {
        return write.table == change.table && write.key == change.row.key_text;
    });
    return found == writes.rend() ? nullptr : &*found;
}

// --- beings --------------------------------------------------------------------------------------

Status Player::change_beings(bool may_create, Recipe* recipe) {
    for (std::uint64_t count = random_.below(4); count > 0; --count) {
        if (may_create && recipe == nullptr && beings_.all().size() < beings_max &&
            random_.chance(1, 3)) {
            const auto kind = random_.chance(1, 4) ? EntityKind::player : EntityKind::plain;
            const auto parent =
                std::next(beings_.all().begin(),
                          static_cast<std::ptrdiff_t>(random_.below(beings_.all().size())));
            const std::uint64_t below = random_.chance(1, 2) ? parent->first : 0;
            const Entity made = life_->entities().create(kind, Entity{below});
            if (made.id == 0) {
                log_.add("create() was refused");
                if (faults_ == 0 && !failed() && engine().health().refused_busy == 0) {
                    return wrong("create() failed without a reason");
                }
                continue;
            }
            log_.add("entity {} is born below {}", made.id, below);
            if (made.id <= model_.highest_id()) {
                return wrong("id {} was given again; {} was given before", made.id,
                             model_.highest_id());
            }
            model_.handed_out(made.id);
            beings_.add(made.id, kind, below);
            continue;
        }
        const auto being =
            std::next(beings_.all().begin(),
                      static_cast<std::ptrdiff_t>(random_.below(beings_.all().size())));
        PERDURE_TRY(change_being(being->first, recipe));
    }
    return {};
}

// With a recipe: only what can be done again just so.
Status Player::change_being(std::uint64_t id, Recipe* recipe) {
    Entities& entities = life_->entities();
    const Entity entity{id};
    const std::uint64_t what = recipe != nullptr ? 0 : random_.below(12);
    const auto& kits = component_kits(variant_);
    const ComponentKit& kit = kits[random_.below(kits.size())];
    Being& being = beings_.all().at(id);
    if (what < 8) {
        if (recipe != nullptr && kit.name == "Mood") return {};  // waits: not surely in the tick
        const auto value = static_cast<std::int32_t>(random_.below(100));
        const auto way =
            recipe != nullptr ? ChangeWay::set : static_cast<ChangeWay>(random_.below(change_ways));
        Cells cells = kit.change(entities, entity, value, way);
        log_.add("entity {} gets {} {}", id, kit.name, describe(cells));
        being.components.insert_or_assign(std::string(kit.name), std::move(cells));
        if (recipe != nullptr) recipe->sets.push_back({id, std::string(kit.name), value});
        return {};
    }
    if (what < 10) {
        log_.add("entity {} loses {}", id, kit.name);
        const bool had = being.components.erase(std::string(kit.name)) > 0;
        if (kit.remove(entities, entity) == had) return {};
        return wrong("entity {}: remove<{}>() must answer {}", id, kit.name, had);
    }
    if (what == 10) {
        const bool can = id != world_entity.id;
        log_.add("entity {} is destroyed", id);
        if (entities.destroy(entity) != can) return wrong("entity {}: destroy()", id);
        if (can) beings_.destroy(id);
        return {};
    }
    const auto other = std::next(beings_.all().begin(),
                                 static_cast<std::ptrdiff_t>(random_.below(beings_.all().size())));
    const std::uint64_t parent = random_.chance(1, 3) ? 0 : other->first;
    const bool can = id != world_entity.id && (parent == 0 || !beings_.is_below(parent, id));
    log_.add("entity {} goes below {}", id, parent);
    if (entities.set_parent(entity, Entity{parent}) != can) {
        return wrong("entity {}: set_parent({}) must answer {}", id, parent, can);
    }
    if (can) being.parent = parent;
    return {};
}

// --- user tables ---------------------------------------------------------------------------------

std::optional<UserChange> Player::draw_change(const std::vector<Write>& staged) {
    std::vector<const ModelTable*> tables;
    for (const auto& [name, table] : model_.newest()) {
        if (table->spec.role == TableRole::user) tables.push_back(table.get());
    }
    const ModelTable& table = *tables[random_.below(tables.size())];
    if (in_store_ && table.spec.append_only) return std::nullopt;  // may have to be looked for
    UserChange change;
    change.table = table.spec.name;
    const auto value = static_cast<std::int32_t>(random_.below(100));
    if (table.spec.append_only) {
        // What a tick has staged is not reserved, so nobody else appends meanwhile.
        if (has_table(staged, change.table) || has_table(tick_staged_, change.table))
            return std::nullopt;
        const std::uint64_t next =
            table.rows.empty() ? 3 : std::stoull(table.rows.rbegin()->first) + 3;
        const std::uint64_t number = random_.chance(2, 3) ? next : random_.below(next + 1);
        change.kind = UserChange::Kind::append;
        change.row = make_user_row(table.spec, number, value);
        return change;
    }
    change.kind = random_.chance(1, 4) ? UserChange::Kind::erase : UserChange::Kind::put;
    change.row = make_user_row(table.spec, random_.below(user_keys), value);
    if (in_store_ || !random_.chance(1, 3)) return change;
    switch (random_.below(3)) {
        case 0: change.condition = if_absent(); break;
        case 1: change.condition = if_present(); break;
        default: {
            const auto there = table.rows.find(change.row.key_text);
            const std::int64_t expected = there != table.rows.end() && random_.chance(3, 4)
                                              ? std::stoll(there->second.front())
                                              : std::int64_t{value};
            change.condition = if_equal({{column_name(table.spec.columns.front()), expected}});
            change.expected_text = std::to_string(expected);
        }
    }
    return change;
}

bool Player::holds(const UserChange& change, const std::vector<Write>& staged) const {
    const Cells* there = nullptr;
    if (const Write* own = find_write(staged, change)) {
        if (own->cells) there = &*own->cells;
    } else {
        const Rows& rows = model_.newest().at(change.table)->rows;
        const auto row = rows.find(change.row.key_text);
        if (row != rows.end()) there = &row->second;
    }
    if (change.kind == UserChange::Kind::append) return there == nullptr;
    switch (change.condition.kind) {
        case Condition::Kind::none: return true;
        case Condition::Kind::absent: return there == nullptr;
        case Condition::Kind::present: return there != nullptr;
        case Condition::Kind::equal:
            return there != nullptr && there->front() == change.expected_text;
    }
    return false;
}

// True if it was staged. A condition is judged here in a tick, or against what the same transaction
// staged.
Result<bool> Player::stage(Transaction& to, const UserChange& change, std::vector<Write>& staged,
                           bool in_tick) {
    const bool conditional = change.condition.kind != Condition::Kind::none;
    const bool looks = conditional || change.kind == UserChange::Kind::append;
    if (in_tick && looks) {
        const Status fetched = to.prefetch(change.table, std::span(&change.row.key, 1));
        if (is_fault_of_store(fetched)) return false;
        PERDURE_TRY(fetched);
    }
    const bool judged_now = looks && (in_tick || find_write(staged, change) != nullptr);
    const bool must_conflict = judged_now && !holds(change, staged);
    Status status;
    switch (change.kind) {
        case UserChange::Kind::put:
            status = to.put(change.table, change.row.row, change.condition);
            break;
        case UserChange::Kind::erase:
            status = to.erase(change.table, change.row.key, change.condition);
            break;
        case UserChange::Kind::append: status = to.append(change.table, change.row.row); break;
    }
    log_.add("  {}{}", describe(change), status.ok() ? "" : ": " + status.text());
    if (must_conflict != (status.code() == Code::conflict) || (!status.ok() && !must_conflict)) {
        return wrong("{}: staging answered {}, but must answer {}", describe(change),
                     code_name(status.code()), must_conflict ? "conflict" : "ok");
    }
    if (!status.ok()) return false;
    const bool erases = change.kind == UserChange::Kind::erase;
    staged.push_back({change.table, change.row.key_text,
                      erases ? std::optional<Cells>() : std::optional<Cells>(change.row.cells)});
    if (in_tick && conditional) reserved_.insert({change.table, change.row.key_text});
    // An append that is not beyond all others was looked for, and so its key is reserved, too.
    if (in_tick && change.kind == UserChange::Kind::append) {
        const Rows& rows = model_.newest().at(change.table)->rows;
        const bool beyond = rows.empty() || change.row.key_text > rows.rbegin()->first;
        if (!beyond) reserved_.insert({change.table, change.row.key_text});
    }
    return true;
}

Status Player::stage_structs(Transaction& to, std::vector<Write>& staged) {
    const TableSpec& spec = model_.newest().at("accounts")->spec;
    std::vector<AccountRow> rows;
    std::uint32_t id = 0;
    for (std::uint64_t count = random_.range(1U, 3U); count > 0; --count) {
        id += random_.range(0U, 2U);
        rows.push_back({id, static_cast<std::int64_t>(random_.below(100)) * 2});
        const auto value = static_cast<std::int32_t>(rows.back().balance);
        const UserRow row = make_user_row(spec, id, value);  // even: the note is its default
        log_.add("  struct put accounts {} {}", row.key_text, describe(row.cells));
        staged.push_back({spec.name, row.key_text, row.cells});
    }
    return to.put_rows("accounts", std::span<const AccountRow>(rows));
}

// What was staged first, then the newest accepted, then the store.
Status Player::find_staged(Transaction& in, const std::vector<Write>& staged) {
    if (in_store_ || failed() || !random_.chance(1, 3)) return {};
    const auto at = std::next(model_.newest().begin(),
                              static_cast<std::ptrdiff_t>(random_.below(model_.newest().size())));
    const ModelTable& table = *at->second;
    if (table.spec.role != TableRole::user) return {};
    UserChange sought;
    sought.table = at->first;
    sought.row = make_user_row(table.spec, random_.below(user_keys), 0);
    std::optional<Cells> expected;
    if (const Write* own = find_write(staged, sought)) {
        expected = own->cells;
    } else if (const auto row = table.rows.find(sought.row.key_text); row != table.rows.end()) {
        expected = row->second;
    }
    auto answer = in.find(sought.table, sought.row.key);
    if (is_fault_of_store(answer.status())) return {};
    PERDURE_TAKE(const std::optional<Batch> found, std::move(answer));
    std::optional<Cells> cells;
    if (found) {
        cells.emplace();
        for (const ColumnSpec& column : table.spec.columns) {
            const auto place = found->table().find_column(column.name);
            if (!place) return wrong("a row of {} has no column {}", sought.table, column.name);
            cells->push_back(plain_text(found->value(*place, 0)));
        }
    }
    if (cells == expected) return {};
    return wrong("find() in a transaction: {} has {} under {}; it must be {}", sought.table,
                 cells ? describe(*cells) : "no row", sought.row.key_text,
                 expected ? describe(*expected) : "no row");
}

Status Player::stage_in_tick(Recipe* recipe) {
    for (std::uint64_t count = random_.below(3); count > 0; --count) {
        auto change = draw_change(tick_staged_);
        if (!change) continue;
        if (recipe != nullptr) {
            if (change->kind == UserChange::Kind::append) continue;
            change->condition = {};
        }
        PERDURE_TAKE(const bool taken, stage(life_->tick(), *change, tick_staged_, true));
        if (taken && recipe != nullptr) recipe->rows.push_back(*change);
    }
    return {};
}

}  // namespace perdure::simulation
