#include "perdure/durability.h"

#include <array>

#include "base/error.h"
#include "model/utf8.h"
#include "perdure/table.h"

namespace perdure {
namespace {

constexpr std::array levels{Level::ephemeral, Level::relaxed, Level::journal, Level::stored};
constexpr std::uint32_t interval_ms_max =
    60'000;  // beyond a minute of loss a world is better off ephemeral

}  // namespace

std::string_view level_name(Level level) noexcept {
    switch (level) {
        case Level::ephemeral: return "ephemeral";
        case Level::relaxed: return "relaxed";
        case Level::journal: return "journal";
        case Level::stored: return "stored";
    }
    return "unknown level";
}

Result<Level> parse_level(std::string_view name) {
    for (const Level level : levels) {
        if (level_name(level) == name) return level;
    }
    return error(Code::invalid,
                 "\"{}\" is no durability level; write ephemeral, relaxed, journal or stored",
                 printable(name));
}

Status Category::validate() const {
    PERDURE_TRY(validate_name("category", name));
    if (level_name(durability) == "unknown level") {
        return error(Code::invalid, "category {}: durability {} is not one of the four levels",
                     name, static_cast<unsigned>(durability));
    }
    if (interval_ms < 1 || interval_ms > interval_ms_max) {
        return error(Code::invalid, "category {}: interval_ms is {}; give 1 to {}", name,
                     interval_ms, interval_ms_max);
    }
    if (consistency != "strict") {
        return error(
            Code::invalid,
            "category {}: consistency \"{}\" is not enforced by this version; only \"strict\" is",
            name, printable(consistency));
    }
    if (retention != "keep") {
        return error(
            Code::invalid,
            "category {}: retention \"{}\" is not enforced by this version; only \"keep\" is", name,
            printable(retention));
    }
    return {};
}

}  // namespace perdure
