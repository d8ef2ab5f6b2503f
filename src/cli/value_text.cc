#include "cli/value_text.h"

#include <cmath>
#include <span>
#include <type_traits>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace perdure::cli {

namespace {

std::string hexadecimal(std::span<const std::byte> bytes) {
    std::string digits;
    for (const std::byte byte : bytes)
        digits += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return digits;
}

struct AsText {
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const Json& json) const { return json.text; }
    std::string operator()(const Bytes& bytes) const {
        return fmt::format("x'{}'", hexadecimal(bytes));
    }
    std::string operator()(const Uuid& uuid) const { return hexadecimal(uuid.bytes); }
    std::string operator()(Entity entity) const { return std::to_string(entity.id); }
    template <typename Number>
    std::string operator()(Number number) const requires(std::is_arithmetic_v<Number>) {
        return fmt::format("{}", number);
    }
};

struct AsJson {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const std::string& text) const { return json_string(text); }
    std::string operator()(const Json& json) const { return json_string(json.text); }
    std::string operator()(const Bytes& bytes) const { return json_string(hexadecimal(bytes)); }
    std::string operator()(const Uuid& uuid) const { return json_string(hexadecimal(uuid.bytes)); }
    std::string operator()(Entity entity) const { return std::to_string(entity.id); }
    template <typename Number>
    std::string operator()(Number number) const requires(std::is_arithmetic_v<Number>) {
        if constexpr (std::is_floating_point_v<Number>) {
            if (!std::isfinite(number)) return "null";
        }
        return fmt::format("{}", number);
    }
};

}  // namespace

std::string value_text(const Value& value) { return std::visit(AsText{}, value.storage()); }

std::string value_json(const Value& value) { return std::visit(AsJson{}, value.storage()); }

std::string json_string(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace perdure::cli
