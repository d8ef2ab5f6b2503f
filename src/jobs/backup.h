// backup: a world at one LSN, in a directory of its own, while its owner runs.
//
//     auto taken = jobs::backup(files, clock, "shard7", "backups/monday");
//
// The newest change set that was durable when the backup began is its moment. Everything in it was
// written for tables, through Store: definitions, rows, watermark; perdure.toml goes along;
// ephemeral tables, journal and quarantine do not. docs/format/backup.md; for operators:
// docs/operating/backup.md.
//
// Thread rule: one thread, any; several backups at once, each to its own target. In the owner's
// process too, on a thread of its own: World::open() and close() may come meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "io/clock.h"
#include "io/file_system.h"
#include "jobs/manifest.h"
#include "jobs/table_walk.h"
#include "perdure/status.h"

namespace perdure::jobs {

struct BackupOptions {
    // Asked before every few megabytes. A failure ends the backup and is what it answers.
    GoOn go_on = [] { return Status(); };
    // Called once: from here on nothing of the world is held, and there is no hurry any more.
    std::function<void()> when_free{};
    // The backup's store grows no further: `no_space`; 0: as far as the disk goes.
    std::uint64_t pages_max = 0;
};

struct BackupTaken {
    Manifest manifest;
    bool had_owner = false;
    double held_seconds = 0;  // the owner's checkpoints and trimming waited; at rest: the lock
    std::uint64_t bytes = 0;  // of the backup
};

// `not_found`: no world there, or no store yet; `invalid`: the target exists; `locked`: another
// backup to the same target; `corrupt` names the place in the world; `no_space`, `io`. After a
// failure there is no target.
Result<BackupTaken> backup(io::FileSystem& files, const io::Clock& clock,
                           const std::string& directory, const std::string& target,
                           const BackupOptions& options = {});

}  // namespace perdure::jobs
