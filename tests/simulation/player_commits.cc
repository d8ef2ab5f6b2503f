// Player, its commits: ticks and transactions, and what must come of them.
#include <algorithm>
#include <iterator>

#include "base/assert.h"
#include "base/error.h"
#include "simulation/player.h"

namespace perdure::simulation {
namespace {

constexpr std::size_t beings_max = 8;
constexpr std::uint64_t keys = 5;

// The strongest level of what is written.
Level level_of(const State& state, const std::vector<Write>& writes, const CommitOptions& options) {
    Level level = options.level.value_or(Level::ephemeral);
    for (const Write& write : writes) level = std::max(level, state.at(write.table)->spec.level);
    return level;
}

bool has_table(const std::vector<Write>& writes, std::string_view table) {
    return std::any_of(writes.begin(), writes.end(), [&](const Write& write) { return write.table == table; });
}

const Write* find_write(const std::vector<Write>& writes, const UserChange& change) {
    const auto found = std::find_if(writes.rbegin(), writes.rend(), [&](const Write& write) {
        return write.table == change.table && write.key == change.row.key_text;
    });
    return found == writes.rend() ? nullptr : &*found;
}

}  // namespace

// --- beings --------------------------------------------------------------------------------------

Status Player::change_beings(bool may_create, Recipe* recipe) {
    for (std::uint64_t count = random_.below(4); count > 0; --count) {
        if (may_create && recipe == nullptr && beings_.all().size() < beings_max && random_.chance(1, 3)) {
            const auto kind = random_.chance(1, 4) ? EntityKind::player : EntityKind::plain;
            const auto parent = std::next(beings_.all().begin(),
                                          static_cast<std::ptrdiff_t>(random_.below(beings_.all().size())));
            const std::uint64_t below = random_.chance(1, 2) ? parent->first : 0;
            const Entity made = life_->entities().create(kind, Entity{below});
            if (made.id == 0) {
                log_.add("create() was refused");
                if (faults_ == 0 && !failed() && engine().health().refused_busy == 0) {
                    return error(Code::corrupt, "create() failed without a reason");
                }
                continue;
            }
            log_.add("entity {} is born below {}", made.id, below);
            if (made.id <= model_.highest_id()) {
                return error(Code::corrupt, "id {} was given again; {} was given before", made.id,
                             model_.highest_id());
            }
            model_.handed_out(made.id);
            beings_.add(made.id, kind, below);
            continue;
        }
        const auto being = std::next(beings_.all().begin(),
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
        Cells cells = kit.set(entities, entity, value);
        log_.add("entity {} gets {} {}", id, kit.name, describe(cells));
        being.components.insert_or_assign(std::string(kit.name), std::move(cells));
        if (recipe != nullptr) recipe->sets.push_back({id, std::string(kit.name), value});
        return {};
    }
    if (what < 10) {
        log_.add("entity {} loses {}", id, kit.name);
        const bool had = being.components.erase(std::string(kit.name)) > 0;
        if (kit.remove(entities, entity) == had) return {};
        return error(Code::corrupt, "entity {}: remove<{}>() must answer {}", id, kit.name, had);
    }
    if (what == 10) {
        const bool can = id != world_entity.id;
        log_.add("entity {} is destroyed", id);
        if (entities.destroy(entity) != can) return error(Code::corrupt, "entity {}: destroy()", id);
        if (can) beings_.destroy(id);
        return {};
    }
    const auto other = std::next(beings_.all().begin(),
                                 static_cast<std::ptrdiff_t>(random_.below(beings_.all().size())));
    const std::uint64_t parent = random_.chance(1, 3) ? 0 : other->first;
    const bool can = id != world_entity.id && (parent == 0 || !beings_.is_below(parent, id));
    log_.add("entity {} goes below {}", id, parent);
    if (entities.set_parent(entity, Entity{parent}) != can) {
        return error(Code::corrupt, "entity {}: set_parent({}) must answer {}", id, parent, can);
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
    UserChange change;
    change.table = table.spec.name;
    const auto value = static_cast<std::int32_t>(random_.below(100));
    if (table.spec.append_only) {
        // What a tick has staged is not reserved, so nobody else appends meanwhile.
        if (has_table(staged, change.table) || has_table(tick_staged_, change.table)) return std::nullopt;
        const std::uint64_t next = table.rows.empty() ? 3 : std::stoull(table.rows.rbegin()->first) + 3;
        const std::uint64_t number = random_.chance(2, 3) ? next : random_.below(next + 1);
        change.kind = UserChange::Kind::append;
        change.row = make_user_row(table.spec, number, value);
        return change;
    }
    change.kind = random_.chance(1, 4) ? UserChange::Kind::erase : UserChange::Kind::put;
    change.row = make_user_row(table.spec, random_.below(keys), value);
    if (!random_.chance(1, 3)) return change;
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
        case Condition::Kind::equal: return there != nullptr && there->front() == change.expected_text;
    }
    return false;
}

// True if it was staged. A condition is judged here in a tick, or against what the same transaction staged.
Result<bool> Player::stage(Transaction& to, const UserChange& change, std::vector<Write>& staged,
                           bool in_tick) {
    const bool conditional = change.condition.kind != Condition::Kind::none;
    const bool looks = conditional || change.kind == UserChange::Kind::append;
    if (in_tick && looks) PERDURE_TRY(to.prefetch(change.table, std::span(&change.row.key, 1)));
    const bool judged_now = looks && (in_tick || find_write(staged, change) != nullptr);
    const bool must_conflict = judged_now && !holds(change, staged);
    Status status;
    switch (change.kind) {
        case UserChange::Kind::put: status = to.put(change.table, change.row.row, change.condition); break;
        case UserChange::Kind::erase: status = to.erase(change.table, change.row.key, change.condition); break;
        case UserChange::Kind::append: status = to.append(change.table, change.row.row); break;
    }
    log_.add("  {}{}", describe(change), status.ok() ? "" : ": " + status.text());
    if (must_conflict != (status.code() == Code::conflict) || (!status.ok() && !must_conflict)) {
        return error(Code::corrupt, "{}: staging answered {}, but must answer {}", describe(change),
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

CommitOptions Player::draw_options(bool may_wait) {
    CommitOptions options;
    if (random_.chance(1, 6)) options.level = random_.chance(1, 3) ? Level::stored : Level::journal;
    options.wait = may_wait && random_.chance(1, 5);
    return options;
}

Status Player::step_transaction(bool may_wait) {
    log_.add("transaction:");
    Transaction transaction = life_->begin();
    std::vector<Write> staged;
    bool must_conflict = false;
    for (std::uint64_t count = random_.range(1, 3); count > 0; --count) {
        const auto change = draw_change(staged);
        if (!change) continue;
        const bool own = find_write(staged, *change) != nullptr;
        const bool would_hold = own || holds(*change, staged);
        PERDURE_TAKE(const bool taken, stage(transaction, *change, staged, false));
        if (!taken) continue;
        must_conflict = must_conflict || !would_hold || reserved_.contains({change->table, change->row.key_text});
    }
    if (staged.empty()) return {};
    const CommitOptions options = draw_options(may_wait);
    const Level least = level_of(model_.newest(), staged, options);
    Proposal proposal;
    proposal.writes = std::move(staged);
    proposal.at_once = options.level.has_value();
    proposal.now_ms = now_ms();
    model_.offer(std::move(proposal));
    return conclude(transaction.commit(options), must_conflict, least);
}

// --- ticks ---------------------------------------------------------------------------------------

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

Status Player::step_tick(bool may_wait) {
    log_.add("tick:");
    // Sometimes one that can be staged again just so; nothing else may be waiting to go out with it.
    std::shared_ptr<Recipe> recipe;
    if (tick_staged_.empty() && !marks_left_ && random_.chance(1, 2) && beings_.changes(model_.newest(), variant_).empty()) {
        recipe = std::make_shared<Recipe>();
    }
    PERDURE_TRY(change_beings(may_wait, recipe.get()));
    PERDURE_TRY(stage_in_tick(recipe.get()));
    CommitOptions options = draw_options(may_wait);
    const std::uint64_t next = model_.tick().value_or(0) + 1;
    if (random_.chance(1, 6)) options.tick = next + random_.below(3);
    Proposal proposal;
    proposal.writes = beings_.changes(model_.newest(), variant_);
    proposal.writes.insert(proposal.writes.end(), tick_staged_.begin(), tick_staged_.end());
    proposal.tick = options.tick.value_or(next);
    proposal.recipe = std::move(recipe);
    proposal.at_once = options.level.has_value();
    proposal.now_ms = now_ms();
    const Level least = level_of(model_.newest(), proposal.writes, options);
    const std::uint64_t tick = *proposal.tick;
    const Lsn before = model_.last();
    model_.offer(std::move(proposal));
    const auto token = life_->commit(options);
    PERDURE_TRY(conclude(token, false, least));
    marks_left_ = model_.last() == before;
    if (marks_left_) return {};
    tick_staged_.clear();
    reserved_.clear();
    if (!token.ok() || token->tick() == tick) return {};
    return error(Code::corrupt, "tick {} became tick {}", tick, token->tick().value_or(0));
}

// The last tick once more: the same token if it is the same, else a conflict.
Status Player::step_tick_again() {
    const Recipe* found = model_.recipe();
    if (found == nullptr || !tick_staged_.empty() || failed()) return step_tick(true);
    if (marks_left_ || !beings_.changes(model_.newest(), variant_).empty()) return step_tick(true);
    const Recipe recipe = *found;
    for (const Recipe::Set& set : recipe.sets) {
        const auto& kits = component_kits(variant_);
        const bool known = std::any_of(kits.begin(), kits.end(),
                                       [&](const ComponentKit& kit) { return kit.name == set.component; });
        if (!known) return step_tick(true);
    }
    const std::uint64_t tick = *model_.tick();
    const bool differs = random_.chance(1, 3);
    log_.add("tick {} again{}:", tick, differs ? ", with something more" : "");
    for (const Recipe::Set& set : recipe.sets) {
        for (const ComponentKit& kit : component_kits(variant_)) {
            if (kit.name != set.component) continue;
            beings_.all().at(set.entity).components[set.component] =
                kit.set(life_->entities(), Entity{set.entity}, set.value);
        }
    }
    for (const UserChange& change : recipe.rows) {
        PERDURE_TRY(stage(life_->tick(), change, tick_staged_, true).status());
    }
    if (differs) {
        UserChange more;
        more.table = "accounts";
        more.row = make_user_row(model_.newest().at("accounts")->spec, keys + 1, 1);
        PERDURE_TRY(stage(life_->tick(), more, tick_staged_, true).status());
    }
    marks_left_ = true;
    const auto token = life_->commit({.tick = tick});
    if (engine().health().accepted_lsn != model_.last()) {
        return error(Code::corrupt, "tick {} was accepted a second time", tick);
    }
    if (differs) {
        if (token.status().code() == Code::conflict) return {};
        return error(Code::corrupt, "tick {} again with other content answered {}, but must answer conflict", tick,
                     code_name(token.status().code()));
    }
    tick_staged_.clear();
    reserved_.clear();
    if (!token.ok()) return token.status().with_context("the same tick again");
    if (token->tick() != tick || token->lsn() < model_.tick_lsn()) {
        return error(Code::corrupt, "tick {} again answered the token of change set {}, tick {}; it was {}", tick,
                     token->lsn(), token->tick().value_or(0), model_.tick_lsn());
    }
    return {};
}

Status Player::step_old_tick() {
    if (model_.tick().value_or(0) < 2 || failed()) return step_tick(true);
    log_.add("tick {}, which is past", *model_.tick() - 1);
    const auto token = life_->commit({.tick = *model_.tick() - 1});
    if (token.status().code() == Code::invalid) return {};
    return error(Code::corrupt, "a tick that is past answered {}", code_name(token.status().code()));
}

// --- answers -------------------------------------------------------------------------------------

Status Player::conclude(const Result<Token>& token, bool must_conflict, Level least) {
    const Lsn expected = model_.last() + 1;
    const Lsn accepted = engine().health().accepted_lsn;
    if (accepted == expected) {
        model_.accepted();
        ++figures_.commits;
    } else {
        model_.refused();
    }
    if (accepted != model_.last()) {
        return error(Code::corrupt, "a commit led to change set {} instead of {}", accepted, expected);
    }
    if (token.ok()) {
        log_.add("  accepted as change set {}, level {}", token->lsn(), level_name(token->level()));
        if (must_conflict) return error(Code::corrupt, "accepted, but a condition does not hold");
        if (token->lsn() != expected || accepted != expected) {
            return error(Code::corrupt, "the token is of change set {}, it must be {}", token->lsn(), expected);
        }
        // Both below journal are complete at once; a relaxed component that waits is not even in the tick.
        if (least >= Level::journal && token->level() < least) {
            return error(Code::corrupt, "the token is of level {}, it must be {}", level_name(token->level()),
                         level_name(least));
        }
        tokens_.push_back(*token);
        return {};
    }
    log_.add("  {}", token.status().text());
    if (accepted == expected) {  // it is in, but whether it will stay is not known
        if (token.status().code() == Code::unknown && faults_ > 0) return {};
        return token.status().with_context("accepted, and yet answered");
    }
    if (token.status().code() == Code::conflict) {
        ++figures_.conflicts;
        if (must_conflict) return {};
        return token.status().with_context("all conditions hold");
    }
    ++figures_.refused;
    return judge_refusal(token.status());
}

Status Player::judge_refusal(const Status& status) {
    switch (status.code()) {
        case Code::busy: return {};
        case Code::read_only:
            if (failed()) return {};
            break;
        case Code::io:
        case Code::no_space:
            if (faults_ > 0) return {};
            break;
        default: break;
    }
    return status.with_context("a commit was refused without need");
}

}  // namespace perdure::simulation
