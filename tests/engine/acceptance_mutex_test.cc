#include "engine/acceptance_mutex.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace perdure::engine {
namespace {

TEST(AcceptanceMutex, lets_one_in_at_a_time) {
    AcceptanceMutex mutex;
    std::uint64_t inside = 0;  // guarded by nothing else
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&] {
            for (int time = 0; time < 5000; ++time) {
                const std::scoped_lock lock(mutex);
                ++inside;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(inside, 8U * 5000U);
}

// How soon the other one is let in is a matter of time and not asserted: some 21 slices for 20
// turns with give_way(), 44 to 67 without.
TEST(AcceptanceMutex, who_takes_it_again_and_again_lets_another_in) {
    AcceptanceMutex mutex;
    std::atomic<bool> stop{false};
    std::atomic<int> slices{0};
    std::thread slicer([&] {
        while (!stop) {
            mutex.give_way();
            const std::scoped_lock lock(mutex);
            ++slices;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));  // longer than one spins
        }
    });
    int seen = 0;
    for (int turn = 0; turn < 20; ++turn) {
        while (slices == seen) std::this_thread::yield();
        const std::scoped_lock lock(mutex);
        seen = slices;
    }
    stop = true;
    slicer.join();
    std::cout << slices << " slices for 20 turns\n";
}

TEST(AcceptanceMutex, gives_way_to_nobody_at_once_and_to_somebody_not_for_ever) {
    AcceptanceMutex mutex;
    mutex.give_way();
    mutex.lock();
    std::thread waits([&] { const std::scoped_lock lock(mutex); });
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    mutex.give_way();  // it would wait for us
    mutex.unlock();
    waits.join();
}

}  // namespace
}  // namespace perdure::engine
