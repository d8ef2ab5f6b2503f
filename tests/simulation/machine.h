// Machine: what outlives a simulated process: disk, store, time. A crash of its power leaves a part
// of them. SQLite's store is files on the disk; the memory store is what it was told.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/random.h"
#include "io/memory_file_system.h"
#include "simulation/store_history.h"

namespace perdure::simulation {

// What a power failure leaves of the bytes and names that were not flushed, and of the store's
// changes since its last checkpoint.
enum class CrashState : std::uint8_t { nothing, everything, some };

// What the world's store is.
enum class StoreKind : std::uint8_t { memory, sqlite };

// Whether the path is one of SQLite's files.
[[nodiscard]] inline bool is_store_file(std::string_view path) noexcept {
    return path.find("/store.sqlite") != std::string_view::npos;
}

struct Machine {
    StoreKind kind = StoreKind::memory;
    std::unique_ptr<io::MemoryFileSystem> disk = std::make_unique<io::MemoryFileSystem>();
    StoreHistory store;
    std::uint64_t now_ns = 1'000'000'000;

    [[nodiscard]] Machine clone() const { return {kind, disk->clone(), store, now_ns}; }

    void crash(CrashState state, Random& random) {
        switch (state) {
            case CrashState::nothing:
                disk->crash_losing_everything();
                return store.survive(store.safe());
            case CrashState::everything: return disk->crash_keeping_everything();
            case CrashState::some: break;
        }
        io::CrashPlan plan = io::CrashPlan::draw(random);
        // SQLite counts on it, as its own VFS does; our journal does not.
        plan.powersafe_overwrite = kind == StoreKind::sqlite;
        disk->crash(random, plan);
        store.survive(random.range(store.safe(), store.visible()));
    }
};

}  // namespace perdure::simulation
