#include "journal/file_name.h"

#include "base/text.h"

namespace perdure::journal {
namespace {

constexpr std::string_view extension = ".pdj";
constexpr std::string_view spare_prefix = "spare-";
constexpr std::size_t digits = 16;

// Exactly as we write them: 16 lower-case digits.
std::optional<std::uint64_t> parse_hex(std::string_view text) noexcept {
    if (text.size() != digits) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            value = value << 4 | static_cast<std::uint64_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            value = value << 4 | static_cast<std::uint64_t>(c - 'a' + 10);
        } else {
            return std::nullopt;
        }
    }
    return value;
}

}  // namespace

std::string file_name(std::uint64_t sequence) {
    return text::format("{:016x}{}", sequence, extension);
}

std::string spare_name(std::uint64_t number) {
    return text::format("{}{:016x}", spare_prefix, number);
}

std::optional<std::uint64_t> parse_file_name(std::string_view name) noexcept {
    if (!name.ends_with(extension)) return std::nullopt;
    return parse_hex(name.substr(0, name.size() - extension.size()));
}

std::optional<std::uint64_t> parse_spare_name(std::string_view name) noexcept {
    if (!name.starts_with(spare_prefix)) return std::nullopt;
    return parse_hex(name.substr(spare_prefix.size()));
}

}  // namespace perdure::journal
