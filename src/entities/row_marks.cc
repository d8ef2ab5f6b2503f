#include "entities/row_marks.h"

#include "base/assert.h"

namespace perdure::entities {

void RowMarks::set_range(std::uint32_t first, std::uint32_t count) noexcept {
    while (count > 0) {
        const std::uint32_t bit = first & 63;
        const std::uint32_t here = std::min(count, 64 - bit);
        const std::uint64_t bits = here == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << here) - 1;
        words_[first >> 6] |= bits << bit;
        summary_[first >> 12] |= std::uint64_t{1} << ((first >> 6) & 63);
        first += here;
        count -= here;
    }
}

void RowMarks::set_each(std::span<const std::uint32_t> rows) noexcept {
    std::uint32_t word = 0;
    std::uint64_t bits = 0;
    for (const std::uint32_t row : rows) {
        if (row >> 6 != word) {
            if (bits != 0) set_word(word << 6, bits);
            word = row >> 6;
            bits = 0;
        }
        bits |= std::uint64_t{1} << (row & 63);
    }
    if (bits != 0) set_word(word << 6, bits);
}

void RowMarks::clear_all() noexcept {
    for (std::size_t at = 0; at < summary_.size(); ++at) {
        if (summary_[at] == 0) continue;
        const std::size_t begin = at * 64;
        std::fill(words_.begin() + static_cast<std::ptrdiff_t>(begin),
                  words_.begin() + static_cast<std::ptrdiff_t>(std::min(begin + 64, words_.size())),
                  0);
        summary_[at] = 0;
    }
}

std::size_t RowMarks::count() const noexcept {
    std::size_t marked = 0;
    for_each_word([&](std::uint32_t, std::uint64_t bits) { marked += count_bits(bits); });
    return marked;
}

bool RowMarks::move_to(RowMarks& other) noexcept {
    PERDURE_ASSERT(words_.size() <= other.words_.size());
    std::uint64_t both = 0;
    for (std::size_t at = 0; at < summary_.size(); ++at) {
        other.summary_[at] |= summary_[at];
        for (std::uint64_t rest = summary_[at]; rest != 0; rest &= rest - 1) {
            const std::size_t word = at * 64 + static_cast<std::size_t>(std::countr_zero(rest));
            both |= other.words_[word] & words_[word];
            other.words_[word] |= words_[word];
            words_[word] = 0;
        }
        summary_[at] = 0;
    }
    return both != 0;
}

void RowMarks::assign_both(const RowMarks& left, const RowMarks& right) {
    clear_all();
    grow(left.rows());
    left.for_each_word([&](std::uint32_t first, std::uint64_t bits) {
        const std::uint64_t both = bits & right.word(first);
        if (both != 0) set_word(first, both);
    });
}

bool RowMarks::empty() const noexcept {
    for (std::size_t at = 0; at < summary_.size(); ++at) {
        for (std::uint64_t rest = summary_[at]; rest != 0; rest &= rest - 1) {
            if (words_[at * 64 + static_cast<std::size_t>(std::countr_zero(rest))] != 0)
                return false;
        }
    }
    return true;
}

}  // namespace perdure::entities
