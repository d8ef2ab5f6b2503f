// Engine, relaxed rows of user tables: they wait in memory, newest per key, and enter a later
// change set when their interval is over. Reads and conditions look at them first. Erases go at
// once.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "engine/engine.h"
#include "model/batch_builder.h"
#include "model/key.h"

namespace perdure::engine {
namespace {

// Relaxed rows held at once; beyond it they go out early.
constexpr std::size_t held_rows_max = 100'000;

}  // namespace

// Takes the relaxed upserts out of a change set, unless they go at once. A row that is not held
// replaces one that is.
void Engine::hold_relaxed(ChangeSet& changes, bool at_once) {
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
                core_->held.erase({table.id, key});
                continue;
            }
            BatchBuilder one(table, Operation::upsert);
            one.add(batch, row);
            auto copy = one.finish();
            if (!copy) return;  // one row that does not fit a batch: it goes at once
            if (core_->held.empty()) core_->held_since_ms = core_->now_ms();
            core_->held[{table.id, key}] = std::make_shared<const Batch>(*std::move(copy));
        }
    }
    if (at_once) return;
    std::erase_if(changes.batches, [&](const Batch& batch) {
        return !batch.table().resident && !batch.table().append_only &&
               batch.operation() == Operation::upsert &&
               core_->level_of(batch.table()) == Level::relaxed;
    });
}

bool Engine::held_due() const {
    if (core_->held.empty()) return false;
    if (core_->held.size() >= held_rows_max || closed_.load(std::memory_order_relaxed)) return true;
    const std::uint64_t waited = core_->now_ms() - core_->held_since_ms;
    return std::any_of(core_->held.begin(), core_->held.end(), [&](const auto& row) {
        return waited >= core_->category_of(row.second->table()).interval_ms;
    });
}

// Puts every held row into this change set.
Status Engine::add_held(ChangeSet& changes) {
    std::vector<Batch> batches;
    for (auto row = core_->held.begin(); row != core_->held.end();) {
        const TableDefinition& table = row->second->table();
        BatchBuilder builder(table, Operation::upsert);
        for (; row != core_->held.end() && row->first.first == table.id; ++row) {
            builder.add(*row->second, 0);
        }
        PERDURE_TAKE(Batch batch, builder.finish());
        batches.push_back(std::move(batch));
    }
    core_->held.clear();
    std::move(batches.begin(), batches.end(), std::back_inserter(changes.batches));
    return {};
}

}  // namespace perdure::engine
