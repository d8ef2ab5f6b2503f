#include "simulation/plain_text.h"

#include <span>
#include <type_traits>
#include <variant>

#include "base/text.h"

namespace perdure::simulation {
namespace {

std::string hex(std::span<const std::byte> bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text = "0x";
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<unsigned>(byte) >> 4U];
        text += digits[std::to_integer<unsigned>(byte) & 15U];
    }
    return text;
}

}  // namespace

std::string plain_text(std::string_view text) { return text::format("'{}'", text); }

std::string plain_text(Entity entity) { return text::format("#{}", entity.id); }

std::string plain_text(const Value& value) {
    return std::visit(
        [](const auto& cell) -> std::string {
            using Cell = std::decay_t<decltype(cell)>;
            if constexpr (std::is_same_v<Cell, std::monostate>) {
                return std::string(null_text);
            } else if constexpr (std::is_same_v<Cell, bool>) {
                return cell ? "true" : "false";
            } else if constexpr (std::is_floating_point_v<Cell>) {
                return hex(std::as_bytes(std::span(&cell, 1)));
            } else if constexpr (std::is_integral_v<Cell>) {
                return std::to_string(cell);
            } else if constexpr (std::is_same_v<Cell, Json>) {
                return plain_text(std::string_view(cell.text));
            } else if constexpr (std::is_same_v<Cell, std::string>) {
                return plain_text(std::string_view(cell));
            } else if constexpr (std::is_same_v<Cell, Entity>) {
                return plain_text(cell);
            } else if constexpr (std::is_same_v<Cell, Uuid>) {
                return hex(cell.bytes);
            } else {
                return hex(cell);
            }
        },
        value.storage());
}

std::string key_text(std::uint64_t number) {
    return text::format("{:020}", number);  // as many digits as the largest has
}

std::string key_text(const Value& value) {
    if (const auto* number = value.get_if<std::uint64_t>()) return key_text(*number);
    if (const auto* entity = value.get_if<Entity>()) return key_text(entity->id);
    if (const auto* text = value.get_if<std::string>()) return *text;
    return plain_text(value);
}

}  // namespace perdure::simulation
