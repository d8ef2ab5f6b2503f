// Quarantine: where repair puts what it takes away, under names that say what it was and why:
// docs/format/directory.md. It moves and copies, and never deletes.
//
// Thread rule: one thread. The caller holds the world's lock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/world_directory.h"
#include "io/file_system.h"

namespace perdure::jobs {

class Quarantine {
public:
    Quarantine(io::FileSystem& files, const engine::WorldDirectory& place)
        : files_(files), place_(place) {}

    // Durable in its new place before it is gone from the old one. What is not there is passed
    // over: an earlier attempt moved it.
    Status move(const std::string& path, std::string_view why);
    // A copy of what lies in a file from `offset` on, but for zeros at its end; of all of it from
    // 0.
    Status copy(const std::string& path, std::uint64_t offset, std::string_view why);

    // What was put there by this object: paths.
    [[nodiscard]] const std::vector<std::string>& taken() const noexcept { return taken_; }

private:
    Status prepare();
    Result<std::string> free_name(const std::string& wanted);

    io::FileSystem& files_;
    const engine::WorldDirectory& place_;
    std::vector<std::string> taken_;
};

}  // namespace perdure::jobs
