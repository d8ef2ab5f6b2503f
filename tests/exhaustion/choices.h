// Choices: which of the unsynced parts a power failure keeps: every choice of few, some of many.
// The text of the lock file does not count: it is never flushed, and means nothing.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "io/memory_file_system.h"

namespace perdure::exhaustion {

class Choices {
public:
    // Of more than `parts_max`: nothing, everything, and `sample` choices that are drawn.
    Choices(const std::vector<io::UnsyncedPart>& parts, std::size_t parts_max, std::uint64_t sample,
            std::uint64_t seed);

    // Every choice is tried.
    [[nodiscard]] bool whole() const noexcept { return whole_; }
    // The next one; null if that was all.
    [[nodiscard]] const std::vector<bool>* next();
    // Nothing, or everything.
    [[nodiscard]] bool is_extreme(const std::vector<bool>& kept) const;

private:
    std::vector<std::size_t> free_;  // indexes of the parts that count
    const bool whole_;
    const std::uint64_t count_;
    std::uint64_t done_ = 0;
    Random random_;
    std::vector<bool> kept_;
};

[[nodiscard]] std::string in_digits(const std::vector<bool>& kept);
[[nodiscard]] std::vector<bool> from_digits(std::string_view digits);

}  // namespace perdure::exhaustion
