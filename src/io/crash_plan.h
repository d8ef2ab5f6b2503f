// CrashPlan: what a power failure does to the writes, and to the changes of names, that were not
// synced.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace perdure::io {

inline constexpr std::uint64_t sector_bytes = 512;  // what a disk writes at once, if all goes well

enum class CrashOrder : unsigned char {
    any,          // each sector and each name by itself, as by the chances
    in_order,     // all up to some write, that one by the chances, and nothing after it
    newest_only,  // nothing but the last write of each file, and the last change of names with its
                  // causes
};

struct CrashPlan {
    CrashOrder order = CrashOrder::any;

    // What becomes of a sector, in 256ths. The rest of them keep their old bytes.
    std::uint32_t new_chance = 128;
    std::uint32_t torn_chance = 16;  // new bytes up to some point in the sector, then old ones
    std::uint32_t garbage_chance =
        16;  // random bytes, zeros, ones, or bytes of another unsynced write

    std::uint32_t name_chance = 128;  // of each unsynced creation, rename or removal, in 256ths

    // Whether bytes beside those being written, in the same sector, are safe. SQLite assumes so by
    // default (SQLITE_IOCAP_POWERSAFE_OVERWRITE); who does not rewrite sectors with synced bytes
    // need not.
    bool powersafe_overwrite = false;

    [[nodiscard]] static CrashPlan losing_everything();
    [[nodiscard]] static CrashPlan keeping_everything();
    // One of many characters of crash: all, nothing, in order, mostly kept, mostly garbage, …
    [[nodiscard]] static CrashPlan draw(Random& random);
};

}  // namespace perdure::io
