// Progress: how far a world's change sets have come, shared by the engine and every token it gave
// out.
//
// Thread rule: any thread. Lifetime: shared; it outlives the engine, after which nothing more is
// reached.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "base/assert.h"
#include "model/change_set.h"
#include "perdure/durability.h"
#include "perdure/status.h"

namespace perdure::engine {

// What can bring a change set to a level, on the caller's thread.
class Helper {
public:
    virtual ~Helper() = default;
    // Returns when `lsn` has reached `level` or never will.
    virtual void help(Lsn lsn, Level level) = 0;
};

class Progress {
public:
    explicit Progress(Helper& helper) : helper_(&helper) {}

    // For the engine.
    void reached_journal(Lsn lsn) noexcept {
        PERDURE_ASSERT(lsn >= durable());
        durable_.store(lsn, std::memory_order_release);
    }
    void reached_store(Lsn lsn) noexcept {
        PERDURE_ASSERT(lsn >= stored());
        stored_.store(lsn, std::memory_order_release);
    }
    // From now on nothing more is reached; the reason is kept for health().
    void fail(const Status& reason);
    // The engine goes away. Waits until nobody is inside it.
    void detach();

    [[nodiscard]] Lsn durable() const noexcept { return durable_.load(std::memory_order_acquire); }
    [[nodiscard]] Lsn stored() const noexcept { return stored_.load(std::memory_order_acquire); }
    [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }
    [[nodiscard]] Status failure() const;

    // For tokens.
    [[nodiscard]] bool reached(Lsn lsn, Level level) const noexcept;
    [[nodiscard]] Status status(Lsn lsn, Level level) const;
    Status wait(Lsn lsn, Level level);
    void then(Lsn lsn, Level level, std::function<void(const Status&)> callback);
    // Runs the callbacks of what is done. Returns how many.
    std::size_t poll();

private:
    struct Callback {
        Lsn lsn;
        Level level;
        std::function<void(const Status&)> run;
    };

    std::atomic<Lsn> durable_{0};
    std::atomic<Lsn> stored_{0};
    std::atomic<bool> failed_{false};

    std::shared_mutex life_;  // shared while inside the helper, exclusive to detach it
    Helper* helper_;          // guarded by life_

    mutable std::mutex mutex_;  // guards what follows
    Status failure_;
    std::multimap<Lsn, Callback> callbacks_;  // by LSN; what was done when it came, by 0
    std::atomic<std::size_t> waiting_{0};     // callbacks_.size(), to make an idle poll() free
};

}  // namespace perdure::engine
