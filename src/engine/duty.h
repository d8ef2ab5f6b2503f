// Duty: threads that visit what has something to do: who was rung for, and whose time has come.
// Nobody else is visited, so that a thousand idle engines cost nothing.
//
// One visit is one bounded step. Nobody is visited by two threads at once. Some threads work at the
// same time (`at_once`); one that stays inside a visit for longer than `stuck_after`, because a
// disk or a server hangs, does not count any more, and another takes its place, up to
// `threads_max`. So a stall occupies one thread, and the others go on. With threads_max visits
// stuck, all wait.
//
// A thread is made when work waits and every thread is inside a visit, and ends after `spare_for`
// without work; one stays. A duty without anybody to visit has none.
//
// Thread rule: any thread; remove() not from inside the visit of the same post.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace perdure::engine {

// What a visit found.
struct Visit {
    bool more = false;                               // there is more to do at once
    std::optional<std::chrono::milliseconds> again;  // come again after this, though nobody rings
};

struct DutyLimits {
    std::uint32_t threads_max = 64;
    std::uint32_t at_once = 4;
    std::chrono::milliseconds stuck_after{20};
    std::chrono::milliseconds spare_for{10'000};
};

class Duty {
public:
    struct Post;  // a place that is visited

    explicit Duty(const DutyLimits& limits) : limits_(limits) {}
    // Every post is removed by then.
    ~Duty();
    Duty(const Duty&) = delete;
    Duty& operator=(const Duty&) = delete;

    // Visited when it is rung for, and then when it wants to be.
    [[nodiscard]] std::shared_ptr<Post> add(std::function<Visit()> visit);
    // Nobody is inside afterwards, nor will be. Ringing for it does nothing.
    void remove(Post& post);
    // A visit that begins after this sees what was done before it.
    void ring(Post& post);

    // 0 after ring(): the system gave none, and nothing is visited.
    [[nodiscard]] std::uint32_t threads() const;
    // How many visits were made; for tests of idleness.
    [[nodiscard]] std::uint64_t visits() const;

private:
    using Time = std::chrono::steady_clock::time_point;

    void run();
    void visit(Post& post, std::unique_lock<std::mutex>& lock);
    bool wait(std::unique_lock<std::mutex>& lock);  // false: the thread is to end
    void watch(Time event, std::unique_lock<std::mutex>& lock);
    void end_thread(std::unique_lock<std::mutex>& lock);
    void enqueue(Post& post);
    void queue_due(Time now);
    [[nodiscard]] bool may_enter(Time now) const;
    [[nodiscard]] Time next_event(Time now) const;
    [[nodiscard]] bool is_watched(Time event) const;
    void keep_watch();
    void start_thread();

    const DutyLimits limits_;

    mutable std::mutex mutex_;
    // Guarded by mutex_.
    std::condition_variable wake_watcher_;
    std::condition_variable wake_spare_;
    std::condition_variable left_;  // a visit is over
    std::size_t posts_ = 0;
    std::deque<Post*> queue_;
    std::set<std::pair<Time, Post*>> due_;
    std::vector<Post*> inside_;
    // The thread that waits for the next event; spare ones wait to be called, or to end.
    std::optional<std::thread::id> watcher_;
    Time watch_until_{};
    std::uint32_t spare_ = 0;
    std::uint32_t starting_ = 0;  // threads that have not looked yet
    std::uint64_t visits_ = 0;
    bool stop_ = false;
    std::list<std::thread> threads_;
    std::thread ended_;  // the last one that ended, to be joined
};

}  // namespace perdure::engine
