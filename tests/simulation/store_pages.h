// StorePages: what somebody who has read docs/format/sqlite.md and nothing else can say about the
// pages of a store's file.
//
// Thread rule: pure functions on a disk that nobody writes to.
#pragma once

#include <cstdint>
#include <vector>

#include "io/memory_file_system.h"

namespace perdure::simulation {

// Pages, counted from 1, that differ between the two and whose checksum is right in `hurt` all the
// same: they hold what was once written to them, and nothing says that it is not the newest.
[[nodiscard]] std::vector<std::uint64_t> stale_pages(io::MemoryFileSystem& whole,
                                                     io::MemoryFileSystem& hurt);

}  // namespace perdure::simulation
