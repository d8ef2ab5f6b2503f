#include "cli/value_text.h"

#include <cmath>
#include <span>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

namespace perdure::cli {

namespace {

std::string hexadecimal(std::span<const std::byte> bytes) {
    std::string digits;
    for (const std::byte byte : bytes) {
        digits += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    }
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
    using Made = nlohmann::ordered_json;

    Made operator()(std::monostate) const { return nullptr; }
    Made operator()(const std::string& text) const { return text; }
    Made operator()(const Json& json) const { return json.text; }
    Made operator()(const Bytes& bytes) const { return hexadecimal(bytes); }
    Made operator()(const Uuid& uuid) const { return hexadecimal(uuid.bytes); }
    Made operator()(Entity entity) const { return entity.id; }
    // As a double it would show digits that the float does not have.
    Made operator()(float number) const {
        return std::isfinite(number) ? Made::parse(fmt::format("{}", number)) : Made(nullptr);
    }
    template <typename Number>
    Made operator()(Number number) const requires(std::is_arithmetic_v<Number>) {
        return number;
    }
};

}  // namespace

std::string value_text(const Value& value) { return std::visit(AsText{}, value.storage()); }

nlohmann::ordered_json value_json(const Value& value) {
    return std::visit(AsJson{}, value.storage());
}

std::string json_line(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace perdure::cli
