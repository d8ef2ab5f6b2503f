// AcceptanceMutex: the lock under which change sets are accepted. Callers come at any moment and
// hold it for a microsecond or two, less than a thread takes to fall asleep and wake: they spin for
// a little before they sleep. Whoever works through a long list under it in slices gives way
// between them; a plain mutex would be taken again before the sleeper is awake.
//
//     core.mutex.give_way();
//     const std::scoped_lock lock(core.mutex);
//
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <mutex>

namespace perdure::engine {

class AcceptanceMutex {
public:
    void lock();
    void unlock() { mutex_.unlock(); }
    // Waits until nobody else waits for it, or for a millisecond.
    void give_way() const;

private:
    std::mutex mutex_;
    std::atomic<int> waiting_{0};
};

}  // namespace perdure::engine
