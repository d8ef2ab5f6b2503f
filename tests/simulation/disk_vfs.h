// DiskVfs: SQLite on an io::FileSystem: on a disk in memory that can crash, or that fails when it
// is told to. What the file system answers is what SQLite is told: SQLITE_FULL for want of space,
// else an SQLITE_IOERR of that operation.
//
//     DiskVfs vfs(files, clock, 7);
//     sqlite3_open_v2("world/store.sqlite", &connection, flags, vfs.name().c_str());
//
// It promises SQLite what its own VFS promises: that bytes beside those being written are safe
// (powersafe overwrite). It is stricter in one thing: a directory that cannot be flushed is an
// error, which SQLite's own VFS passes over. Locks and shared memory are on the heap and end with
// it; temporary files are on no disk.
//
// Thread rule: one thread. All connections go before it; files and clock must outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/random.h"
#include "io/clock.h"
#include "io/file_system.h"
#include "io/memory_file_system.h"
#include "simulation/file_sharing.h"

struct sqlite3_vfs;

namespace perdure::simulation {

class DiskVfs {
public:
    DiskVfs(io::FileSystem& files, const io::Clock& clock, std::uint64_t seed);
    ~DiskVfs();
    DiskVfs(const DiskVfs&) = delete;
    DiskVfs& operator=(const DiskVfs&) = delete;

    // What it is registered as.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    // The process is dead: from now on nothing is done to the disk, whatever is called.
    void end() noexcept { ended_ = true; }

private:
    friend struct DiskFile;
    friend struct DiskCalls;

    // Notes what the system would have in errno.
    int answer(const Status& status, int code);

    io::FileSystem& files_;
    const io::Clock& clock_;
    io::MemoryFileSystem temporary_;
    std::uint64_t temporary_files_ = 0;
    Random random_;
    // By path; as long as someone has the file open.
    std::map<std::string, std::weak_ptr<FileSharing>> sharing_;
    bool ended_ = false;
    int last_error_ = 0;
    std::string name_;
    std::unique_ptr<sqlite3_vfs> vfs_;
};

// What SQLite draws its own random numbers from (it has one source for the whole process): the same
// seed gives the same numbers. Those decide nothing but the salts of its logs.
void seed_sqlite(std::uint64_t seed);

}  // namespace perdure::simulation
