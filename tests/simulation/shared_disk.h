// SharedDisk: a disk that Perdure's own files and SQLite's are on: an io::FileSystem with a VFS on
// top of it. What runs on it crashes, or meets faults, as a whole.
//
//     io::MemoryFileSystem disk;
//     SharedDisk shared(disk, clock, 7);
//     jobs::verify(shared, clock, "world", "scratch");
//     disk.crash_losing_everything();
//
// Thread rule: one thread. All connections go before it; disk and clock must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/file_system.h"
#include "simulation/disk_vfs.h"

namespace perdure::simulation {

class SharedDisk final : public io::FileSystem {
public:
    SharedDisk(io::FileSystem& disk, const io::Clock& clock, std::uint64_t seed)
        : disk_(disk), vfs_(disk, clock, seed) {}

    Result<std::unique_ptr<io::File>> open(const std::string& path,
                                           io::OpenOptions options) override {
        return disk_.open(path, options);
    }
    Result<bool> exists(const std::string& path) override { return disk_.exists(path); }
    Result<std::vector<std::string>> list(const std::string& directory) override {
        return disk_.list(directory);
    }
    Status create_directory(const std::string& path) override {
        return disk_.create_directory(path);
    }
    Status rename(const std::string& from, const std::string& to) override {
        return disk_.rename(from, to);
    }
    Status remove(const std::string& path) override { return disk_.remove(path); }
    Status remove_directory(const std::string& path) override {
        return disk_.remove_directory(path);
    }
    Status sync_directory(const std::string& path) override { return disk_.sync_directory(path); }
    Result<std::unique_ptr<io::FileLock>> lock(const std::string& path,
                                               std::string_view owner) override {
        return disk_.lock(path, owner);
    }
    Status probe_lock(const std::string& path) override { return disk_.probe_lock(path); }
    Result<std::uint64_t> free_bytes(const std::string& directory) override {
        return disk_.free_bytes(directory);
    }
    [[nodiscard]] std::string sqlite_vfs() const override { return vfs_.name(); }

private:
    io::FileSystem& disk_;
    DiskVfs vfs_;
};

}  // namespace perdure::simulation
