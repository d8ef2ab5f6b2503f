// Engine, what the runtime's threads do with it: the steps of a duty, and when to come again. Where
// nothing is to be done for a while, nobody comes: what happens meanwhile rings an alarm, once.
//
// The order in each visit: first what is planned is forgotten, then the work is looked for. So what
// happens behind the look rings, and what happened before it is seen.
#include <algorithm>
#include <chrono>

#include "engine/engine.h"

namespace perdure::engine {
namespace {

// Unused for so long, an engine gives back what only makes it quicker.
constexpr std::uint64_t rest_after_ms = 10'000;
constexpr std::uint64_t retry_ms = 5;
// A snapshot keeps pending from letting go; its end rings nothing.
constexpr std::uint64_t release_retry_ms = 200;
// A full disk or a spent budget may have room again.
constexpr std::uint64_t prepare_retry_ms = 200;

// The earliest of some times in milliseconds, as a time to wait from now.
class Soonest {
public:
    explicit Soonest(std::uint64_t now) : now_(now) {}
    void at(std::uint64_t when) { when_ = std::min(when_.value_or(when), when); }
    // At least one millisecond: what could be done at once was done.
    [[nodiscard]] std::optional<std::chrono::milliseconds> wait() const {
        if (!when_) return std::nullopt;
        return std::chrono::milliseconds(std::max<std::uint64_t>(*when_, now_ + 1) - now_);
    }

private:
    const std::uint64_t now_;
    std::optional<std::uint64_t> when_;
};

// Whether a visit after this wait is soon enough for what is wanted within `ms`.
bool is_within(const std::optional<std::chrono::milliseconds>& wait, std::uint64_t ms) {
    return wait && static_cast<std::uint64_t>(wait->count()) <= std::max<std::uint64_t>(ms, 1);
}

}  // namespace

// By the leader: a group wants to be attested, drained, and followed by room.
void Engine::call_for_visits() {
    if (!threads_.load()) return;
    idle_since_ns_.store(core_->clock->monotonic_ns(), std::memory_order_relaxed);
    journal_rested_.store(false);
    store_rested_.store(false);
    store_used_ms_.store(core_->now_ms(), std::memory_order_relaxed);
    if (!journal_visit_planned_.exchange(true)) flush_queue_.ring();
    const bool at_once =
        core_->pending_bytes.load(std::memory_order_relaxed) >= options_.drain_bytes ||
        stored_wanted_.load() > core_->progress->stored();
    if (!store_visit_planned_.exchange(true) || at_once) alarm_store_.ring();
    if (journal_->wants_files() && !prepare_visit_planned_.exchange(true)) alarm_prepare_.ring();
}

// A snapshot may open a connection, whose memory somebody takes back when it has become quiet.
void Engine::use_store() {
    store_used_ms_.store(core_->now_ms(), std::memory_order_relaxed);
    if (!store_rested_.exchange(false)) return;
    if (!store_visit_planned_.exchange(true)) alarm_store_.ring();
}

Visit Engine::visit_journal() {
    journal_visit_planned_.store(false);
    if (step_journal()) return {.more = true, .again = {}};
    step_held();
    step_attest();
    if (abandoned_.load() || core_->progress->failed()) return {};
    const std::uint64_t now = core_->now_ms();
    const std::uint64_t idle_since = idle_since_ns_.load() / 1'000'000;
    Soonest next(now);
    // What is overdue was in somebody's way just now: a leader, or a journal without room.
    const auto plan = [&](std::uint64_t due) { next.at(due > now ? due : now + retry_ms); };
    if (flush_queue_.is_unattested()) plan(idle_since + options_.attest_idle_ms);
    if (holds_.load()) {
        const std::scoped_lock lock(core_->mutex);
        if (!core_->held.empty()) plan(core_->held_due_ms);
    }
    if (!journal_rested_.load()) {
        if (now >= idle_since + rest_after_ms) {
            journal_rested_.store(true);
            flush_queue_.rest();
        } else {
            next.at(idle_since + rest_after_ms);
        }
    }
    const Visit visit{.more = false, .again = next.wait()};
    if (is_within(visit.again, options_.attest_idle_ms)) journal_visit_planned_.store(true);
    return visit;
}

Visit Engine::visit_store() {
    store_visit_planned_.store(false);
    const auto more = step_store();  // failures are in health()
    if (more && *more) return {.more = true, .again = {}};
    const Visit visit = plan_store();
    if (is_within(visit.again, options_.drain_interval_ms)) store_visit_planned_.store(true);
    return visit;
}

Visit Engine::plan_store() {
    const std::scoped_lock lock(store_mutex_);
    if (abandoned_.load()) return {};
    const std::uint64_t now = core_->now_ms();
    Soonest next(now);
    if (core_->progress->durable() > core_->progress->stored()) {
        next.at(std::max(last_drain_ms_ + options_.drain_interval_ms, store_retry_ms_));
    }
    if (checkpoint_wanted_) next.at(std::max(checkpoint_retry_ms_, store_retry_ms_));
    {
        const std::scoped_lock core_lock(core_->mutex);
        if (core_->pending.released() < core_->stored.lsn) next.at(now + release_retry_ms);
    }
    if (!store_rested_.load()) {
        const std::uint64_t rest_at = store_used_ms_.load() + rest_after_ms;
        if (now < rest_at) {
            next.at(std::min(rest_at, now + Budgets::pool_trim_interval_ms));
        } else if (checkpoint_wanted_) {
            next.at(now + Budgets::pool_trim_interval_ms);
        } else {
            store_rested_.store(true);
            rest_store();
        }
    }
    return {.more = false, .again = next.wait()};
}

void Engine::rest_store() {
    store_->give_back_memory();
    core_->cache_share.set(store_->cache_bytes());
    const std::scoped_lock lock(core_->mutex);
    core_->pending.rest();
    core_->account();
}

Visit Engine::visit_prepare() {
    prepare_visit_planned_.store(false);
    if (abandoned_.load() || core_->progress->failed() || closed_.load()) return {};
    const auto more = step_prepare();
    if (more) return {.more = *more, .again = {}};
    prepare_visit_planned_.store(true);
    return {.more = false, .again = std::chrono::milliseconds(prepare_retry_ms)};
}

}  // namespace perdure::engine
