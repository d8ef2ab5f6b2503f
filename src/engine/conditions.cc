// Engine, conditions: what a commit depends on is read beforehand, judged against the newest
// accepted state, and reserved by the tick that is being built.
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "engine/check.h"
#include "engine/engine.h"
#include "model/key.h"
#include "model/rows.h"

namespace perdure::engine {

// Keys that an open tick has judged are the tick's until it is committed; appended keys must be
// new.
Status Engine::check_keys(Proposal& proposal, bool& again) {
    const bool anyone = proposal.from_tick || seeded_bug("engine: a reserved key is anyone's");
    if (!anyone && !core_->reserved.empty()) {
        for (const TouchedKey& key : proposal.touched) {
            if (core_->reserved.count({key.table->id, key.key}) == 0) continue;
            return error(Code::conflict,
                         "table '{}': a key is reserved by the tick that is being built; try "
                         "again after it",
                         key.table->name);
        }
    }
    for (TouchedKey& key : proposal.touched) {
        if (!key.table->append_only) continue;
        const auto greatest = core_->append_max.find(key.table->id);
        if (greatest == core_->append_max.end() || key.key > greatest->second) continue;
        // Looked for in the store, by a check of this commit or of the tick: that check decides.
        if (key.new_at == 0) continue;
        PERDURE_ASSERT(key.new_at <= core_->pending.last() + 1);
        // It was beyond all others when it was staged; others have been appended since.
        if (core_->pending.find(key.table->id, key.key, core_->pending.last()).batch) {
            return error(Code::conflict, "table '{}' is append-only and has a row {} already",
                         key.table->name, key_text(*key.row, 0));
        }
        if (core_->pending.releasing() < key.new_at) continue;
        // Some of them are in the store by now: it is looked for as any other.
        Check check;
        check.table = key.table;
        check.key = key.key;
        check.kind = Condition::Kind::absent;
        check.key_row = key_row(*key.row, 0);
        proposal.checks.push_back(std::move(check));
        key.new_at = 0;
        again = true;
    }
    return {};
}

Status Engine::judge_checks(std::vector<Check>& checks, bool& read_again) {
    for (Check& check : checks) {
        const auto held = core_->held.find({check.table->id, check.key});
        if (held != core_->held.end()) {
            PERDURE_ASSERT(held->second->rows() == 1);
            PERDURE_TRY(judge(check, held->second.get(), 0));
            continue;
        }
        const RowVersion version =
            core_->pending.find(check.table->id, check.key, core_->pending.last());
        if (version.batch && !seeded_bug("engine: conditions see only the store")) {
            const bool there = version.batch->operation() == Operation::upsert;
            PERDURE_TRY(judge(check, there ? version.batch : nullptr, version.row));
            continue;
        }
        // Not pending: what was read from the store stands, unless a newer version came and went
        // since.
        if (!check.read || core_->pending.releasing() > check.read_at) {
            read_again = true;
            return {};
        }
        PERDURE_TRY(judge(check, check.stored ? &*check.stored : nullptr, 0));
    }
    return {};
}

Status Engine::read_for(Check& check) {
    use_store();
    PERDURE_TAKE(const auto snapshot, store_->snapshot());
    PERDURE_TAKE(Batch found, snapshot->find(*check.table, check.key_row));
    check.stored.reset();
    if (found.rows() > 0) check.stored = std::move(found);
    check.read = true;
    // What is newer is pending, unless it was released since: not the newest accepted LSN, which
    // may have been pending when the snapshot was taken and be gone when the check is judged.
    check.read_at = snapshot->watermark().lsn;
    return {};
}

bool Engine::is_beyond_all(const TableDefinition& table, std::string_view key, bool from_tick,
                           Lsn& at) {
    PERDURE_ASSERT(table.append_only);
    const std::scoped_lock lock(core_->mutex);
    const auto greatest = core_->append_max.find(table.id);
    if (greatest != core_->append_max.end() && key <= greatest->second) return false;
    at = from_tick ? 0 : core_->pending.last() + 1;
    if (from_tick) core_->reserved.emplace(table.id, std::string(key));
    return true;
}

void Engine::note_appended(const ChangeSet& changes) {
    if (seeded_bug("engine: appended keys are not remembered")) return;
    std::string key;
    for (const auto* batches : {&changes.batches, &changes.ephemeral}) {
        for (const Batch& batch : *batches) {
            if (!batch.table().append_only) continue;
            std::string& greatest = core_->append_max[batch.table().id];
            for (std::uint32_t row = 0; row < batch.rows(); ++row) {
                key.clear();
                encode_key(batch, row, key);
                if (key > greatest) greatest = key;
            }
        }
    }
}

void Engine::reserve(const TableDefinition& table, std::string_view key) {
    const std::scoped_lock lock(core_->mutex);
    core_->reserved.emplace(table.id, std::string(key));
}

Status Engine::judge_and_reserve(Check& check) {
    const std::scoped_lock lock(core_->mutex);
    bool read_again = false;
    std::vector<Check> one;
    one.push_back(std::move(check));
    const Status status = judge_checks(one, read_again);
    PERDURE_ASSERT(one.size() == 1);
    PERDURE_ASSERT(status.ok() || !read_again);
    check = std::move(one.front());
    PERDURE_TRY(status);
    if (read_again) {
        return error(Code::not_loaded,
                     "table '{}', {}: neither pending nor prefetched; call prefetch() "
                     "before the tick",
                     check.table->name, key_text(check.key_row, 0));
    }
    core_->reserved.emplace(check.table->id, check.key);
    return {};
}

void Engine::release_reserved() {
    const std::scoped_lock lock(core_->mutex);
    core_->reserved.clear();
}

}  // namespace perdure::engine
