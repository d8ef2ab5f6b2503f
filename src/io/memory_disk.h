// MemoryDisk: what a MemoryFileSystem shares with its files and locks.
//
// Thread rule: every function needs mutex to be held.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "io/memory_content.h"
#include "io/memory_file_system.h"
#include "io/memory_names.h"

namespace perdure::io {

struct MemoryDisk {
    std::mutex mutex;

    // What a clone gets. Contents are shared with clones until one of them writes.
    MemoryNames names;
    std::map<NodeId, std::shared_ptr<MemoryContent>> contents;
    std::uint64_t capacity_bytes = MemoryFileSystem::capacity_bytes_default;

    // What ends with a crash.
    std::uint64_t crashes = 0;
    std::map<NodeId, std::size_t> open_files;
    std::map<NodeId, std::string> locks;  // and their owners

    [[nodiscard]] const MemoryContent& content(NodeId node) const { return *contents.at(node); }
    [[nodiscard]] MemoryContent& writable_content(NodeId node);
    [[nodiscard]] MemoryContent& writable_content(const std::string& path);  // which must be there
    [[nodiscard]] Result<NodeId> open(const std::string& path, OpenOptions options);
    void close(NodeId node);
    [[nodiscard]] std::uint64_t free_bytes() const;
    Status write(NodeId node, const std::string& path, std::uint64_t offset, ByteSpan bytes);
    Status resize(NodeId node, const std::string& path, std::uint64_t bytes);
    // Forgets the bytes of files that have no name and that nobody has open.
    void forget_nameless();
    void crash(Random& random, const CrashPlan& plan);
    [[nodiscard]] std::vector<UnsyncedPart> unsynced_parts() const;
    void crash_keeping(const std::vector<bool>& chosen);
    void end_users();  // nothing is open and nothing locked any more
};

}  // namespace perdure::io
