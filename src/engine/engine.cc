// Engine: the steps that its threads take, health, closing.
#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/digest.h"

namespace perdure::engine {
namespace {

// A store that failed is asked again after this long: a full disk or a dead server needs a moment.
constexpr std::uint64_t store_retry_ms = 1000;
constexpr std::uint64_t checkpoint_retry_ms = 200;  // after one that somebody was in the way of

}  // namespace

void Engine::set_alarms(std::function<void()> journal, std::function<void()> store,
                        std::function<void()> prepare) {
    // All of them or none: a world has its threads, or its callers step it.
    PERDURE_ASSERT(static_cast<bool>(journal) == static_cast<bool>(store));
    PERDURE_ASSERT(static_cast<bool>(prepare) == static_cast<bool>(store));
    threads_.store(static_cast<bool>(store));
    flush_queue_.set_alarm(std::move(journal));
    alarm_store_.set(std::move(store));
    alarm_prepare_.set(std::move(prepare));
}

// By the leader, before anybody is told.
void Engine::group_durable(const journal::Appended& appended) {
    PERDURE_ASSERT(appended.last > core_->progress->durable());
    {
        const std::scoped_lock lock(core_->mutex);
        core_->pending.group_durable(appended.last, core_->epoch, appended.chain, appended.address);
    }
    const Lsn beyond = seeded_bug("engine: the durable LSN is one too high") ? 1 : 0;
    core_->progress->reached_journal(appended.last + beyond);
    call_for_visits();
}

void Engine::journal_failed(const Status& reason) {
    PERDURE_ASSERT(!reason.ok());
    if (!seeded_bug("engine: a failed flush is not final")) core_->progress->fail(reason);
    {
        const std::scoped_lock lock(trouble_mutex_);
        trouble_ = reason;
    }
    tell_stored();
    if (options_.log) options_.log("the journal failed, the world is read-only: " + reason.text());
}

void Engine::help(Lsn lsn, Level level) {
    if (abandoned_.load()) return;
    flush_queue_.wait(lsn);
    if (level == Level::stored && !core_->progress->failed()) await_stored(lsn);
}

void Engine::await_stored(Lsn lsn) {
    want_stored(lsn);
    if (!threads_.load()) {
        while (core_->progress->stored() < lsn && !core_->progress->failed()) {
            const Lsn before = core_->progress->stored();
            const auto stepped = step_store();
            // It failed, or waits until it may try again: health() has the reason.
            if (!stepped || (!*stepped && core_->progress->stored() == before)) return;
        }
        return;
    }
    alarm_store_.ring();
    std::unique_lock lock(stored_mutex_);
    stored_changed_.wait(lock, [&] {
        return core_->progress->stored() >= lsn || core_->progress->failed() || gone_.load() ||
               store_gone_.load();
    });
}

void Engine::want_stored(Lsn lsn) {
    Lsn wanted = stored_wanted_.load();
    while (wanted < lsn && !stored_wanted_.compare_exchange_weak(wanted, lsn)) {
    }
}

// What changed is not guarded by the mutex: without it, a waiter could look before the change and
// sleep after this.
void Engine::tell_stored() {
    { const std::scoped_lock lock(stored_mutex_); }
    stored_changed_.notify_all();
}

bool Engine::drain_due() {
    const Lsn stored = core_->progress->stored();
    if (core_->progress->durable() <= stored) return false;
    if (stored_wanted_.load() > stored || closed_.load()) return true;
    return core_->pending_bytes.load(std::memory_order_relaxed) >= options_.drain_bytes ||
           core_->now_ms() - last_drain_ms_ >= options_.drain_interval_ms;
}

Result<bool> Engine::step_store() {
    const std::scoped_lock lock(store_mutex_);
    if (abandoned_.load(std::memory_order_relaxed)) return false;
    bool more = drain_->release_step();
    const std::uint64_t now = core_->now_ms();
    core_->budgets->trim_pool(now);
    if (now < store_retry_ms_) return more;
    const auto work = [&]() -> Result<bool> {
        if (drain_due()) {
            PERDURE_TAKE(const bool drained, drain_->step());
            PERDURE_ASSERT(drained);  // what is durable and not stored is in a group
            last_drain_ms_ = core_->now_ms();
            checkpoint_wanted_ = true;
            limit_cache();
            tell_stored();
            return true;
        }
        if (checkpoint_wanted_ && now >= checkpoint_retry_ms_) {
            PERDURE_TAKE(const bool unfinished, store_->checkpoint_step());
            PERDURE_TAKE(const store::Watermarks marks, store_->watermarks());
            core_->safe_lsn.store(marks.safe, std::memory_order_relaxed);
            const bool early = seeded_bug("engine: trimmed behind what is visible");
            const Lsn stored = early ? marks.visible.lsn : marks.safe;
            if (!core_->progress->failed()) PERDURE_TRY(journal_->trim(stored));
            alarm_prepare_.ring();
            // A reader may be in the way: nothing is trimmed until it has gone, so this is tried
            // again though nothing more is drained.
            checkpoint_wanted_ = unfinished || marks.safe < marks.visible.lsn;
            checkpoint_retry_ms_ =
                checkpoint_wanted_ && !unfinished ? now + checkpoint_retry_ms : 0;
            return unfinished;
        }
        return false;
    };
    const Result<bool> worked = work();
    if (!worked) {
        store_retry_ms_ = now + store_retry_ms;
        // Nobody need wait for what will never be stored.
        if (worked.status().code() == Code::conflict || !store_->broken().ok()) {
            store_gone_.store(true);
            tell_stored();
        }
        const Status trouble =
            worked.status().with_context("the store is behind, the journal holds what it lacks");
        if (options_.log) options_.log(trouble.text());
        const std::scoped_lock trouble_lock(trouble_mutex_);
        if (!core_->progress->failed()) trouble_ = trouble;
        return worked.status();
    }
    if (!core_->progress->failed()) {
        const std::scoped_lock trouble_lock(trouble_mutex_);
        trouble_ = Status();
    }
    return more || *worked;
}

// The caches of stores are within their budget between drains; during one a store has what its own
// limit allows.
void Engine::limit_cache() {
    core_->cache_share.set(store_->cache_bytes());
    if (!core_->cache_share.is_greedy()) return;
    store_->give_back_memory();
    core_->cache_share.set(store_->cache_bytes());
}

Result<bool> Engine::step_prepare() {
    if (core_->progress->failed()) return false;
    return journal_->prepare_step();
}

void Engine::step_attest() {
    const std::uint64_t idle = core_->clock->monotonic_ns() - idle_since_ns_.load();
    if (idle >= std::uint64_t{options_.attest_idle_ms} * 1'000'000) {
        // A failure is reported through journal_failed().
        static_cast<void>(flush_queue_.attest_if_idle().ok());
    }
}

Status Engine::declare_views(const std::vector<store::View>& views) {
    const std::scoped_lock lock(store_mutex_);
    return store_->declare_views({core_->epoch, core_->stored}, views);
}

const Category* Engine::find_category(std::string_view name) const {
    const auto found = core_->categories.find(name);
    return found == core_->categories.end() ? nullptr : &found->second;
}

std::optional<std::uint64_t> Engine::last_tick() {
    const std::scoped_lock lock(core_->mutex);
    return core_->tick;
}

Result<std::unique_ptr<ReadView>> Engine::view(bool durable_only) {
    use_store();
    return ReadView::open(*core_, *store_, durable_only);
}

Result<Hash128> Engine::digest() {
    Lsn accepted = 0;
    {
        const std::scoped_lock lock(core_->mutex);
        accepted = core_->pending.last();
    }
    PERDURE_TRY(core_->progress->wait(accepted, Level::stored));
    use_store();
    constexpr std::uint32_t rows_per_batch = 16'384;
    PERDURE_TAKE(const auto snapshot, store_->snapshot());
    Hash128 sum;
    for (const TableDefinition* table : core_->catalog.tables()) {
        if (core_->level_of(*table) == Level::ephemeral) continue;
        Batch page;
        while (true) {
            const bool first = page.rows() == 0;
            PERDURE_TAKE(Batch next, snapshot->scan(*table, first ? nullptr : &page,
                                                    first ? 0 : page.rows() - 1, rows_per_batch));
            if (next.rows() == 0) break;
            sum = sum + batch_digest(next);
            page = std::move(next);
            if (page.rows() < rows_per_batch) break;
        }
    }
    return sum;
}

Health Engine::health() {
    Health health;
    health.read_only = core_->progress->failed() || closed_.load();
    health.epoch = core_->epoch;
    health.durable_lsn = core_->progress->durable();
    health.stored_lsn = core_->progress->stored();
    health.safe_lsn = core_->safe_lsn.load();
    {
        const std::scoped_lock lock(core_->mutex);
        health.accepted_lsn = core_->pending.last();
        health.tick = core_->tick;
        PERDURE_ASSERT(health.durable_lsn <= core_->pending.last());
        PERDURE_ASSERT(core_->stored.lsn <= core_->pending.last());
        health.pending_changes = core_->pending.last() - core_->stored.lsn;
        health.pending_bytes = core_->pending.resident_bytes() + core_->pending.kept_bytes();
        health.index_bytes = core_->pending.index_bytes();
    }
    const Budgets& shared = *core_->budgets;
    health.worlds = shared.index.holders();
    health.pending_share_bytes =
        std::min(shared.pending.fair_share(), options_.pending.resident_bytes_max);
    health.index_share_bytes =
        std::min(shared.index.fair_share(), options_.pending.index_bytes_max);
    health.journal_share_bytes = std::min(shared.journal.fair_share(), options_.journal.bytes_max);
    const journal::Statistics journal = journal_->statistics();
    health.journal_bytes = journal.bytes_on_disk;
    health.journal_files = journal.files;
    health.disk_free_bytes = journal.disk_free_bytes;
    health.journal_groups = journal.groups;
    health.journal_bytes_written = journal.bytes_written;
    health.journal_bytes_prepared = journal.bytes_prepared;
    health.refused_busy = refused_busy_.load();
    health.prepare_waits = prepare_waits_.load();
    health.drains = drain_->statistics().transactions.load();
    health.rows_drained = drain_->statistics().rows.load();
    health.flush_us_last = flush_queue_.flush_ns_last() / 1000;
    if (const auto bytes = store_->bytes()) health.store_bytes = *bytes;
    health.store = store_->capabilities().name;
    const std::scoped_lock lock(trouble_mutex_);
    health.trouble = trouble_;
    return health;
}

void Engine::abandon() {
    abandoned_.store(true);
    const std::scoped_lock steps(store_mutex_);
    {
        const std::scoped_lock lock(core_->mutex);
        closed_.store(true, std::memory_order_release);
    }
    core_->progress->fail(error(Code::unknown, "the world was abandoned"));
    tell_stored();
}

Status Engine::close() {
    if (closed_.load()) return {};
    Status status;
    if (!core_->progress->failed()) status = commit_held();
    Lsn accepted = 0;
    {
        const std::scoped_lock lock(core_->mutex);
        closed_.store(true, std::memory_order_release);  // nothing is accepted behind `accepted`
        accepted = core_->pending.last();
    }
    if (status.ok()) status = core_->progress->wait(accepted, Level::journal);
    if (status.ok() && !core_->progress->failed()) {
        {
            const std::scoped_lock lock(store_mutex_);
            store_retry_ms_ = 0;
        }
        while (status.ok() && core_->progress->stored() < accepted) status = step_store().status();
        for (bool more = true; status.ok() && more;) {
            auto stepped = step_store();
            status = stepped.status();
            more = stepped && *stepped;
        }
        if (status.ok()) status = flush_queue_.attest_if_idle();
    }
    // Relaxed rows that waited are lost then, and nothing more was drained.
    if (seeded_bug("engine: closing a failed world is ok")) return status;
    if (status.ok() && core_->progress->failed()) status = core_->progress->failure();
    return status;
}

}  // namespace perdure::engine
