// FlushedWrites: the last writes of which the disk said that they are flushed, with what was at
// their place before: what a disk may have lost, misplaced or doubled all the same.
//
// Thread rule: one thread. Copies are cheap: bytes are shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/memory_file_system.h"

namespace perdure::simulation {

class FlushedWrites {
public:
    struct Write {
        std::string path;
        std::uint64_t offset = 0;
        std::vector<std::byte> before;  // as long as `after`; zeros where the file had no bytes
        std::vector<std::byte> after;
    };
    // Older ones are forgotten: something was written behind them, in most places.
    static constexpr std::size_t kept_max = 8;

    // Each is called before the disk does it.
    void writing(const std::string& path, std::uint64_t offset, std::uint64_t bytes);
    void flushing(const std::string& path, io::MemoryFileSystem& disk);
    void renaming(const std::string& from, const std::string& to);
    void removing(const std::string& path) { due_.erase(path); }

    // Oldest first.
    [[nodiscard]] const std::deque<std::shared_ptr<const Write>>& last() const noexcept {
        return last_;
    }

private:
    using Range = std::pair<std::uint64_t, std::uint64_t>;  // offset, bytes

    std::map<std::string, std::vector<Range>> due_;  // written and not flushed, by path
    std::deque<std::shared_ptr<const Write>> last_;
};

}  // namespace perdure::simulation
