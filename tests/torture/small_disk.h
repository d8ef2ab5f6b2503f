// SmallDisk: a file system of a few MiB, in memory, that only this process and its children see.
//
// Thread rule: make it before there is a second thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "perdure/status.h"

namespace perdure::torture {

class SmallDisk {
public:
    // Over `directory`, which exists. Needs to be root, or a kernel that lets users have a mount
    // namespace; else `unsupported`, with what to do.
    static Result<SmallDisk> mount(const std::string& directory, std::uint64_t bytes);
    SmallDisk(SmallDisk&& other) noexcept : directory_(std::exchange(other.directory_, {})) {}
    SmallDisk& operator=(SmallDisk&&) = delete;
    ~SmallDisk();  // it is gone, with all that is on it

private:
    explicit SmallDisk(const std::string& directory) : directory_(directory) {}

    std::string directory_;  // empty: none
};

// Writes to `path` until the disk is full.
[[nodiscard]] Status fill_disk(const std::string& path);

}  // namespace perdure::torture
