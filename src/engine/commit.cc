// Engine, the commit path: classify, make room, accept. See ARCHITECTURE.md, "The commit path".
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "engine/engine.h"
#include "model/key.h"

namespace perdure::engine {
namespace {

// How often a commit tries again when others changed what it read, or took the room it made, before
// it gives up.
constexpr int attempts_max = 8;

std::uint64_t indexed_rows(const ChangeSet& changes) {
    std::uint64_t rows = 0;
    for (const Batch& batch : changes.batches) rows += batch.table().resident ? 0 : batch.rows();
    for (const Batch& batch : changes.ephemeral) rows += batch.rows();
    return rows;
}

std::uint64_t kept_bytes(const ChangeSet& changes) {
    std::uint64_t bytes = 0;
    for (const Batch& batch : changes.batches) bytes += batch.table().resident ? 0 : batch.bytes();
    for (const Batch& batch : changes.ephemeral) bytes += batch.bytes();
    return bytes;
}

// A commit of nothing of its own: see Engine::step_held().
bool is_only_for_held(const Proposal& proposal) {
    const ChangeSet& changes = proposal.changes;
    return !changes.tick && changes.batches.empty() && changes.ephemeral.empty() &&
           changes.definitions.empty() && proposal.checks.empty() && proposal.touched.empty();
}

}  // namespace

Status Engine::refuse_if_failed() const {
    if (closed_.load(std::memory_order_acquire)) {
        return error(Code::read_only, "the world is closed");
    }
    if (!core_->progress->failed()) return {};
    return error(Code::read_only, "the world accepts no more commits: {}; reopen it to recover",
                 core_->progress->failure().message());
}

// A row that no store can hold must not be accepted: the drain would never get past it.
Status Engine::check_row_sizes(const ChangeSet& changes) const {
    for (const auto* batches : {&changes.batches, &changes.ephemeral}) {
        for (const Batch& batch : *batches) {
            if (batch.bytes() <= options_.row_bytes_max) continue;
            for (std::uint32_t row = 0; row < batch.rows(); ++row) {
                std::uint64_t bytes = 0;
                for (std::size_t column = 0; column < batch.columns(); ++column) {
                    const ColumnType& type = batch.table().columns[column].type;
                    bytes += type.is_variable() ? batch.cell(column, row).size() : 16;
                }
                if (bytes <= options_.row_bytes_max) continue;
                return error(Code::invalid,
                             "table '{}', {}: a row of {} bytes passes the limit of {}; keep it in "
                             "pieces",
                             batch.table().name, key_text(batch, row), bytes,
                             options_.row_bytes_max);
            }
        }
    }
    return {};
}

// Rows of ephemeral tables leave the frame; the strongest level of the others is the commit's.
Level Engine::classify(ChangeSet& changes, const CommitOptions& options) const {
    const Level raised = options.level.value_or(Level::ephemeral);
    Level level = raised;
    bool only_journal = true;
    for (const Batch& batch : changes.batches) {
        const Level own = std::max(core_->level_of(batch.table()), raised);
        level = std::max(level, own);
        only_journal = only_journal && own >= Level::journal;
    }
    if (only_journal && raised < Level::journal) return std::max(level, Level::ephemeral);
    const auto leaves = [&](const Batch& batch) {
        return core_->level_of(batch.table()) == Level::ephemeral &&
               !seeded_bug("engine: ephemeral rows go into the frame");
    };
    const auto first = std::stable_partition(changes.batches.begin(), changes.batches.end(),
                                             [&](const Batch& batch) { return !leaves(batch); });
    std::move(first, changes.batches.end(), std::back_inserter(changes.ephemeral));
    changes.batches.erase(first, changes.batches.end());
    PERDURE_ASSERT(level >= raised);
    return level;
}

Status Engine::make_room(std::uint64_t encoded_bytes) {
    if (encoded_bytes > options_.change_set_bytes_max) {
        return error(Code::invalid,
                     "a change set of {} bytes passes the limit of {}; commit in parts",
                     encoded_bytes, options_.change_set_bytes_max);
    }
    const std::uint64_t wanted = flush_queue_.queued_bytes() + encoded_bytes;
    if (journal_->has_room(wanted)) return {};
    // The preparing thread did not keep up: this commit prepares its own room. See
    // docs/decisions/0005-room-before-acceptance.md.
    prepare_waits_.fetch_add(1, std::memory_order_relaxed);
    return journal_->prepare(wanted);
}

Result<Token> Engine::commit(Proposal& proposal, const CommitOptions& options) {
    PERDURE_TRY(refuse_if_failed());
    PERDURE_TRY(InsideGate::refuse(*this));
    if (proposal.from_tick) {
        const auto last = last_tick();
        const std::uint64_t tick = options.tick.value_or(last.value_or(0) + 1);
        if (last && tick < *last) {
            return error(Code::invalid, "tick {} is behind the last one, {}: ticks only go forward",
                         tick, *last);
        }
        proposal.changes.tick = tick;
        if (seeded_bug("engine: a refused commit takes its tick")) core_->tick = tick;
        if (last && tick == *last) {
            PERDURE_TAKE(const bool same, is_last_tick_again(proposal, tick));
            if (!same && !seeded_bug("engine: the last tick again may differ")) {
                return error(Code::conflict,
                             "tick {} was committed already, with other content; commit the "
                             "next one, {}",
                             tick, tick + 1);
            }
            return repeat_last_tick(proposal, options, tick);
        }
    }
    return commit_changes(proposal, options);
}

// The last tick again: it stands as it is. Staged rows that are no part of its content go in by
// themselves; what lives in a domain's memory is still marked there. Conditions were judged when
// they were staged.
Result<Token> Engine::repeat_last_tick(Proposal& proposal, const CommitOptions& options,
                                       std::uint64_t tick) {
    proposal.tick_again = true;
    const auto stays = [&](const TableDefinition& table) {
        return table.resident || table.name.front() == '_' || core_->is_content(table);
    };
    std::erase_if(proposal.changes.batches,
                  [&](const Batch& batch) { return stays(batch.table()); });
    proposal.changes.ephemeral.clear();
    std::erase_if(proposal.touched, [&](const TouchedKey& key) { return stays(*key.table); });
    proposal.checks.clear();
    proposal.changes.tick.reset();
    Lsn lsn = 0;
    Level level = options.level.value_or(Level::ephemeral);
    {
        const std::scoped_lock lock(core_->mutex);
        PERDURE_ASSERT(core_->tick >= tick);
        PERDURE_ASSERT(core_->tick_lsn <= core_->pending.last());
        lsn = core_->tick_lsn;
        level = std::max(level, core_->tick_level);
    }
    if (!proposal.changes.batches.empty()) {
        PERDURE_TAKE(const Token rest, commit_changes(proposal, options));
        lsn = rest.lsn();
        level = std::max(level, rest.level());
    }
    return token_of(lsn, level, tick, options);
}

// Whoever stands at the gate sees what would be accepted, no more: not the last tick again.
Result<Token> Engine::commit_changes(Proposal& proposal, const CommitOptions& options) {
    if (gate_ == nullptr || !proposal.from_program) return commit_admitted(proposal, options);
    Result<bool> entered = false;
    {
        const InsideGate inside(*this);
        entered = gate_->enter(proposal.changes);
    }
    PERDURE_TRY(entered.status());
    if (!*entered) return commit_admitted(proposal, options);
    Result<Token> token = commit_admitted(proposal, options);
    const bool accepted = token.ok() || seeded_bug("engine: the gate is not told of a refusal");
    gate_->leave(accepted ? nullptr : &proposal.changes);
    return token;
}

Result<Token> Engine::commit_admitted(Proposal& proposal, const CommitOptions& options) {
    PERDURE_ASSERT(proposal.changes.lsn == 0);  // not accepted yet
    PERDURE_TRY(check_row_sizes(proposal.changes));
    const Level level = classify(proposal.changes, options);
    Lsn lsn = 0;
    for (int attempt = 1;; ++attempt) {
        for (Check& check : proposal.checks) {
            if (check.read) continue;
            const Status read = read_for(check);
            if (read.ok()) continue;
            const std::scoped_lock lock(core_->mutex);
            PERDURE_TRY(check_versions(proposal));  // the table is not as it was staged
            return read;
        }
        const std::uint64_t encoded = journal::encoded_bytes_max(proposal.changes);
        const std::uint64_t held = held_room();
        Status room = held > 0 ? make_room(encoded + held) : Status();
        if (held == 0 || !room.ok()) room = make_room(encoded);
        if (!room.ok()) {
            refused_busy_.fetch_add(1, std::memory_order_relaxed);
            return room;
        }
        bool again = false;
        const Status status = accept(proposal, options, level, encoded, lsn, again);
        if (status.ok()) break;
        if (!again || attempt == attempts_max) {
            if (status.code() == Code::busy) refused_busy_.fetch_add(1, std::memory_order_relaxed);
            return status;
        }
        for (Check& check : proposal.checks) check.read = false;
    }
    return token_of(lsn, level, proposal.changes.tick, options);
}

Token Engine::token_of(Lsn lsn, Level level, std::optional<std::uint64_t> tick,
                       const CommitOptions& options) {
    PERDURE_ASSERT(lsn > 0);
    if (level == Level::stored && !options.wait) {
        want_stored(lsn);
        alarm_store_.ring();
    }
    return Token(core_->progress, lsn, level, tick);
}

Status Engine::accept(Proposal& proposal, const CommitOptions& options, Level level,
                      std::uint64_t encoded_bytes, Lsn& lsn, bool& again) {
    const std::scoped_lock lock(core_->mutex);
    PERDURE_TRY(refuse_if_failed());
    PERDURE_ASSERT(core_->stored.lsn <= core_->pending.last());
    PERDURE_ASSERT(core_->pending.released() <= core_->stored.lsn);
    PERDURE_TRY(check_versions(proposal));
    PERDURE_TRY(check_keys(proposal, again));
    // Somebody changed, and the drain released, what a check had read: read it again.
    if (!again) PERDURE_TRY(judge_checks(proposal.checks, again));
    if (again)
        return error(Code::busy, "rows that this commit depends on change too fast; try again");
    const std::uint64_t bytes = kept_bytes(proposal.changes);
    const std::uint64_t rows = indexed_rows(proposal.changes);
    if (core_->pending.is_full(bytes, rows)) {
        return error(Code::busy,
                     "the pending index is at its limit ({} bytes): the store is {} change sets "
                     "behind; try again when it has caught up",
                     options_.pending.index_bytes_max, core_->pending.last() - core_->stored.lsn);
    }
    const std::uint64_t grows = bytes + rows * index_bytes_per_row;
    if (grows > 0 && !core_->index_share.may_grow(grows) &&
        !seeded_bug("engine: a runtime's budget is not asked")) {
        return error(Code::busy,
                     "the worlds of this runtime share {} bytes of pending index, and hold {}, "
                     "this one {}; try again when its store has caught up",
                     core_->budgets->index.most(), core_->budgets->index.used(),
                     core_->index_share.used());
    }
    if (!journal_->has_room(flush_queue_.queued_bytes() + encoded_bytes)) {
        again = true;
        return error(Code::busy, "the journal has no room prepared for {} more bytes; try again",
                     encoded_bytes);
    }
    const bool at_once = options.level && *options.level >= Level::journal;
    if (!at_once && held_is_full(proposal.changes)) {
        return error(Code::busy,
                     "{} relaxed rows, {} bytes, wait for room in the journal; try again when the "
                     "store has caught up",
                     core_->held.size(), core_->held_bytes);
    }
    const bool held = hold_relaxed(proposal.changes, at_once);
    // Definitions are alone in their change set.
    bool added = false;
    if (proposal.changes.definitions.empty() && held_due()) {
        added = add_held(proposal.changes, flush_queue_.queued_bytes() + encoded_bytes);
    }
    if (!added && is_only_for_held(proposal)) {
        return error(Code::busy, "the journal has no room for the relaxed rows that are due");
    }

    // Nothing refuses it from here on.
    ChangeSet changes = std::move(proposal.changes);
    lsn = core_->pending.last() + 1;
    changes.lsn = lsn;
    if (!changes.definitions.empty()) {
        PERDURE_ASSERT(changes.batches.empty());
        PERDURE_ASSERT(changes.ephemeral.empty());
        PERDURE_ASSERT(!changes.tick);
    }
    if (changes.tick) {
        PERDURE_ASSERT(core_->tick_lsn < lsn);
        core_->tick = changes.tick;
        core_->tick_lsn = lsn;
        core_->tick_level = level;
        core_->reserved.clear();
    }
    proposal.changes.tick = changes.tick;
    note_appended(changes);
    const std::uint64_t encoded =
        held || added ? journal::encoded_bytes_max(changes) : encoded_bytes;
    // What it takes in the journal was looked at before it was accepted: it cannot fail for room.
    PERDURE_ASSERT(added || encoded <= encoded_bytes);
    const Entry& entry = core_->pending.push(std::move(changes));
    PERDURE_ASSERT(entry.changes.lsn == lsn);
    flush_queue_.push(entry.changes, encoded, !options.wait);
    if (seeded_bug("engine: acknowledged before the flush")) core_->progress->reached_journal(lsn);
    idle_since_ns_.store(core_->clock->monotonic_ns(), std::memory_order_relaxed);
    core_->account();
    let_go_of_bodies(core_->progress->durable());
    return {};
}

// Beyond its own limit, or its share of a runtime's budget that is spent: of what is durable.
// Locked, or nobody else is there yet.
void Engine::let_go_of_bodies(Lsn durable) {
    std::uint64_t most = options_.pending.resident_bytes_max;
    if (core_->pending_share.is_greedy())
        most = std::min(most, core_->budgets->pending.fair_share());
    if (core_->pending.resident_bytes() <= most) return;
    core_->pending.let_go(durable, core_->drain_through, most);
    core_->account();
}

// What was staged under an older version of a table would be applied after the change.
Status Engine::check_versions(const Proposal& proposal) const {
    if (core_->versions_min.empty() || proposal.converts) return {};
    if (seeded_bug("engine: rows of a version before are accepted")) return {};
    const auto check = [&](const TableDefinition& table) -> Status {
        const auto found = core_->versions_min.find(table.id);
        if (found == core_->versions_min.end() || table.version >= found->second) return {};
        return error(Code::conflict,
                     "table '{}' changes, or has changed, since this was staged: stage it again in "
                     "a new transaction",
                     table.name);
    };
    for (const auto* batches : {&proposal.changes.batches, &proposal.changes.ephemeral}) {
        for (const Batch& batch : *batches) PERDURE_TRY(check(batch.table()));
    }
    for (const Check& one : proposal.checks) PERDURE_TRY(check(*one.table));
    return {};
}

// The content of the last tick against this one's. The last one's rows are in pending, or in the
// journal, or its hash is kept with the store's watermark.
Result<bool> Engine::is_last_tick_again(const Proposal& proposal, std::uint64_t tick) {
    const Hash128 offered = core_->tick_content(proposal.changes);
    std::optional<journal::GroupAddress> found;
    {
        const std::scoped_lock lock(core_->mutex);
        // What the store has need not be in the journal any more.
        if (core_->tick_lsn <= core_->stored.lsn) return core_->stored.tick_content == offered;
        const Entry& entry = core_->pending.entry(core_->tick_lsn);
        PERDURE_ASSERT(entry.changes.tick == tick);
        PERDURE_ASSERT(!entry.let_go || entry.epoch != 0);
        if (!entry.let_go) return core_->tick_content(entry.changes) == offered;
        found = entry.address;
    }
    PERDURE_TAKE(const auto group, journal_->read(*found, core_->catalog));
    for (const ChangeSet& set : group) {  // untaken: as below
        if (set.tick == tick) return core_->tick_content(set) == offered;
    }
    // The journal answers with the group that was written there, or fails.
    return error(Code::corrupt, "tick {} is missing", tick);  // untaken: read() has judged it
}

}  // namespace perdure::engine
