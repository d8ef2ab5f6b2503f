// Backups: a world as it is at one moment, in a directory of its own, while it lives on.
//
//     std::thread job([] { report(perdure::back_up_world("shard7", "backups/monday")); });
//
// The world may be open in this process, in another one, or in none. Ticks go on meanwhile; the
// backup holds every change set that was durable when it began, and is of exactly one LSN. Later,
// or elsewhere: restore_world("backups/monday", "shard7-again"), then World::open() as ever.
//
// Both work on the real disk, take as long as they take, and either make the whole target or none;
// what a failed one leaves in `<target>.unfinished` is used or cleared away by the next for the
// same target. The same as `perdure backup` and `perdure restore`; docs/operating/backup.md.
//
// Thread rule: any thread but the world's own, which has better things to do. A world that nobody
// has open when its backup begins is locked while its files are copied: World::open() answers
// `locked`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "perdure/status.h"

namespace perdure {

struct BackupReport {
    std::string world;                  // the UUID of the world, or of the restored one
    std::uint64_t lsn = 0;              // the newest change set in it
    std::optional<std::uint64_t> tick;  // the last one at or before that
    std::string digest;                 // as World::digest() would have said then
    std::uint64_t rows = 0;
};

// `not_found`: no world there, or nobody has opened it yet; `invalid`: the target exists; `locked`:
// another backup to the same target; `corrupt`: the world is damaged, and the message says where;
// `no_space`, `io`.
Result<BackupReport> back_up_world(const std::string& directory, const std::string& target);

// `as_new` gives it an identity of its own: a fork. Otherwise it is the very same world: only one
// of the two should go on. `not_found`: no backup there, or an unfinished one; `corrupt`: the
// backup is not what was written; others as above.
Result<BackupReport> restore_world(const std::string& backup, const std::string& target,
                                   bool as_new = false);

}  // namespace perdure
