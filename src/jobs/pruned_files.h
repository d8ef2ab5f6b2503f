// PrunedFiles: a disk as it would be after a repair: some files set aside, one cut. What a remedy
// promises is judged on it, by the code that opens worlds, before anything is touched.
//
// Thread rule and lifetime: those of the disk beneath. Nothing can be written through it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace perdure::jobs {

class PrunedFiles final : public io::FileSystem {
public:
    explicit PrunedFiles(io::FileSystem& disk) : disk_(disk) {}

    void hide(const std::string& path) { hidden_.insert(path); }
    // Reads as zeros from `offset` on, and is `bytes` long.
    void cut(const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
        cuts_[path] = {offset, bytes};
    }

    Result<std::unique_ptr<io::File>> open(const std::string& path,
                                           io::OpenOptions options) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Status create_directory(const std::string& path) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    Status remove_directory(const std::string& path) override;
    Status sync_directory(const std::string& path) override;
    Result<std::unique_ptr<io::FileLock>> lock(const std::string& path,
                                               std::string_view owner) override;
    Status probe_lock(const std::string& path) override;
    Result<std::uint64_t> free_bytes(const std::string& directory) override;

private:
    struct Cut {
        std::uint64_t offset = 0;
        std::uint64_t bytes = 0;
    };
    io::FileSystem& disk_;
    std::set<std::string> hidden_;
    std::map<std::string, Cut> cuts_;
};

}  // namespace perdure::jobs
