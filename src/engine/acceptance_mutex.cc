#include "engine/acceptance_mutex.h"

#include <chrono>
#include <thread>

#include "base/assert.h"

namespace perdure::engine {
namespace {

constexpr int spins = 200;
constexpr int pauses_per_spin = 8;
constexpr std::chrono::microseconds give_way_step{20};
constexpr int give_way_steps = 50;

void pause() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

}  // namespace

void AcceptanceMutex::lock() {
    for (int spin = 0; spin < spins; ++spin) {
        if (mutex_.try_lock()) return;
        for (int i = 0; i < pauses_per_spin; ++i) pause();
    }
    waiting_.fetch_add(1, std::memory_order_relaxed);
    mutex_.lock();
    const int waited = waiting_.fetch_sub(1, std::memory_order_relaxed);
    PERDURE_ASSERT(waited > 0);
}

void AcceptanceMutex::give_way() const {
    for (int step = 0; step < give_way_steps; ++step) {
        if (waiting_.load(std::memory_order_relaxed) == 0) return;
        std::this_thread::sleep_for(give_way_step);
    }
}

}  // namespace perdure::engine
