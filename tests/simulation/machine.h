// Machine: what outlives a simulated process: disk, store, time. A crash of its power leaves a part
// of them.
#pragma once

#include <cstdint>
#include <memory>

#include "base/random.h"
#include "io/memory_file_system.h"
#include "simulation/store_history.h"

namespace perdure::simulation {

// What a power failure leaves of the bytes and names that were not flushed, and of the store's
// changes since its last checkpoint.
enum class CrashState : std::uint8_t { nothing, everything, some };

struct Machine {
    std::unique_ptr<io::MemoryFileSystem> disk = std::make_unique<io::MemoryFileSystem>();
    StoreHistory store;
    std::uint64_t now_ns = 1'000'000'000;

    [[nodiscard]] Machine clone() const { return {disk->clone(), store, now_ns}; }

    void crash(CrashState state, Random& random) {
        switch (state) {
            case CrashState::nothing:
                disk->crash_losing_everything();
                return store.survive(store.safe());
            case CrashState::everything: return disk->crash_keeping_everything();
            case CrashState::some: break;
        }
        disk->crash(random);
        store.survive(random.range(store.safe(), store.visible()));
    }
};

}  // namespace perdure::simulation
