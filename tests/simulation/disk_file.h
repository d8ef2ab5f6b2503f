// DiskFile: an open file of a DiskVfs, in memory that SQLite provides. Only disk_vfs.cc makes them.
//
// Thread rule: one thread.
#pragma once

#include <memory>
#include <string>

#include <sqlite3.h>

#include "io/file_system.h"
#include "simulation/disk_vfs.h"

namespace perdure::simulation {

struct DiskFile {
    sqlite3_file head{};  // first: SQLite sees a DiskFile as this
    DiskVfs* vfs = nullptr;
    std::string path;
    std::unique_ptr<io::File> file;
    std::shared_ptr<FileSharing> sharing;
    // It may be new: the first flush flushes its name as well.
    bool name_due = false;

    // Flushes the bytes, and the name if it may be new.
    int sync();
    // For all calls: whether the process still lives, and how it ended if it does not.
    [[nodiscard]] bool is_over() const { return vfs->ended_; }
    int answer(const Status& status, int code) { return vfs->answer(status, code); }
};

extern const sqlite3_io_methods disk_file_methods;

}  // namespace perdure::simulation
