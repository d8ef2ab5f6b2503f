// Value: one cell of a row, for callers who have no struct for it; and the field types that C++
// lacks.
//
//     tick.put("profiles", {{"name", "ana"}, {"level", 7}});
//
// A Value that does not fit its column (a negative number for a u32, text that is not UTF-8) is
// refused with `invalid`, never bent.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "perdure/entity.h"

namespace perdure {

using Bytes = std::vector<std::byte>;

struct Uuid {
    std::array<std::byte, 16> bytes{};
    friend bool operator==(const Uuid&, const Uuid&) = default;
};

// JSON kept byte for byte. Perdure does not look inside.
struct Json {
    std::string text;
    friend bool operator==(const Json&, const Json&) = default;
};

template <typename T>
concept UnsignedNumber = std::unsigned_integral<T> && !std::same_as<T, bool>;

class Value {
public:
    using Storage = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, float, double,
                                 std::string, Json, Bytes, Uuid, Entity>;

    Value() = default;  // null
    Value(bool value) : storage_(value) {}
    template <std::signed_integral T>
    Value(T value) : storage_(static_cast<std::int64_t>(value)) {}
    template <UnsignedNumber T>
    Value(T value) : storage_(static_cast<std::uint64_t>(value)) {}
    Value(float value) : storage_(value) {}
    Value(double value) : storage_(value) {}
    Value(const char* text) : storage_(std::string(text)) {}
    Value(std::string_view text) : storage_(std::string(text)) {}
    Value(std::string text) : storage_(std::move(text)) {}
    Value(Json json) : storage_(std::move(json)) {}
    Value(Bytes bytes) : storage_(std::move(bytes)) {}
    Value(Uuid uuid) : storage_(uuid) {}
    Value(Entity entity) : storage_(entity) {}

    [[nodiscard]] bool is_null() const noexcept { return storage_.index() == 0; }
    [[nodiscard]] const Storage& storage() const noexcept { return storage_; }
    // The alternative T, or nullptr: value.get_if<std::int64_t>().
    template <typename T>
    [[nodiscard]] const T* get_if() const noexcept {
        return std::get_if<T>(&storage_);
    }
    friend bool operator==(const Value&, const Value&) = default;

private:
    Storage storage_;
};

// The cells of one row by column name. Columns that are not named take their default.
struct Cell {
    std::string_view column;
    Value value;
};
using Row = std::vector<Cell>;

// to_text() puts values of Perdure into words, for logs, tests and debuggers: every header that has
// such a value declares one for it. It never fails, whatever the value holds; control characters
// and what is not UTF-8 are shown in hexadecimal. These limits bound it, and what they leave out is
// counted: "… and 999,990 more rows". No newline at the end.
struct TextLimits {
    std::uint32_t batches = 20;  // of a change set
    std::uint32_t rows = 10;     // of a batch
    std::uint32_t columns = 32;  // of a row or a table
    std::uint32_t bytes = 64;    // of a text, JSON, bytes or array
};

// NULL, 7, 1.5, true, "ana", x'00ff', {"hp":3}, 0b1c5f1e-….
[[nodiscard]] std::string to_text(const Value& value, const TextLimits& limits = {});
[[nodiscard]] std::string to_text(const Uuid& uuid);
// name="ana"  level=7
[[nodiscard]] std::string to_text(const Row& row, const TextLimits& limits = {});

}  // namespace perdure
