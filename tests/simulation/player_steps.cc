// Player, its steps: what a program, and the threads of the engine, may do next.
#include <algorithm>

#include "base/error.h"
#include "simulation/contents.h"
#include "simulation/player.h"
#include "simulation/state_digest.h"
#include "simulation/wrong.h"

namespace perdure::simulation {
namespace {

constexpr std::uint64_t late_tables_max = 2;
// A store that failed is asked again after a second.
constexpr std::uint64_t store_patience_ns = 1'100'000'000;

std::uint64_t late_tables(const State& state) {
    std::uint64_t count = 0;
    while (state.contains(late_table(count).name)) ++count;
    return count;
}

Status compare_tables(const Contents& found, const State& expected, Level least, Lsn lsn) {
    for (const auto& [name, rows] : found) {
        const auto table = expected.find(name);
        if (table == expected.end()) {
            return wrong("a view at change set {} shows a table {}, which is not there", lsn, name);
        }
        const Level level = table->second->spec.level;
        if (level == Level::relaxed && least > Level::relaxed) continue;
        if (level == Level::ephemeral && least > Level::ephemeral) continue;
        if (rows == table->second->rows) continue;
        const auto text = [](const Rows& of) {
            std::string all;
            for (const auto& [key, cells] : of) all.append(" ").append(key).append(describe(cells));
            return all;
        };
        return wrong("a view at change set {} shows table {} as{}; it must be{}", lsn, name,
                     text(rows), text(table->second->rows));
    }
    return {};
}

}  // namespace

Status Player::step() {
    trouble_ = {};
    acknowledge();
    if (failed()) {
        ++figures_.failures;
        if (random_.chance(1, 2)) return step_reopen();
    }
    const auto done = [this]() -> Status {
        switch (random_.below(36)) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4:
            case 5:
            case 6: return step_tick(true);
            case 7:
            case 8:
            case 9:
            case 10:
            case 11:
            case 12: return step_transaction(true);
            case 13:
            case 14:
            case 15:
            case 16: return step_background(Working::journal);
            case 17:
            case 18:
            case 19: return step_background(Working::store);
            case 20:
            case 21: return step_background(Working::prepare);
            case 22:
            case 23: return step_wait();
            case 24:
            case 25: return step_clock();
            case 26: return step_look();
            case 27: return step_declare();
            case 28: return step_tick_again();
            case 29: return random_.chance(1, 2) ? check_digest() : step_old_tick();
            case 30:
            case 31:
            case 32:
            case 33: return step_read();
            default: return step_reopen();
        }
    };
    Status status = done();
    working_ = Working::nothing;
    if (status.ok()) status = trouble_;
    if (!status.ok()) log_.add("FAILED: {}", status.text());
    return status;
}

Status Player::step_clock() {
    const std::uint64_t milliseconds =
        random_.chance(1, 6) ? 1100 : random_.range<std::uint64_t>(1, 60);
    log_.add("{} ms pass", milliseconds);
    clock_.advance_ns(milliseconds * 1'000'000);
    return {};
}

Status Player::step_background(Working part) {
    working_ = part;
    switch (part) {
        case Working::nothing:
        case Working::reader: break;
        case Working::journal:
            if (random_.chance(1, 4)) {
                log_.add("step: attest");
                clock_.advance_ns(10'000'000);
                engine().step_attest();
            } else {
                log_.add("step: journal");
                static_cast<void>(engine().step_journal());
            }
            break;
        case Working::store:
            for (std::uint64_t times = random_.range(1U, 4U); times > 0; --times) {
                log_.add("step: store");
                const auto more = engine().step_store();
                PERDURE_TRY(judge_work(more.status()));
                if (!more.ok() || !*more) break;
            }
            break;
        case Working::prepare:
            log_.add("step: prepare");
            PERDURE_TRY(judge_work(engine().step_prepare().status()));
            break;
    }
    working_ = Working::nothing;
    return {};
}

// Work in the background may fail only if something made it fail, or if a budget is spent.
Status Player::judge_work(const Status& status) {
    if (status.ok()) return {};
    log_.add("it failed: {}", status.text());
    if (faults_ > 0 || status.code() == Code::busy) return {};
    return status.with_context("a step in the background");
}

bool Player::is_fault_of_store(const Status& status) const {
    const bool failed = status.code() == Code::io || status.code() == Code::no_space;
    return failed && machine_.kind == StoreKind::sqlite && faults_ > 0;
}

Status Player::step_wait() {
    if (tokens_.empty()) return step_background(Working::journal);
    const Token token = tokens_[random_.below(tokens_.size())];
    const Level level = random_.chance(1, 3) ? Level::stored : Level::journal;
    log_.add("waits for change set {} to be at level {}", token.lsn(), level_name(level));
    working_ = Working::journal;
    const Status waited = token.wait(level);
    working_ = Working::nothing;
    if (waited.ok()) {
        model_.acknowledge(token.lsn());
        return {};
    }
    log_.add("it was in vain: {}", waited.text());
    if (faults_ > 0) return {};
    return waited.with_context("waiting");
}

Status Player::step_look() {
    log_.add("looks");
    const bool durable_only = failed() || random_.chance(1, 3);
    Lsn lsn = 0;
    auto read = read_user_tables(engine(), model_.newest(), durable_only, lsn);
    if (is_fault_of_store(read.status())) return {};
    PERDURE_TAKE(const Contents found, std::move(read));
    if (lsn < model_.acknowledged() || lsn > model_.last() ||
        (!durable_only && lsn != model_.last())) {
        return wrong("a view shows change set {}; the last is {}, acknowledged is {}", lsn,
                     model_.last(), model_.acknowledged());
    }
    PERDURE_TRY(compare_tables(found, model_.at(lsn),
                               durable_only ? Level::journal : Level::ephemeral, lsn));
    const Health health = engine().health();
    if (health.safe_lsn > health.stored_lsn || health.stored_lsn > health.durable_lsn ||
        health.durable_lsn > health.accepted_lsn || health.accepted_lsn != model_.last()) {
        return wrong("safe {}, stored {}, durable {}, accepted {}; the last is {}", health.safe_lsn,
                     health.stored_lsn, health.durable_lsn, health.accepted_lsn, model_.last());
    }
    PERDURE_TRY(step_poll());
    return beings_.compare(life_->entities(), variant_);
}

// Somebody begins to read, or reads on.
Status Player::step_read() {
    constexpr std::size_t readers_max = 2;
    const bool begins = readers_.empty() || (readers_.size() < readers_max && random_.chance(1, 4));
    if (begins) {
        const bool durable_only = failed() || random_.chance(1, 3);
        auto reader = Reader::open(engine(), model_, durable_only);
        if (is_fault_of_store(reader.status())) return {};
        PERDURE_TAKE(readers_.emplace_back(), std::move(reader));
        log_.add("a reader takes a snapshot of change set {}", readers_.back()->lsn());
    }
    return read_pages(random_.below(readers_.size()));
}

Status Player::read_pages(std::size_t reader) {
    for (std::uint64_t pages = random_.range(1U, 4U); pages > 0; --pages) {
        log_.add("the reader of change set {} reads on", readers_[reader]->lsn());
        const Working outer = std::exchange(working_, Working::reader);
        const auto done = readers_[reader]->step(random_);
        working_ = outer;
        ++figures_.pages;
        const bool goes = !done.ok() || *done;
        const bool old = readers_[reader]->is_old();
        if (goes) {
            if (done.ok()) ++figures_.snapshots;
            readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(reader));
        }
        if (done.status().code() == Code::expired && old) return {};
        if (is_fault_of_store(done.status())) return {};
        PERDURE_TRY(done.status());
        if (goes) return {};
    }
    return {};
}

Status Player::step_declare() {
    const std::uint64_t number = late_tables(model_.newest());
    if (number == late_tables_max || failed()) return step_look();
    log_.add("declares table late_{}", number);
    Proposal proposal;
    proposal.definitions.push_back(late_table(number));
    proposal.at_once = true;
    proposal.now_ms = now_ms();
    model_.offer(std::move(proposal));
    const Status declared = engine().declare({late_table_builder(number).definition()},
                                             engine::Engine::Declaring::running);
    if (engine().health().accepted_lsn == model_.last() + 1) {
        model_.accepted();
    } else {
        model_.refused();
    }
    if (declared.ok()) {
        model_.acknowledge(model_.last());
        return {};
    }
    log_.add("it failed: {}", declared.text());
    if (faults_ == 0 && declared.code() != Code::busy) return declared.with_context("declaring");
    // Whether the table is there is for the next life to find out.
    kill();
    return open();
}

Status Player::step_reopen() {
    const bool cleanly = random_.chance(1, 2);
    if (cleanly) {
        PERDURE_TRY(close());
    } else {
        log_.add("the process dies");
        kill();
    }
    faults_ = 0;
    if (character_.may_evolve) variant_ = draw_variant(random_);
    log_.add("opens again: deep {}, notes {}, purse {}", variant_.deep, variant_.notes,
             variant_.purse);
    return open();
}

// Callbacks are called in poll() only, once, and as soon as their token is done.
Status Player::step_poll() {
    std::vector<bool> due;
    for (const Callback& callback : callbacks_) due.push_back(callback.token.done());
    life_->poll();
    for (std::size_t at = 0; at < due.size(); ++at) {
        const Callback& callback = callbacks_[at];
        if (*callback.calls == (due[at] ? 1 : 0)) continue;
        return wrong("the callback of change set {} was called {} times in a poll",
                     callback.token.lsn(), *callback.calls);
    }
    std::erase_if(callbacks_, [](const Callback& callback) { return *callback.calls > 0; });
    return {};
}

Status Player::check_digest() {
    if (failed()) return step_look();
    log_.add("asks for the digest");
    const auto found = engine().digest();
    if (!found.ok()) {
        if (faults_ > 0) return {};
        return found.status().with_context("the digest");
    }
    model_.acknowledge(model_.last());
    if (digest_ && digest_->first == model_.last() && digest_->second != *found) {
        return wrong("the digest at change set {} is {}; it was {} before", model_.last(),
                     found->hex(), digest_->second.hex());
    }
    digest_ = {model_.last(), *found};
    return compare_digest(*found);
}

// With the model's own. Which version of a relaxed row went out, and how many ids are reserved, is
// for the recovery to judge; here those rows are taken as the store has them.
Status Player::compare_digest(const Hash128& found) {
    Hash128 sum;
    for (const auto& [name, table] : model_.newest()) {
        if (table->spec.level == Level::ephemeral) continue;
        if (table->spec.level > Level::relaxed && table->spec.role != TableRole::reserved_ids) {
            sum = sum + digest_of(*table, table->rows);
            continue;
        }
        auto rows = read_stored(engine(), *table);
        if (is_fault_of_store(rows.status())) return {};
        PERDURE_TAKE(const Rows stored, std::move(rows));
        sum = sum + digest_of(*table, stored);
    }
    ++figures_.digests;
    if (sum == found) return {};
    return wrong("the digest at change set {} is {}; the model's is {}", model_.last(), found.hex(),
                 sum.hex());
}

Status Player::settle() {
    readers_.clear();  // they hold up the checkpoint
    for (int round = 0; round < 3 && !failed(); ++round) {
        clock_.advance_ns(store_patience_ns);
        while (engine().step_journal()) {
        }
        for (bool more = true; more;) {
            const auto stepped = engine().step_store();
            PERDURE_TRY(judge_work(stepped.status()));
            more = stepped.ok() && *stepped;
        }
        for (bool more = true; more;) {
            const auto stepped = engine().step_prepare();
            PERDURE_TRY(judge_work(stepped.status()));
            more = stepped.ok() && *stepped;
        }
    }
    acknowledge();
    if (failed() || faults_ > 0) return {};
    const Lsn before = model_.last();
    for (int attempt = 0; attempt < 20 && model_.last() == before; ++attempt) {
        PERDURE_TRY(step_transaction(true));
    }
    if (model_.last() > before) return {};
    return wrong("everything is written and drained, and yet no commit is accepted");
}

}  // namespace perdure::simulation
