#include "engine/alarm.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace perdure::engine {
namespace {

TEST(Alarm, rings_whoever_is_set) {
    Alarm alarm;
    alarm.ring();  // nobody is there
    int rung = 0;
    alarm.set([&] { ++rung; });
    alarm.ring();
    alarm.set(nullptr);
    alarm.ring();
    EXPECT_EQ(rung, 1);
}

// A token that was waited for while its world closed rang a thread that was no longer there.
TEST(Alarm, nobody_rings_what_was_taken_away) {
    Alarm alarm;
    std::atomic<bool> stop{false};
    std::atomic<bool> is_there{false};
    std::atomic<int> rung_in_vain{0};
    std::atomic<int> rung{0};
    std::vector<std::thread> ringers;
    for (int thread = 0; thread < 3; ++thread) {
        ringers.emplace_back([&] {
            while (!stop) alarm.ring();
        });
    }
    for (int time = 0; time < 200; ++time) {
        is_there = true;
        alarm.set([&] {
            std::this_thread::yield();  // whoever does not wait for this one goes on now
            if (!is_there) ++rung_in_vain;
            ++rung;
        });
        const int before = rung;
        while (rung == before) std::this_thread::yield();
        alarm.set(nullptr);
        is_there = false;
    }
    stop = true;
    for (std::thread& ringer : ringers) ringer.join();
    EXPECT_EQ(rung_in_vain, 0);
}

}  // namespace
}  // namespace perdure::engine
