#include "engine/flush_queue.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/assert.h"
#include "base/seeded_bug.h"

namespace perdure::engine {

FlushQueue::FlushQueue(OnGroup on_group, OnFailure on_failure)
    : on_group_(std::move(on_group)), on_failure_(std::move(on_failure)) {}

namespace {

// A definition has a group to itself, so that a drain can end before it and after it.
std::span<const ChangeSet* const> next_run(std::span<const ChangeSet* const> changes) {
    PERDURE_ASSERT(!changes.empty());
    if (seeded_bug("engine: a definition shares its group")) return changes;
    if (!changes.front()->definitions.empty()) return changes.first(1);
    const auto definition = std::find_if(changes.begin(), changes.end(), [](const ChangeSet* set) {
        return !set->definitions.empty();
    });
    return changes.first(static_cast<std::size_t>(definition - changes.begin()));
}

}  // namespace

void FlushQueue::push(const ChangeSet& changes, std::uint64_t encoded_bytes, bool alarm) {
    bool wake = false;
    {
        const std::scoped_lock lock(mutex_);
        PERDURE_ASSERT(queue_.empty() || queue_.back()->lsn + 1 == changes.lsn);
        PERDURE_ASSERT(queue_.size() == queue_bytes_.size());
        PERDURE_ASSERT(changes.lsn > durable());
        queue_.push_back(&changes);
        queue_bytes_.push_back(encoded_bytes);
        queued_bytes_.fetch_add(encoded_bytes, std::memory_order_relaxed);
        // A leader looks at the queue again before it stops leading.
        wake = alarm && !leading_ && queue_.size() == 1;
    }
    if (wake) alarm_.ring();
}

void FlushQueue::tell(Waiter& waiter, int what) noexcept {
    PERDURE_ASSERT(waiter.told.load(std::memory_order_relaxed) == 0);  // once
    // The waiter may be gone as soon as it sees `what`: notify_one() only uses its address.
    waiter.told.store(what, std::memory_order_release);
    waiter.told.notify_one();
}

void FlushQueue::wait(Lsn lsn) {
    while (durable() < lsn) {
        Waiter self{lsn, 0};
        {
            std::unique_lock lock(mutex_);
            if (durable() >= lsn || failed_) return;
            if (!leading_) {
                leading_ = true;
            } else {
                waiters_.push_back(&self);
                lock.unlock();
                self.told.wait(0, std::memory_order_acquire);
                if (self.told.load(std::memory_order_acquire) == 1) return;
            }
        }
        lead();
        hand_over();
    }
}

bool FlushQueue::step() {
    {
        const std::scoped_lock lock(mutex_);
        if (leading_ || failed_ || queue_.empty()) return false;
        leading_ = true;
    }
    lead();
    hand_over();
    return true;
}

// Writes what is queued now, as one group or as many as the limits demand.
void FlushQueue::lead() {
    {
        const std::scoped_lock lock(mutex_);
        PERDURE_ASSERT(leading_);
        PERDURE_ASSERT(group_.empty());
        PERDURE_ASSERT(group_bytes_.empty());
        PERDURE_ASSERT(!failed_);
        PERDURE_ASSERT(!queue_.empty());  // who waits has had it pushed
        group_.swap(queue_);
        group_bytes_.swap(queue_bytes_);
        attested_ = false;
    }
    std::size_t done = 0;
    while (done < group_.size()) {
        // Before the write: it goes on where the last one ended.
        PERDURE_ASSERT(group_[done]->lsn == durable() + 1);
        const std::uint64_t began = clock_->monotonic_ns();
        auto appended = journal_->append(next_run(std::span(group_).subspan(done)));
        if (!appended) {
            {
                const std::scoped_lock lock(mutex_);
                PERDURE_ASSERT(leading_);
                PERDURE_ASSERT(!failed_);
                failed_ = true;
            }
            on_failure_(appended.status());
            break;
        }
        PERDURE_ASSERT(appended->taken > 0);
        PERDURE_ASSERT(appended->taken <= group_.size() - done);
        PERDURE_ASSERT(appended->last == group_[done + appended->taken - 1]->lsn);
        flush_ns_last_.store(clock_->monotonic_ns() - began, std::memory_order_relaxed);
        std::uint64_t bytes = 0;
        for (std::size_t i = 0; i < appended->taken; ++i) bytes += group_bytes_[done + i];
        const std::uint64_t queued = queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        PERDURE_ASSERT(queued >= bytes);
        done += appended->taken;
        on_group_(*appended);
        durable_.store(appended->last, std::memory_order_release);
    }
    group_.clear();
    group_bytes_.clear();
}

void FlushQueue::hand_over() {
    std::vector<Waiter*> ready;
    Waiter* next = nullptr;
    bool alarm = false;
    {
        const std::scoped_lock lock(mutex_);
        PERDURE_ASSERT(leading_);
        PERDURE_ASSERT(group_.empty());
        leading_ = false;
        const Lsn reached = durable();
        const auto first_left = std::stable_partition(
            waiters_.begin(), waiters_.end(),
            [&](const Waiter* waiter) { return failed_ || waiter->lsn <= reached; });
        ready.assign(waiters_.begin(), first_left);
        waiters_.erase(waiters_.begin(), first_left);
        if (!failed_ && !waiters_.empty()) {
            next = waiters_.front();
            waiters_.pop_front();
            leading_ = true;  // on its behalf: nobody may come between
        } else if (!failed_ && !queue_.empty()) {
            alarm = true;
        }
    }
    // The next leader first: its flush runs while the others wake up.
    if (next) tell(*next, 2);
    if (alarm) alarm_.ring();
    for (Waiter* waiter : ready) tell(*waiter, 1);
}

Status FlushQueue::attest_if_idle() {
    {
        const std::scoped_lock lock(mutex_);
        if (leading_ || failed_ || attested_ || !queue_.empty()) return {};
        leading_ = true;
    }
    Status status = journal_->attest();
    if (status.code() == Code::busy)
        status = Status();  // no room: no harm, the next group attests as well
    {
        const std::scoped_lock lock(mutex_);
        PERDURE_ASSERT(leading_);
        PERDURE_ASSERT(!failed_);
        attested_ = true;
        if (!status.ok()) failed_ = true;
    }
    if (!status.ok()) on_failure_(status);
    hand_over();
    return status;
}

void FlushQueue::rest() {
    {
        const std::scoped_lock lock(mutex_);
        if (leading_ || failed_ || !queue_.empty()) return;
        leading_ = true;
        queue_.shrink_to_fit();
        queue_bytes_.shrink_to_fit();
    }
    group_.shrink_to_fit();
    group_bytes_.shrink_to_fit();
    journal_->give_back_memory();
    hand_over();
}

bool FlushQueue::is_unattested() const {
    const std::scoped_lock lock(mutex_);
    return !attested_ && !failed_;
}

bool FlushQueue::idle() const {
    const std::scoped_lock lock(mutex_);
    return !leading_ && (queue_.empty() || failed_);
}

}  // namespace perdure::engine
