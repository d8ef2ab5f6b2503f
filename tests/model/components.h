// Components for tests: one field of every kind, plain and optional; a tag; nested namespaces.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "perdure/component.h"

namespace game {

enum class Mood : std::int8_t { calm = -1, angry = 5 };
enum Colour : unsigned short { red = 1, blue = 40000 };

struct Position {
    float x, y, z;
};
PERDURE_COMPONENT(Position, x, y, z);

struct Frozen {};
PERDURE_COMPONENT(Frozen);

// Trivially copyable, with every fixed-width kind, in an order that needs padding.
struct Fixed {
    bool flag = true;
    std::int64_t i64 = std::numeric_limits<std::int64_t>::min();
    std::int8_t i8 = -8;
    std::uint64_t u64 = std::numeric_limits<std::uint64_t>::max();
    std::int16_t i16 = -16;
    std::int32_t i32 = -32;
    std::uint8_t u8 = 8;
    std::uint16_t u16 = 16;
    std::uint32_t u32 = 32;
    perdure::Entity id{63};
    float f32 = -0.0F;
    double f64 = 0.5;
    perdure::Uuid uuid{};
    std::array<std::int16_t, 5> array{1, 2, 3, 4, 5};
    Mood mood = Mood::angry;
    Colour colour = blue;
    std::byte raw{0xAB};
    char letter = 'x';
};
PERDURE_COMPONENT(Fixed, flag, i64, i8, u64, i16, i32, u8, u16, u32, id, f32, f64, uuid, array,
                  mood, colour, raw, letter);

struct Words {
    std::string text = "a default that is too long for the small string";
    perdure::Json json{"{}"};
    perdure::Bytes bytes{std::byte{1}, std::byte{0}};
};
PERDURE_COMPONENT(Words, text, json, bytes);

struct Optionals {
    std::optional<bool> flag;
    std::optional<std::int8_t> i8;
    std::optional<std::uint64_t> u64;
    std::optional<float> f32;
    std::optional<perdure::Entity> id;
    std::optional<perdure::Uuid> uuid;
    std::optional<std::array<float, 3>> array;
    std::optional<Mood> mood;
    std::optional<std::string> text;
    std::optional<perdure::Json> json;
    std::optional<perdure::Bytes> bytes;
};
PERDURE_COMPONENT(Optionals, flag, i8, u64, f32, id, uuid, array, mood, text, json, bytes);

// Runs of 4- and 8-byte fields of every length, and what ends one.
struct Runs {
    std::uint32_t a1 = 1, a2 = 2, a3 = 3, a4 = 4, a5 = 5, a6 = 6;
    std::uint64_t b1 = 7, b2 = 8, b3 = 9;
    std::uint16_t gap = 10;
    float c1 = 11, c2 = 12;
    std::array<std::byte, 4> d1{}, d2{};
    double e1 = 13, e2 = 14, e3 = 15, e4 = 16, e5 = 17;
};
PERDURE_COMPONENT(Runs, a1, a2, a3, a4, a5, a6, b1, b2, b3, gap, c1, c2, d1, d2, e1, e2, e3, e4,
                  e5);

// Has no addresses to take: no component, and said so at run time, since compilers do not tell.
struct BitFields {
    std::uint32_t low : 4 = 1, high : 28 = 2;
};
PERDURE_COMPONENT(BitFields, low, high);

}  // namespace game

namespace old::deep {
struct Position {
    double x = 1.5;
};
PERDURE_COMPONENT_AS(Position, "OldPosition", x);
struct Other {
    int value = 3;
};
}  // namespace old::deep

namespace old {
// Declared from outside of its namespace's innermost part, by a qualified name.
namespace deep {
PERDURE_COMPONENT(::old::deep::Other, value);
}
}  // namespace old
