#include "simulation/flushed_writes.h"

#include <algorithm>

namespace perdure::simulation {
namespace {

// Of one flush: SQLite writes hundreds of pages before it flushes.
constexpr std::size_t writes_of_a_flush_max = 4;

std::vector<std::byte> visible_bytes(io::MemoryFileSystem& disk, const std::string& path,
                                     std::uint64_t offset, std::uint64_t bytes) {
    std::vector<std::byte> read(bytes);
    const auto file = disk.open(path, {});
    if (!file) return {};
    const auto done = (*file)->read_at(offset, read);
    read.resize(done.ok() ? *done : 0);
    return read;
}

}  // namespace

void FlushedWrites::writing(const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
    if (bytes == 0) return;
    std::vector<Range>& ranges = due_[path];
    ranges.emplace_back(offset, bytes);
    if (ranges.size() > writes_of_a_flush_max) ranges.erase(ranges.begin());
}

void FlushedWrites::flushing(const std::string& path, io::MemoryFileSystem& disk) {
    const auto due = due_.find(path);
    if (due == due_.end()) return;
    const std::vector<Range> ranges = std::move(due->second);
    due_.erase(due);
    const auto there = disk.exists(path);
    if (!there.ok() || !*there) return;
    const std::vector<std::byte> rest = disk.read_at_rest(path);
    for (const auto& [offset, bytes] : ranges) {
        auto write = std::make_shared<Write>();
        write->path = path;
        write->offset = offset;
        write->after = visible_bytes(disk, path, offset, bytes);
        write->before.resize(write->after.size());
        if (offset < rest.size()) {
            const std::size_t known =
                std::min<std::size_t>(write->after.size(), rest.size() - offset);
            std::copy_n(rest.begin() + static_cast<std::ptrdiff_t>(offset), known,
                        write->before.begin());
        }
        if (write->after == write->before) continue;  // nothing to lose
        last_.push_back(std::move(write));
        if (last_.size() > kept_max) last_.pop_front();
    }
}

void FlushedWrites::renaming(const std::string& from, const std::string& to) {
    due_.erase(to);
    if (auto node = due_.extract(from)) {
        node.key() = to;
        due_.insert(std::move(node));
    }
}

}  // namespace perdure::simulation
