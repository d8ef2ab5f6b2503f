#include "engine/acceptance_mutex.h"

#include <atomic>
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

TEST(AcceptanceMutex, who_gives_way_and_takes_it_again_and_again_shuts_nobody_out) {
    AcceptanceMutex mutex;
    std::atomic<bool> stop{false};
    std::thread slices([&] {
        while (!stop) {
            mutex.give_way();
            const std::scoped_lock lock(mutex);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));  // far longer than one spins
        }
    });
    for (int time = 0; time < 20; ++time) {
        const std::scoped_lock lock(mutex);
    }
    stop = true;
    slices.join();
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
