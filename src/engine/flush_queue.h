// FlushQueue: group commit without a timer. Accepted change sets wait here; one leader at a time
// takes all of them, writes them as a group, flushes, and tells whoever waits. While one flush
// runs, the next group forms.
//
// The leader is a caller that waits anyway, which saves two context switches, or else the runtime's
// journal thread. When a leader is done and more has come in, it hands over to the oldest waiter
// that is left; if nobody waits, to the thread.
//
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "engine/alarm.h"
#include "io/clock.h"
#include "journal/journal.h"
#include "model/change_set.h"

namespace perdure::engine {

class FlushQueue {
public:
    // Told about each group once it is durable, before those who wait for it; by the leader.
    using OnGroup = std::function<void(const journal::Appended&)>;
    // Told once, when a group could not be made durable.
    using OnFailure = std::function<void(const Status&)>;

    FlushQueue(OnGroup on_group, OnFailure on_failure);

    void attach(journal::Journal& journal, const io::Clock& clock) {
        journal_ = &journal;
        clock_ = &clock;
    }
    // Called when work has come in that nobody leads: wakes the journal thread. May be empty.
    void set_alarm(std::function<void()> alarm) { alarm_.set(std::move(alarm)); }

    void ring() const { alarm_.ring(); }

    // In LSN order, under the acceptance lock. The change set must stay where it is until its group
    // is reported. `alarm`: somebody other than the caller should see to it.
    void push(const ChangeSet& changes, std::uint64_t encoded_bytes, bool alarm);

    // Leads, or waits for a leader, until `lsn` is durable or the journal has failed.
    void wait(Lsn lsn);
    // Leads once if there is work and no leader. True if a group was written. For the journal
    // thread.
    bool step();
    // Writes an attest group if there is nothing to lead and the last group has not been attested.
    Status attest_if_idle();

    [[nodiscard]] std::uint64_t queued_bytes() const noexcept {
        return queued_bytes_.load(std::memory_order_relaxed);
    }
    // Gives back memory that only a burst needed, unless somebody leads or there is work.
    void rest();

    // True if a group was written since the last attest.
    [[nodiscard]] bool is_unattested() const;
    [[nodiscard]] bool idle() const;
    [[nodiscard]] Lsn durable() const noexcept { return durable_.load(std::memory_order_acquire); }
    // How long the last group took to write and flush.
    [[nodiscard]] std::uint64_t flush_ns_last() const noexcept {
        return flush_ns_last_.load(std::memory_order_relaxed);
    }
    void start_at(Lsn durable) noexcept { durable_.store(durable, std::memory_order_release); }

private:
    struct Waiter {
        Lsn lsn;
        std::atomic<int> told{0};  // 1: durable or failed, 2: lead
    };

    void lead();
    void hand_over();
    static void tell(Waiter& waiter, int what) noexcept;

    // Constant after attach().
    OnGroup on_group_;
    OnFailure on_failure_;
    Alarm alarm_;
    journal::Journal* journal_ = nullptr;
    const io::Clock* clock_ = nullptr;

    mutable std::mutex mutex_;
    // Guarded by mutex_.
    std::vector<const ChangeSet*> queue_;
    std::vector<std::uint64_t> queue_bytes_;
    std::deque<Waiter*> waiters_;  // in the order they came
    bool leading_ = false;
    bool failed_ = false;
    bool attested_ = true;

    std::vector<const ChangeSet*> group_;  // the leader's
    std::vector<std::uint64_t> group_bytes_;
    std::atomic<std::uint64_t> queued_bytes_{0};
    std::atomic<Lsn> durable_{0};
    std::atomic<std::uint64_t> flush_ns_last_{0};
};

}  // namespace perdure::engine
