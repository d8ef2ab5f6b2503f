// restore: a world from a backup, in a new directory.
//
//     auto restored = jobs::restore(files, clock, "backups/monday", "shard7");
//
// Every byte of the backup is judged, its rows are written anew through Store, and what was written
// is compared with the manifest before it has its name. The world goes on from the backup's LSN,
// under the next epoch, with a journal that begins there: it opens as any other.
//
// Thread rule: one thread, any. The backup is only read.
#pragma once

#include <cstdint>
#include <string>

#include "io/clock.h"
#include "io/file_system.h"
#include "jobs/manifest.h"
#include "jobs/table_walk.h"
#include "perdure/status.h"
#include "perdure/value.h"

namespace perdure::jobs {

struct RestoreOptions {
    // A world of its own, with an identity of its own. Otherwise it is the very same world: see to
    // it that only one of the two goes on.
    bool as_new = false;
    GoOn go_on = [] { return Status(); };  // as in BackupOptions
    std::uint64_t pages_max = 0;           // as in BackupOptions
};

struct Restored {
    Manifest manifest;
    Uuid world;
};

// `not_found`: no backup there, or an unfinished one; `invalid`: the target exists; `corrupt` names
// what is not as the backup left it; `locked`, `unsupported`, `no_space`, `io`. After a failure
// there is no target.
Result<Restored> restore(io::FileSystem& files, const io::Clock& clock,
                         const std::string& directory, const std::string& target,
                         const RestoreOptions& options = {});

}  // namespace perdure::jobs
