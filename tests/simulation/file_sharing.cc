#include "simulation/file_sharing.h"

#include <algorithm>

#include <sqlite3.h>

#include "base/assert.h"

namespace perdure::simulation {

bool FileSharing::others_reach(Holder holder, int level) const {
    return std::any_of(held_.begin(), held_.end(), [&](const auto& other) {
        return other.first != holder && other.second.level >= level;
    });
}

int FileSharing::lock(Holder holder, int level) {
    Held& held = held_[holder];
    if (held.level >= level) return SQLITE_OK;
    switch (level) {
        case SQLITE_LOCK_SHARED:
            if (others_reach(holder, SQLITE_LOCK_PENDING)) return SQLITE_BUSY;
            break;
        case SQLITE_LOCK_RESERVED:
            PERDURE_ASSERT(held.level == SQLITE_LOCK_SHARED);
            if (others_reach(holder, SQLITE_LOCK_RESERVED)) return SQLITE_BUSY;
            break;
        default:
            PERDURE_ASSERT(level == SQLITE_LOCK_EXCLUSIVE && held.level >= SQLITE_LOCK_SHARED);
            if (others_reach(holder, SQLITE_LOCK_RESERVED)) return SQLITE_BUSY;
            held.level = SQLITE_LOCK_PENDING;  // no new readers; those that are there may finish
            if (others_reach(holder, SQLITE_LOCK_SHARED)) return SQLITE_BUSY;
    }
    held.level = level;
    return SQLITE_OK;
}

void FileSharing::unlock(Holder holder, int level) {
    PERDURE_ASSERT(level <= SQLITE_LOCK_SHARED);
    Held& held = held_[holder];
    held.level = std::min(held.level, level);
}

bool FileSharing::is_reserved() const {
    return others_reach(nullptr, SQLITE_LOCK_RESERVED);  // one's own counts, too
}

int FileSharing::lock_memory(Holder holder, int first, int count, int flags) {
    PERDURE_ASSERT(first >= 0 && count > 0 && first + count <= SQLITE_SHM_NLOCK);
    const std::uint32_t wanted = ((1U << count) - 1) << first;
    Held& held = held_[holder];
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        (exclusive ? held.exclusive : held.shared) &= ~wanted;
        return SQLITE_OK;
    }
    for (const auto& [other, theirs] : held_) {
        if (other == holder) continue;
        const std::uint32_t in_the_way = theirs.exclusive | (exclusive ? theirs.shared : 0);
        if ((in_the_way & wanted) != 0) return SQLITE_BUSY;
    }
    (exclusive ? held.exclusive : held.shared) |= wanted;
    return SQLITE_OK;
}

std::byte* FileSharing::region(Holder holder, int number, int bytes, bool extend) {
    held_[holder].in_memory = true;
    const auto wanted = static_cast<std::size_t>(number);
    while (extend && regions_.size() <= wanted) {
        regions_.push_back(std::make_unique<std::byte[]>(static_cast<std::size_t>(bytes)));
    }
    return wanted < regions_.size() ? regions_[wanted].get() : nullptr;
}

void FileSharing::leave_memory(Holder holder, bool remove) {
    Held& held = held_[holder];
    held.in_memory = false;
    held.shared = 0;
    held.exclusive = 0;
    const bool anyone = std::any_of(held_.begin(), held_.end(),
                                    [](const auto& other) { return other.second.in_memory; });
    if (remove || !anyone) regions_.clear();
}

void FileSharing::close(Holder holder) { held_.erase(holder); }

}  // namespace perdure::simulation
