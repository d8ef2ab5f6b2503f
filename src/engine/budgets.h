// Budgets: what the engines of one runtime share: memory, bytes of journals on disk, and the blocks
// that batches are made of. The rule by which they share is base/budget.h.
//
// Thread rule: any thread. Lifetime: held by the runtime and by every engine that it serves.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/budget.h"
#include "model/block_pool.h"

namespace perdure::engine {

struct BudgetLimits {
    std::uint64_t pending_bytes = no_budget;  // bodies; beyond it they are read back
    std::uint64_t index_bytes = no_budget;    // the indexes and their rows; beyond it `busy`
    std::uint64_t journal_bytes = no_budget;  // on disk; beyond it `busy`
    std::uint64_t cache_bytes = no_budget;    // of stores; what is beyond it is given back
    std::uint64_t pool_bytes = 0;             // of unused blocks
};

struct Budgets {
    explicit Budgets(const BudgetLimits& limits)
        : pending(limits.pending_bytes),
          index(limits.index_bytes),
          journal(limits.journal_bytes),
          caches(limits.cache_bytes),
          pool(limits.pool_bytes) {}

    Budget pending;
    Budget index;
    Budget journal;
    Budget caches;
    BlockPool pool;

    // How long memory that was used stays ready for the next burst.
    static constexpr std::uint64_t pool_trim_interval_ms = 5000;
    // Called now and then by every engine; one of them trims.
    void trim_pool(std::uint64_t now_ms) {
        std::uint64_t last = trimmed_ms.load(std::memory_order_relaxed);
        if (now_ms - last < pool_trim_interval_ms) return;
        if (trimmed_ms.compare_exchange_strong(last, now_ms)) pool.trim_idle();
    }
    std::atomic<std::uint64_t> trimmed_ms{0};
};

}  // namespace perdure::engine
