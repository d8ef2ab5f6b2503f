// PosixFileSystem: the real disk. Directories are made with mode 0700, files with 0600.
//
// Thread rule: as FileSystem; it has no state. A lock belongs to the open file, so it also holds
// between two PosixFileSystems of one process, and a child made by fork() keeps it until it execs
// or exits.
#pragma once

#include "io/file_system.h"

namespace perdure::io {

class PosixFileSystem final : public FileSystem {
public:
    Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Status create_directory(const std::string& path) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    Status remove_directory(const std::string& path) override;
    Status sync_directory(const std::string& path) override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path,
                                           std::string_view owner) override;
    Status probe_lock(const std::string& path) override;
    Result<std::uint64_t> free_bytes(const std::string& directory) override;
    [[nodiscard]] std::string sqlite_vfs() const override { return "unix"; }
};

}  // namespace perdure::io
