// The components that these tests live on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "perdure/component.h"

namespace perdure::entities {

struct Position {
    float x = 0, y = 0, z = 0;
    friend bool operator==(const Position&, const Position&) = default;
};
PERDURE_COMPONENT(Position, x, y, z);

struct Velocity {
    float x = 0, y = 0, z = 0;
    friend bool operator==(const Velocity&, const Velocity&) = default;
};
PERDURE_COMPONENT(Velocity, x, y, z);

struct Health {
    std::int32_t points = 100;
    friend bool operator==(const Health&, const Health&) = default;
};
PERDURE_COMPONENT(Health, points);

struct Inventory {
    std::array<std::uint32_t, 16> items{};
    friend bool operator==(const Inventory&, const Inventory&) = default;
};
PERDURE_COMPONENT(Inventory, items);

struct Name {  // not trivially copyable
    std::string text;
    std::optional<std::int16_t> title;
    friend bool operator==(const Name&, const Name&) = default;
};
PERDURE_COMPONENT(Name, text, title);

struct Frozen {  // a tag
    friend bool operator==(const Frozen&, const Frozen&) = default;
};
PERDURE_COMPONENT(Frozen);

struct Mood {  // relaxed
    std::int32_t level = 0;
    friend bool operator==(const Mood&, const Mood&) = default;
};
PERDURE_COMPONENT(Mood, level);

struct Glow {  // ephemeral
    std::uint8_t red = 0, green = 0, blue = 0;
    friend bool operator==(const Glow&, const Glow&) = default;
};
PERDURE_COMPONENT(Glow, red, green, blue);

}  // namespace perdure::entities
