// Core: what the engine's parts share. The acceptance lock guards pending, the order of LSNs and
// everything that says "accepted"; the parts lock it shortly and never while they do I/O.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/seeded_bug.h"
#include "engine/acceptance_mutex.h"
#include "engine/budgets.h"
#include "engine/pending.h"
#include "engine/progress.h"
#include "io/clock.h"
#include "model/catalog.h"
#include "model/digest.h"
#include "perdure/durability.h"
#include "store/store.h"

namespace perdure::engine {

// A row of a relaxed table that waits in memory: the newest of its key.
using HeldRows = std::map<std::pair<TableId, std::string>, std::shared_ptr<const Batch>>;

// What an open snapshot needs of pending: everything above `covered`.
struct ViewMark {
    Lsn covered = 0;
    std::uint64_t opened_ns = 0;
};

struct Core {
    Core(const PendingLimits& limits, const Watermark& stored_at, std::shared_ptr<Budgets> shared,
         Helper& helper)
        : budgets(std::move(shared)),
          pending_share(budgets->pending),
          index_share(budgets->index),
          cache_share(budgets->caches),
          progress(std::make_shared<Progress>(helper)),
          pending(limits, stored_at.lsn),
          stored(stored_at) {}

    // Constant after open, or guarded by themselves.
    const std::shared_ptr<Budgets> budgets;
    Budget::Share pending_share;  // see account()
    Budget::Share index_share;
    Budget::Share cache_share;  // of the store
    Catalog catalog;
    std::shared_ptr<Progress> progress;
    std::map<std::string, Category, std::less<>> categories;
    const Category fallback;  // of a table whose category nobody declares any more
    const io::Clock* clock = nullptr;
    std::function<void(std::string_view)> log;
    std::uint64_t epoch = 0;
    std::atomic<std::uint64_t> safe_lsn{0};
    std::atomic<std::uint64_t> pending_bytes{0};  // bodies; as account() saw it

    // Shared by who opens a view; alone, before the acceptance lock: who changes definitions. So a
    // view's definitions are those of its store's snapshot.
    std::shared_mutex definitions_mutex;
    // Held until one has the mutex above: views that come one after the other would otherwise keep
    // who changes definitions waiting for as long as they come.
    std::mutex definitions_turn;

    AcceptanceMutex mutex;  // the acceptance lock; guards what follows
    // Of tables that changed, or are about to, since the world was opened: rows of older versions
    // are not accepted.
    std::map<TableId, std::uint32_t> versions_min;
    Pending pending;
    Watermark stored;       // the store's visible watermark
    Lsn drain_through = 0;  // change sets up to here are being read by the drain
    std::map<const void*, ViewMark>
        views;  // open snapshots: pending keeps what is above the lowest
    HeldRows held;
    std::uint64_t held_bytes = 0;   // of memory, of their batches
    std::uint64_t held_due_ms = 0;  // when the first of them has waited for its interval
    std::set<std::pair<TableId, std::string>> reserved;  // keys that an open tick has judged
    std::optional<std::uint64_t> tick;                   // the last one accepted
    Lsn tick_lsn = 0;                                    // its change set, or a later one
    Level tick_level = Level::journal;
    std::map<TableId, std::string> append_max;  // greatest key of each append-only table

    [[nodiscard]] const Category& category_of(const TableDefinition& table) const {
        const auto found = categories.find(table.category);
        return found == categories.end() ? fallback : found->second;
    }
    [[nodiscard]] Level level_of(const TableDefinition& table) const {
        return category_of(table).durability;
    }
    // By which a tick that is staged again is known: what its change set must keep. Relaxed rows
    // come and go with their interval, ours (reserved ids) as we need them; neither is the
    // program's doing.
    [[nodiscard]] bool is_content(const TableDefinition& table) const {
        return table.name.front() != '_' && level_of(table) >= Level::journal;
    }
    [[nodiscard]] Hash128 tick_content(const ChangeSet& changes) const {
        Hash128 sum;
        for (const Batch& batch : changes.batches) {
            if (is_content(batch.table())) sum = sum + content_hash(batch);
        }
        return sum;
    }
    // Tells the budgets what pending has now. Locked.
    void account() {
        pending_share.set(pending.resident_bytes());
        pending_bytes.store(pending.resident_bytes() + pending.kept_bytes(),
                            std::memory_order_relaxed);
        index_share.set(pending.index_bytes());
    }
    [[nodiscard]] std::uint64_t now_ms() const { return clock->monotonic_ns() / 1'000'000; }
    // Pending may be released up to here: stored, and covered by every open snapshot that has not
    // expired. Locked.
    [[nodiscard]] Lsn releasable() const {
        Lsn through = stored.lsn;
        if (seeded_bug("engine: pending is released unstored")) through = progress->durable();
        const std::uint64_t now = clock->monotonic_ns();
        for (const auto& [view, mark] : views) {
            // A second of grace: the view's own clock reading may be a little older.
            if (now - mark.opened_ns > store::snapshot_age_ns_max + 1'000'000'000) continue;
            if (!seeded_bug("engine: pending forgets open snapshots")) {
                PERDURE_ASSERT(mark.covered >= pending.released());
                through = std::min(through, mark.covered);
            }
        }
        return through;
    }
};

}  // namespace perdure::engine
