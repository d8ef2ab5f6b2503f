// The public Runtime: options checked and handed to the engine's.
#include <algorithm>
#include <thread>

#include "base/assert.h"
#include "base/error.h"
#include "engine/runtime.h"
#include "perdure/runtime.h"

namespace perdure {
namespace {

constexpr std::uint32_t threads_limit = 1024;  // beyond is a slip of the pen

// Before anything is built from them.
const RuntimeOptions& validated(const RuntimeOptions& options) {
    PERDURE_ASSERT(options.validate().ok());
    return options;
}

engine::DutyLimits duty_limits(const RuntimeOptions& options) {
    // Visits wait for disks more than they compute: more at once than a small machine has cores.
    const std::uint32_t at_once = std::clamp(std::thread::hardware_concurrency(), 4U, 16U);
    engine::DutyLimits limits;
    limits.threads_max = options.threads_max;
    limits.at_once = std::min(at_once, options.threads_max);
    return limits;
}

engine::BudgetLimits budget_limits(const RuntimeOptions& options) {
    return {.pending_bytes = options.pending_bytes_max,
            .index_bytes = options.index_bytes_max,
            .journal_bytes = options.journal_bytes_max,
            .cache_bytes = options.store_cache_bytes_max,
            .pool_bytes = options.pool_bytes_max};
}

}  // namespace

Status RuntimeOptions::validate() const {
    if (threads_max < 1 || threads_max > threads_limit) {
        return error(Code::invalid, "threads_max is {}; it must be 1 to {}", threads_max,
                     threads_limit);
    }
    if (pending_bytes_max == 0 || index_bytes_max == 0 || journal_bytes_max == 0 ||
        store_cache_bytes_max == 0) {
        return error(Code::invalid, "the budgets of a runtime must be above 0");
    }
    return {};
}

Runtime::Runtime(const RuntimeOptions& options)
    : engine_(std::make_unique<engine::Runtime>(duty_limits(validated(options)),
                                                budget_limits(options))) {}

Runtime::~Runtime() = default;

RuntimeHealth Runtime::health() const {
    const engine::Budgets& budgets = *engine_->budgets();
    RuntimeHealth health;
    health.worlds = budgets.pending.holders();
    health.threads = engine_->threads();
    health.visits = engine_->visits();
    health.pending_bytes = budgets.pending.used();
    health.pending_bytes_max = budgets.pending.most();
    health.index_bytes = budgets.index.used();
    health.index_bytes_max = budgets.index.most();
    health.journal_bytes = budgets.journal.used();
    health.journal_bytes_max = budgets.journal.most();
    health.store_cache_bytes = budgets.caches.used();
    health.store_cache_bytes_max = budgets.caches.most();
    health.pool_bytes = budgets.pool.kept_bytes();
    return health;
}

}  // namespace perdure
