// Alarm: wakes whoever should look, if there is somebody. A token may be waited for, and so ring,
// while its world is closing: who sets an alarm waits for those that ring the old one.
//
// Thread rule: any thread.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace perdure::engine {

class Alarm {
public:
    void set(std::function<void()> wake) {
        const std::scoped_lock lock(mutex_);
        wake_ = std::move(wake);
    }
    void ring() const {
        const std::scoped_lock lock(mutex_);
        if (wake_) wake_();
    }

private:
    mutable std::mutex mutex_;
    std::function<void()> wake_;  // null: nobody is there
};

}  // namespace perdure::engine
