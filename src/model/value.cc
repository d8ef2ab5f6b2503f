#include "perdure/value.h"

#include <algorithm>
#include <span>
#include <type_traits>
#include <variant>

#include "base/bytes.h"
#include "base/quantity.h"
#include "base/text.h"
#include "model/cell.h"
#include "model/utf8.h"
#include "model/value_text.h"

namespace perdure {
namespace {

constexpr std::size_t name_bytes_shown = 63;  // as long as a valid one may be

// "…+12 bytes", or nothing.
std::string rest_text(std::size_t all, std::size_t shown) {
    if (all == shown) return {};
    return text::format("…+{}", count_text(all - shown, "byte"));
}

// At most `limit` bytes, without half a character at their end.
std::string_view beginning(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    std::size_t end = limit;
    while (end > 0 && limit - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
        --end;
    }
    return text.substr(0, end);
}

std::string quoted(std::string_view text) {
    std::string marked;
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') marked += '\\';
        marked += letter;
    }
    return '"' + printable(marked) + '"';
}

std::string hexadecimal(ByteSpan bytes) {
    std::string digits;
    for (const std::byte byte : bytes) {
        digits += text::format("{:02x}", std::to_integer<unsigned>(byte));
    }
    return digits;
}

struct Words {
    std::size_t limit;

    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const std::string& text) const {
        const std::string_view shown = beginning(text, limit);
        return quoted(shown) + rest_text(text.size(), shown.size());
    }
    std::string operator()(const Json& json) const {
        const std::string_view shown = beginning(json.text, limit);
        return printable(shown) + rest_text(json.text.size(), shown.size());
    }
    std::string operator()(const Bytes& bytes) const {
        const ByteSpan shown = ByteSpan(bytes).first(std::min(bytes.size(), limit));
        return text::format("x'{}'{}", hexadecimal(shown), rest_text(bytes.size(), shown.size()));
    }
    std::string operator()(const Uuid& uuid) const { return to_text(uuid); }
    std::string operator()(Entity entity) const { return std::to_string(entity.id); }
    template <typename Number>
    std::string operator()(Number number) const requires(std::is_arithmetic_v<Number>) {
        return text::format("{}", number);
    }
};

std::string array_text(const ColumnType& type, const Bytes& bytes, const TextLimits& limits) {
    const ColumnType element{type.element, ColumnKind::u8, 0};
    const std::size_t width = element.width();
    const std::size_t count = std::min<std::size_t>(type.count, limits.bytes / width);
    std::string shown = "[";
    for (std::size_t at = 0; at < count; ++at) {
        if (at > 0) shown += ", ";
        shown += to_text(cell_value(element, ByteSpan(bytes).subspan(at * width, width)), limits);
    }
    if (count < type.count) {
        shown +=
            text::format("{}… and {} more", count > 0 ? ", " : "", count_text(type.count - count));
    }
    return shown + ']';
}

}  // namespace

std::string to_text(const Value& value, const TextLimits& limits) {
    if (value.storage().valueless_by_exception()) return "no value";
    return std::visit(Words{limits.bytes}, value.storage());
}

std::string to_text(const Uuid& uuid) {
    std::string digits = hexadecimal(uuid.bytes);
    for (const std::size_t at : {20U, 16U, 12U, 8U}) digits.insert(at, 1, '-');
    return digits;
}

std::string to_text(const Row& row, const TextLimits& limits) {
    const std::size_t count = std::min<std::size_t>(row.size(), limits.columns);
    std::string shown;
    for (std::size_t at = 0; at < count; ++at) {
        if (at > 0) shown += "  ";
        shown += text::format("{}={}", name_text(row[at].column), to_text(row[at].value, limits));
    }
    if (count < row.size()) {
        shown += (count > 0 ? "  " : "") + more_text(row.size() - count, "cell");
    }
    return shown;
}

std::string cell_text(const ColumnType& type, const Value& value, const TextLimits& limits) {
    const Bytes* const bytes = value.get_if<Bytes>();
    const bool array = type.kind == ColumnKind::array && type.is_valid() && bytes != nullptr &&
                       bytes->size() == type.width();
    return array ? array_text(type, *bytes, limits) : to_text(value, limits);
}

std::string name_text(std::string_view name) {
    const std::string_view shown = beginning(name, name_bytes_shown);
    return printable(shown) + rest_text(name.size(), shown.size());
}

std::string more_text(std::uint64_t count, std::string_view noun) {
    return text::format("… and {} more {}{}", count_text(count), noun, count == 1 ? "" : "s");
}

std::string indented(std::string_view text) {
    std::string moved;
    for (const char letter : text) {
        moved += letter;
        if (letter == '\n') moved += "  ";
    }
    return moved;
}

}  // namespace perdure
