// RowMarks: which rows of a table are marked, found again at the cost of what is marked.
//
// One bit a row, and above it one bit for each 64 rows, so that two million rows without a mark are
// 500 words to look at.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.h"

namespace perdure::entities {

// Without the instruction, which not every x86-64 has, std::popcount() is a call.
[[nodiscard]] inline std::size_t count_bits(std::uint64_t bits) noexcept {
    bits -= (bits >> 1) & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + ((bits >> 2) & 0x3333333333333333);
    return (((bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F) * 0x0101010101010101) >> 56;
}

class RowMarks {
public:
    [[nodiscard]] std::size_t rows() const noexcept { return words_.size() * 64; }
    // Room for this many rows or more; a multiple of 64. New ones are not marked.
    void grow(std::size_t rows) {
        if (rows / 64 <= words_.size()) return;
        words_.resize(rows / 64);
        summary_.resize((words_.size() + 63) / 64);
    }

    void set(std::uint32_t row) noexcept {
        words_[row >> 6] |= std::uint64_t{1} << (row & 63);
        summary_[row >> 12] |= std::uint64_t{1} << ((row >> 6) & 63);
    }
    void set_range(std::uint32_t first, std::uint32_t count) noexcept;
    // Rows in any order; quick where neighbours follow one another.
    void set_each(std::span<const std::uint32_t> rows) noexcept;
    [[nodiscard]] bool test(std::uint32_t row) const noexcept {
        return ((words_[row >> 6] >> (row & 63)) & 1U) != 0;
    }
    void clear(std::uint32_t row) noexcept {
        words_[row >> 6] &= ~(std::uint64_t{1} << (row & 63));
    }
    // Clears here what is marked there. `other` has no more rows than this.
    void clear_marked_in(const RowMarks& other) noexcept {
        PERDURE_ASSERT(other.words_.size() <= words_.size());
        other.for_each_word(
            [&](std::uint32_t first, std::uint64_t bits) { words_[first >> 6] &= ~bits; });
    }
    void clear_all() noexcept;
    // The marks of the 64 rows that begin at `first`; 0 behind the last.
    [[nodiscard]] std::uint64_t word(std::uint32_t first) const noexcept {
        return (first >> 6) < words_.size() ? words_[first >> 6] : 0;
    }
    void set_word(std::uint32_t first, std::uint64_t bits) noexcept {
        words_[first >> 6] |= bits;
        summary_[first >> 12] |= std::uint64_t{1} << ((first >> 6) & 63);
    }
    [[nodiscard]] std::size_t count() const noexcept;
    // Marks there what is marked here, and clears it here. True if some row was marked in both.
    bool move_to(RowMarks& other) noexcept;
    // Becomes what is marked in both.
    void assign_both(const RowMarks& left, const RowMarks& right);

    // Calls visit(first row, bits) for every 64 rows with a mark, ascending.
    template <typename Visit>
    void for_each_word(Visit&& visit) const {
        for (std::size_t at = 0; at < summary_.size(); ++at) {
            for (std::uint64_t rest = summary_[at]; rest != 0; rest &= rest - 1) {
                const std::size_t word = at * 64 + static_cast<std::size_t>(std::countr_zero(rest));
                const std::uint64_t bits = words_[word];
                if (bits != 0) visit(static_cast<std::uint32_t>(word * 64), bits);
            }
        }
    }
    // The same row by row: visit(row), ascending.
    template <typename Visit>
    void for_each_row(Visit&& visit) const {
        for_each_word([&](std::uint32_t first, std::uint64_t bits) {
            for (; bits != 0; bits &= bits - 1) {
                visit(first + static_cast<std::uint32_t>(std::countr_zero(bits)));
            }
        });
    }
    [[nodiscard]] bool empty() const noexcept;

private:
    std::vector<std::uint64_t> words_;
    std::vector<std::uint64_t> summary_;  // a bit for each word that may have one
};

}  // namespace perdure::entities
