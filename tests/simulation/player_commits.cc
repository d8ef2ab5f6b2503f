// Player, its commits: ticks and transactions, and what must come of them.
#include <algorithm>

#include "base/error.h"
#include "simulation/player.h"
#include "simulation/wrong.h"

namespace perdure::simulation {
namespace {

// The strongest level of what is written.
Level level_of(const State& state, const std::vector<Write>& writes, const CommitOptions& options) {
    Level level = options.level.value_or(Level::ephemeral);
    for (const Write& write : writes) {
        level = std::max(level, state.at(write.table)->spec.level);
    }
    return level;
}

}  // namespace

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
    for (std::uint64_t count = random_.range(1U, 3U); count > 0; --count) {
        if (random_.chance(1, 8)) {
            const std::size_t before = staged.size();
            PERDURE_TRY(stage_structs(transaction, staged));
            for (std::size_t at = before; at < staged.size(); ++at) {
                must_conflict =
                    must_conflict || reserved_.contains({staged[at].table, staged[at].key});
            }
            continue;
        }
        const auto change = draw_change(staged);
        if (!change) continue;
        const bool own = find_write(staged, *change) != nullptr;
        const bool would_hold = own || holds(*change, staged);
        PERDURE_TAKE(const bool taken, stage(transaction, *change, staged, false));
        if (!taken) continue;
        must_conflict = must_conflict || !would_hold ||
                        reserved_.contains({change->table, change->row.key_text});
    }
    if (staged.empty()) return {};
    PERDURE_TRY(find_staged(transaction, staged));
    return commit_transaction(transaction, std::move(staged), must_conflict,
                              draw_options(may_wait));
}

Status Player::commit_transaction(Transaction& transaction, std::vector<Write> staged,
                                  bool must_conflict, const CommitOptions& options) {
    const Level least = level_of(model_.newest(), staged, options);
    Proposal proposal;
    proposal.writes = std::move(staged);
    proposal.must_fail = must_conflict;
    proposal.at_once = options.level.has_value();
    proposal.now_ms = now_ms();
    model_.offer(std::move(proposal));
    return conclude(transaction.commit(options), must_conflict, least);
}

// --- ticks ---------------------------------------------------------------------------------------

Status Player::step_tick(bool may_wait) {
    log_.add("tick:");
    // Sometimes one that can be staged again just so; nothing else may be waiting to go out with
    // it.
    std::shared_ptr<Recipe> recipe;
    if (tick_staged_.empty() && !marks_left_ && random_.chance(1, 2) &&
        beings_.changes(model_.newest(), variant_).empty()) {
        recipe = std::make_shared<Recipe>();
    }
    PERDURE_TRY(change_beings(may_wait, recipe.get()));
    PERDURE_TRY(stage_in_tick(recipe.get()));
    CommitOptions options = draw_options(may_wait);
    const std::uint64_t next = model_.tick().value_or(0) + 1;
    if (random_.chance(1, 6)) options.tick = next + random_.below(3);
    return commit_tick(options, std::move(recipe));
}

Status Player::commit_tick(const CommitOptions& options, std::shared_ptr<Recipe> recipe) {
    const std::uint64_t next = model_.tick().value_or(0) + 1;
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
    return wrong("tick {} became tick {}", tick, token->tick().value_or(0));
}

// The last tick once more: the same token if it is the same, else a conflict.
Status Player::step_tick_again() {
    const Recipe* found = model_.recipe();
    if (found == nullptr || !tick_staged_.empty() || failed()) return step_tick(true);
    if (marks_left_ || !beings_.changes(model_.newest(), variant_).empty()) return step_tick(true);
    const Recipe recipe = *found;
    for (const Recipe::Set& set : recipe.sets) {
        const auto& kits = component_kits(variant_);
        const bool known = std::any_of(kits.begin(), kits.end(), [&](const ComponentKit& kit) {
            return kit.name == set.component;
        });
        if (!known) return step_tick(true);
    }
    const std::uint64_t tick = *model_.tick();
    const bool differs = random_.chance(1, 3);
    log_.add("tick {} again{}:", tick, differs ? ", with something more" : "");
    for (const Recipe::Set& set : recipe.sets) {
        for (const ComponentKit& kit : component_kits(variant_)) {
            if (kit.name != set.component) continue;
            beings_.all().at(set.entity).components[set.component] =
                kit.change(life_->entities(), Entity{set.entity}, set.value, ChangeWay::set);
        }
    }
    for (const UserChange& change : recipe.rows) {
        PERDURE_TRY(stage(life_->tick(), change, tick_staged_, true).status());
    }
    if (differs) {
        UserChange more;
        more.table = "accounts";
        more.row = make_user_row(model_.newest().at("accounts")->spec, user_keys + 1, 1);
        PERDURE_TRY(stage(life_->tick(), more, tick_staged_, true).status());
    }
    // What does not count goes in by itself.
    Proposal rest;
    for (const Write& write : tick_staged_) {
        const bool counts = model_.newest().at(write.table)->spec.level >= Level::journal;
        if (!counts && !differs) rest.writes.push_back(write);
    }
    marks_left_ = true;
    if (!rest.writes.empty()) {
        rest.now_ms = now_ms();
        const Lsn before = model_.last();
        model_.offer(std::move(rest));
        PERDURE_TRY(conclude(life_->commit({.tick = tick}), false, Level::ephemeral));
        if (model_.last() == before) return {};
        tick_staged_.clear();
        reserved_.clear();
        return {};
    }
    const auto token = life_->commit({.tick = tick});
    if (engine().health().accepted_lsn != model_.last()) {
        return wrong("tick {} was accepted a second time", tick);
    }
    if (differs) {
        if (token.status().code() == Code::conflict) return {};
        return wrong("tick {} again with other content answered {}, but must answer conflict", tick,
                     code_name(token.status().code()));
    }
    tick_staged_.clear();
    reserved_.clear();
    if (!token.ok()) return token.status().with_context("the same tick again");
    if (token->tick() != tick || token->lsn() < model_.tick_lsn()) {
        return wrong("tick {} again answered the token of change set {}, tick {}; it was {}", tick,
                     token->lsn(), token->tick().value_or(0), model_.tick_lsn());
    }
    return {};
}

Status Player::step_old_tick() {
    if (model_.tick().value_or(0) < 2 || failed()) return step_tick(true);
    log_.add("tick {}, which is past", *model_.tick() - 1);
    const auto token = life_->commit({.tick = *model_.tick() - 1});
    if (token.status().code() == Code::invalid) return {};
    return wrong("a tick that is past answered {}", code_name(token.status().code()));
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
        return wrong("a commit led to change set {} instead of {}", accepted, expected);
    }
    if (token.ok()) {
        log_.add("  accepted as change set {}, level {}", token->lsn(), level_name(token->level()));
        if (must_conflict) return wrong("accepted, but a condition does not hold");
        if (token->lsn() != expected || accepted != expected) {
            return wrong("the token is of change set {}, it must be {}", token->lsn(), expected);
        }
        // Both below journal are complete at once; a relaxed component that waits is not even in
        // the tick.
        if (least >= Level::journal && token->level() < least) {
            return wrong("the token is of level {}, it must be {}", level_name(token->level()),
                         level_name(least));
        }
        tokens_.push_back(*token);
        if (!random_.chance(1, 4)) return {};
        const auto calls = std::make_shared<int>(0);
        token->then([calls](const Status&) { ++*calls; });
        callbacks_.push_back({*token, calls});
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
