#include "exhaustion/choices.h"

#include <algorithm>

namespace perdure::exhaustion {
namespace {

std::vector<std::size_t> parts_that_count(const std::vector<io::UnsyncedPart>& parts) {
    std::vector<std::size_t> all;
    for (std::size_t at = 0; at < parts.size(); ++at) {
        const bool of_lock =
            parts[at].name == "lock" && parts[at].kind != io::UnsyncedPart::Kind::name;
        if (!of_lock) all.push_back(at);
    }
    return all;
}

}  // namespace

Choices::Choices(const std::vector<io::UnsyncedPart>& parts, std::size_t parts_max,
                 std::uint64_t sample, std::uint64_t seed)
    : free_(parts_that_count(parts)),
      whole_(free_.size() <= parts_max),
      count_(whole_ ? std::uint64_t{1} << free_.size() : 2 + sample),
      random_(Random(seed).split()),
      kept_(parts.size()) {}

const std::vector<bool>* Choices::next() {
    if (done_ == count_) return nullptr;
    const std::uint64_t number = done_++;
    for (std::size_t bit = 0; bit < free_.size(); ++bit) {
        bool keep = number == 1;  // 0: nothing, 1: everything
        if (whole_) keep = (number >> bit & 1) != 0;
        if (!whole_ && number > 1) keep = random_.chance(1, 2);
        kept_[free_[bit]] = keep;
    }
    return &kept_;
}

bool Choices::is_extreme(const std::vector<bool>& kept) const {
    const auto is_kept = [&](std::size_t part) { return kept[part]; };
    return std::none_of(free_.begin(), free_.end(), is_kept) ||
           std::all_of(free_.begin(), free_.end(), is_kept);
}

std::string in_digits(const std::vector<bool>& kept) {
    std::string digits;
    for (const bool one : kept) digits += one ? '1' : '0';
    return digits;
}

std::vector<bool> from_digits(std::string_view digits) {
    std::vector<bool> kept;
    for (const char digit : digits) kept.push_back(digit == '1');
    return kept;
}

}  // namespace perdure::exhaustion
