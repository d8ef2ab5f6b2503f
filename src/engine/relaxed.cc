// Engine, relaxed rows of user tables: they wait in memory, newest per key, and enter a later
// change set when their interval is over. Reads and conditions look at them first. Erases go at
// once.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "engine/engine.h"
#include "engine/read_view.h"
#include "model/key.h"
#include "model/rows.h"

namespace perdure::engine {
namespace {

// Relaxed rows held at once; beyond it, or beyond held_bytes_max, they go out early. Where the
// journal has no room for them they go on waiting, up to twice as many.
constexpr std::size_t held_rows_max = 100'000;

}  // namespace

void Engine::hold(const std::string& key, std::shared_ptr<const Batch> row) {
    PERDURE_ASSERT(row->rows() == 1);
    PERDURE_ASSERT(row->operation() == Operation::upsert);
    const TableDefinition& table = row->table();
    PERDURE_ASSERT(!table.resident);
    PERDURE_ASSERT(!table.append_only);
    const std::uint64_t due = core_->now_ms() + core_->category_of(table).interval_ms;
    core_->held_due_ms = core_->held.empty() ? due : std::min(core_->held_due_ms, due);
    drop_held(table.id, key);
    core_->held_bytes += row->bytes();
    core_->held[{table.id, key}] = std::move(row);
    holds_.store(true, std::memory_order_relaxed);
}

void Engine::drop_held(TableId table, const std::string& key) {
    const auto found = core_->held.find({table, key});
    if (found == core_->held.end()) return;
    PERDURE_ASSERT(core_->held_bytes >= found->second->bytes());
    core_->held_bytes -= found->second->bytes();
    core_->held.erase(found);
    PERDURE_ASSERT(!core_->held.empty() || core_->held_bytes == 0);
}

// Takes the relaxed upserts out of a change set, unless they go at once; true if there were some. A
// row that is not held replaces one that is.
bool Engine::hold_relaxed(ChangeSet& changes, bool at_once) {
    std::string key;
    for (Batch& batch : changes.batches) {
        const TableDefinition& table = batch.table();
        if (table.resident) continue;  // components wait where they live
        const bool relaxed =
            !at_once && core_->level_of(table) == Level::relaxed && !table.append_only;
        if (!relaxed && core_->held.empty()) continue;
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            key.clear();
            encode_key(batch, row, key);
            if (!relaxed || batch.operation() == Operation::erase) {
                if (!seeded_bug("engine: an old relaxed row wins")) drop_held(table.id, key);
                continue;
            }
            hold(key, std::make_shared<const Batch>(single_row(batch, row)));
        }
    }
    if (at_once) return false;
    const std::size_t taken = std::erase_if(changes.batches, [&](const Batch& batch) {
        return !batch.table().resident && !batch.table().append_only &&
               batch.operation() == Operation::upsert &&
               core_->level_of(batch.table()) == Level::relaxed;
    });
    return taken > 0;
}

bool Engine::held_due() const {
    if (core_->held.empty() || seeded_bug("engine: relaxed rows are never due")) return false;
    return core_->held.size() >= held_rows_max || core_->held_bytes >= options_.held_bytes_max ||
           core_->now_ms() >= core_->held_due_ms;
}

// Whether this change set has relaxed rows that would have to wait, and no more may.
bool Engine::held_is_full(const ChangeSet& changes) const {
    if (core_->held.size() < 2 * held_rows_max && core_->held_bytes < 2 * options_.held_bytes_max)
        return false;
    return std::any_of(changes.batches.begin(), changes.batches.end(), [&](const Batch& batch) {
        return !batch.table().resident && !batch.table().append_only &&
               batch.operation() == Operation::upsert &&
               core_->level_of(batch.table()) == Level::relaxed;
    });
}

// What held rows may take in the journal, more or less; 0 if they go on waiting.
std::uint64_t Engine::held_room() {
    if (!holds_.load(std::memory_order_relaxed)) return 0;
    const std::scoped_lock lock(core_->mutex);
    return held_due() ? 2 * core_->held_bytes + io::block_bytes : 0;
}

// The held rows as a change set.
Result<ChangeSet> Engine::gather_held() const {
    ChangeSet gathered;
    std::vector<RowOf> rows;
    for (auto row = core_->held.begin(); row != core_->held.end();) {
        const TableDefinition& table = row->second->table();
        rows.clear();
        for (; row != core_->held.end() && row->first.first == table.id; ++row) {
            rows.push_back({row->second.get(), 0});
        }
        PERDURE_TAKE(Batch batch,  // untaken: 2 GiB of rows
                     gather_rows(table, Operation::upsert, rows));
        gathered.batches.push_back(std::move(batch));
    }
    return gathered;
}

// Puts every held row into this change set, if the journal has room for them as well; else they
// wait for the next one.
bool Engine::add_held(ChangeSet& changes, std::uint64_t room_taken) {
    Result<ChangeSet> gathered = gather_held();
    if (!gathered) return false;  // untaken: 2 GiB of rows
    if (!journal_->has_room(room_taken + journal::encoded_bytes_max(*gathered))) return false;
    for (Batch& held : gathered->batches) {
        const auto own =
            std::find_if(changes.batches.begin(), changes.batches.end(), [&](const Batch& batch) {
                return batch.table().id == held.table().id &&
                       batch.operation() == Operation::upsert;
            });
        if (own == changes.batches.end()) {
            changes.batches.push_back(std::move(held));
            continue;
        }
        // One batch per table and operation. Their keys differ: see hold_relaxed().
        std::vector<RowOf> both;
        for (const Batch* batch : {&std::as_const(*own), &std::as_const(held)}) {
            for (std::uint32_t row = 0; row < batch->rows(); ++row) both.push_back({batch, row});
        }
        auto merged = gather_rows(held.table(), Operation::upsert, both);
        if (!merged) return false;  // untaken: 2 GiB of rows
        *own = *std::move(merged);
    }
    core_->held.clear();
    core_->held_bytes = 0;
    holds_.store(false, std::memory_order_relaxed);
    return true;
}

// If nobody commits, relaxed rows go out by themselves when their interval is over.
void Engine::step_held() {
    if (held_room() == 0) return;
    Proposal nothing;
    // A refusal is no harm: they are held, and this is tried again.
    static_cast<void>(commit(nothing, {.tick = {}, .level = Level::journal}).ok());
}

// The last change set of a world that is being closed. They are gathered as they are accepted: by
// then others may have replaced some of them.
Status Engine::commit_held() {
    {
        const std::scoped_lock lock(core_->mutex);
        if (core_->held.empty()) return {};
        core_->held_due_ms = 0;
    }
    Proposal nothing;
    const Status status = commit(nothing, {.tick = {}, .level = Level::journal}).status();
    const std::scoped_lock lock(core_->mutex);
    return core_->held.empty() ? Status() : status;
}

}  // namespace perdure::engine
