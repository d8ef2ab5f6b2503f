// FileSharing: what the connections to one database file share within a process: its locks, and the
// memory in which SQLite keeps the index of its write-ahead log. All of it ends with the process.
//
// The rules are those of SQLite's own VFS for one process: who cannot have a lock at once gets
// SQLITE_BUSY.
//
// Thread rule: one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace perdure::simulation {

class FileSharing {
public:
    // One open file; told apart by their addresses.
    using Holder = const void*;

    // Of the file: SQLITE_LOCK_NONE to SQLITE_LOCK_EXCLUSIVE.
    [[nodiscard]] int lock(Holder holder, int level);
    void unlock(Holder holder, int level);
    [[nodiscard]] bool is_reserved() const;

    // Of the memory: as xShmLock. `flags` are SQLITE_SHM_….
    [[nodiscard]] int lock_memory(Holder holder, int first, int count, int flags);
    // The region, made if `extend`; else null if it is not there.
    [[nodiscard]] std::byte* region(Holder holder, int number, int bytes, bool extend);
    // The last one to leave, or who says so, takes the memory along.
    void leave_memory(Holder holder, bool remove);

    void close(Holder holder);

private:
    struct Held {
        int level = 0;
        bool in_memory = false;  // has asked for a region
        std::uint32_t shared = 0;
        std::uint32_t exclusive = 0;  // a bit for each lock
    };

    [[nodiscard]] bool others_reach(Holder holder, int level) const;

    std::map<Holder, Held> held_;
    std::vector<std::unique_ptr<std::byte[]>> regions_;
};

}  // namespace perdure::simulation
