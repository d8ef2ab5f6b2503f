// What a journal still holds behind the place where it has to be cut: change sets that are whole by
// themselves, though something before them is not. For reports of what a cut loses.
//
// Thread rule: one thread; the visitor runs on it. Changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "io/file_system.h"
#include "model/catalog.h"
#include "model/change_set.h"
#include "perdure/value.h"

namespace perdure::journal {

struct Behind {
    std::string path;
    std::uint64_t from = 0;  // the first block that counts; 0: the file's head too
};

struct BehindSeen {
    Lsn last = 0;                   // the highest LSN that anything there names
    std::uint64_t change_sets = 0;  // read, each once
    // In files or parts of them behind the last place that names an LSN: bytes that are not zero,
    // and of which nobody can say what they were.
    std::uint64_t nameless_bytes = 0;
};

// Gives every change set above `after` that can be decoded to `visit`, file by file. Definitions
// that are met are added to `catalog`. What cannot be read or decoded is passed over.
Result<BehindSeen> read_behind(io::FileSystem& files, std::span<const Behind> places,
                               const Uuid& world, Lsn after, Catalog& catalog,
                               const std::function<void(const ChangeSet&)>& visit);

}  // namespace perdure::journal
