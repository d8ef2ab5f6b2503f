#include "io/memory_disk.h"

#include <cerrno>
#include <set>

#include "base/assert.h"
#include "base/error.h"
#include "io/posix_error.h"

namespace perdure::io {

MemoryContent& MemoryDisk::writable_content(NodeId node) {
    std::shared_ptr<MemoryContent>& shared = contents.at(node);
    if (shared.use_count() != 1) {
        shared = std::make_shared<MemoryContent>(*shared);
    } else {
        std::shared_ptr<MemoryContent>(shared)
            .reset();  // an acquire, as in PagedBytes::writable_page
    }
    return *shared;
}

MemoryContent& MemoryDisk::writable_content(const std::string& path) {
    const Result<NodeId> node = names.find_file(path);
    PERDURE_ASSERT(node.ok());
    return writable_content(*node);
}

Result<NodeId> MemoryDisk::open(const std::string& path, OpenOptions options) {
    PERDURE_TRY(validate(options, path));
    Result<NodeId> found = names.find_file(path);
    if (found.ok() && options.exclusive) {
        return posix_error(EEXIST, text::format("cannot create {}", path));
    }
    if (found.ok() || !options.create || found.status().code() != Code::not_found) return found;
    PERDURE_TAKE(const NodeId created, names.create_file(path));
    contents[created] = std::make_shared<MemoryContent>();
    return created;
}

void MemoryDisk::close(NodeId node) {
    const auto entry = open_files.find(node);
    PERDURE_ASSERT(entry != open_files.end());
    if (--entry->second == 0) open_files.erase(entry);
}

std::uint64_t MemoryDisk::free_bytes() const {
    std::uint64_t used = 0;
    for (const NodeId node : names.visible_nodes()) {
        if (!names.is_directory(node)) used += content(node).visible().allocated_bytes();
    }
    return used < capacity_bytes ? capacity_bytes - used : 0;
}

Status MemoryDisk::write(NodeId node, const std::string& path, std::uint64_t offset,
                         ByteSpan bytes) {
    constexpr std::uint64_t file_bytes_max = MemoryFileSystem::file_bytes_max;
    if (offset > file_bytes_max || bytes.size() > file_bytes_max - offset) {
        return posix_error(EFBIG, text::format("cannot write {} bytes at offset {} of {}",
                                               bytes.size(), offset, path));
    }
    std::uint64_t fitting = bytes.size();
    if (capacity_bytes < MemoryFileSystem::capacity_bytes_default) {
        fitting = content(node).visible().writable_bytes(offset, bytes.size(),
                                                         free_bytes() / PagedBytes::page_bytes);
    }
    writable_content(node).write(offset, bytes.first(fitting));
    if (fitting == bytes.size()) return {};
    return posix_error(ENOSPC, text::format("cannot write {} bytes at offset {} of {}",
                                            bytes.size() - fitting, offset + fitting, path));
}

Status MemoryDisk::resize(NodeId node, const std::string& path, std::uint64_t bytes) {
    if (bytes > MemoryFileSystem::file_bytes_max) {
        return posix_error(EFBIG, text::format("cannot resize {} to {} bytes", path, bytes));
    }
    writable_content(node).resize(bytes);
    return {};
}

void MemoryDisk::forget_nameless() {
    const std::set<NodeId> reachable = names.reachable_nodes();
    std::erase_if(contents, [&](const auto& entry) {
        return !reachable.contains(entry.first) && !open_files.contains(entry.first);
    });
}

void MemoryDisk::crash(Random& random, const CrashPlan& plan) {
    end_users();
    names.crash(random, plan);
    forget_nameless();
    for (auto& [node, shared] : contents) {
        if (shared->at_rest()) continue;  // stays shared with clones
        writable_content(node).crash(random, plan);
    }
}

// Names first, then file by file.
std::vector<UnsyncedPart> MemoryDisk::unsynced_parts() const {
    std::vector<UnsyncedPart> parts;
    for (const std::string& name : names.unsynced_names()) {
        parts.push_back({UnsyncedPart::Kind::name, name, 0});
    }
    for (const auto& [node, shared] : contents) {
        if (shared->at_rest()) continue;
        const std::string name = names.name_of(node);
        for (const MemoryContent::Part& part : shared->unsynced_parts()) {
            const bool length = part.change == MemoryContent::no_change;
            parts.push_back({length ? UnsyncedPart::Kind::length : UnsyncedPart::Kind::sector, name,
                             part.offset});
        }
    }
    return parts;
}

void MemoryDisk::crash_keeping(const std::vector<bool>& chosen) {
    auto next = chosen.begin();
    const auto take = [&](std::size_t count) {
        PERDURE_ASSERT(static_cast<std::size_t>(chosen.end() - next) >= count);
        std::vector<bool> taken(next, next + static_cast<std::ptrdiff_t>(count));
        next += static_cast<std::ptrdiff_t>(count);
        return taken;
    };
    end_users();
    const std::vector<bool> kept_names = take(names.unsynced_names().size());
    // Before names go, and with them the bytes of files that nobody can reach.
    for (auto& [node, shared] : contents) {
        if (shared->at_rest()) continue;
        writable_content(node).crash_keeping(take(shared->unsynced_parts().size()));
    }
    PERDURE_ASSERT(next == chosen.end());
    names.crash_keeping(kept_names);
    forget_nameless();
}

void MemoryDisk::end_users() {
    ++crashes;
    open_files.clear();
    locks.clear();
}

}  // namespace perdure::io
