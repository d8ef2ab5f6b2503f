#include "invariants/wide.h"

#include <algorithm>

namespace perdure::invariants {

std::string wide_text(Wide value) {
    const bool negative = value < 0;
    WideUnsigned rest = static_cast<WideUnsigned>(value);
    if (negative) rest = 0 - rest;
    std::string text;
    do {
        text += static_cast<char>('0' + static_cast<int>(rest % 10));
        rest /= 10;
    } while (rest != 0);
    if (negative) text += '-';
    std::reverse(text.begin(), text.end());
    return text;
}

std::optional<Wide> parse_wide(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    constexpr WideUnsigned greatest = ~WideUnsigned{0} >> 1;
    WideUnsigned value = 0;
    for (const char letter : text) {
        if (letter < '0' || letter > '9') return std::nullopt;
        const auto digit = static_cast<WideUnsigned>(letter - '0');
        if (value > (greatest - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    return negative ? -static_cast<Wide>(value) : static_cast<Wide>(value);
}

}  // namespace perdure::invariants
