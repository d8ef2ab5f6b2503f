#include "entities/row_marks.h"

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
