// Columns: the types a table's cells can have, and what they are in C++, Arrow and SQL.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "perdure/entity.h"
#include "perdure/status.h"
#include "perdure/value.h"

namespace perdure {

// Persisted: do not change the values.
enum class ColumnKind : std::uint8_t {
    boolean = 1,
    i8 = 2,
    i16 = 3,
    i32 = 4,
    i64 = 5,
    u8 = 6,
    u16 = 7,
    u32 = 8,
    u64 = 9,
    id = 10,  // an Entity: 63 bits
    f32 = 11,
    f64 = 12,
    text = 13,  // UTF-8 without NUL
    json = 14,  // text, kept byte for byte
    bytes = 15,
    uuid = 16,
    array = 17,  // a fixed number of elements of one fixed-width number type
};

inline constexpr std::uint32_t array_elements_max = 65'535;  // of one cell: half a MiB at most

struct ColumnType {
    ColumnKind kind = ColumnKind::i64;
    ColumnKind element = ColumnKind::u8;  // of an array; else u8
    std::uint32_t count = 0;              // of an array; else 0

    // Bytes of one cell in a batch; 0 for text, json and bytes, whose cells differ, and for bool
    // (bits).
    [[nodiscard]] std::uint32_t width() const noexcept;
    [[nodiscard]] bool is_variable() const noexcept {
        return kind == ColumnKind::text || kind == ColumnKind::json || kind == ColumnKind::bytes;
    }
    // May stand in a key: bool, integers, id, text, bytes, uuid.
    [[nodiscard]] bool is_key_type() const noexcept;
    [[nodiscard]] bool is_valid() const noexcept;
    [[nodiscard]] std::string name() const;  // "i32", "array<f32,4>"

    friend bool operator==(const ColumnType&, const ColumnType&) = default;
};

[[nodiscard]] std::string_view kind_name(ColumnKind kind) noexcept;
// The type of that name, for tables that are described in data: what ColumnType::name() says,
// letter for letter. `invalid`, which repeats the word, for all others.
[[nodiscard]] Result<ColumnType> parse_column_type(std::string_view name);

struct Column {
    std::string name;
    std::uint16_t number = 0;  // given by the catalog, or written; never reused in its table
    ColumnType type;
    bool nullable = false;
    // What rows written before the column existed, and rows put without this cell, read as. Null
    // for nullable columns; for others the value in T{}: what the struct's initialiser says, or
    // null, which means zero or empty. Arrays: their raw bytes. Fixed when the column is added: a
    // later program's other initialiser does not change what old rows read as, nor does it that the
    // column may be null from some version on.
    Value default_value;

    friend bool operator==(const Column&, const Column&) = default;
};

namespace detail {

template <typename T>
struct ColumnOf;  // no member: this C++ type is no column

template <ColumnKind kind>
struct Plain {
    static constexpr bool nullable = false;
    static constexpr ColumnType type() { return {kind, ColumnKind::u8, 0}; }
};
template <>
struct ColumnOf<bool> : Plain<ColumnKind::boolean> {};
template <>
struct ColumnOf<std::int8_t> : Plain<ColumnKind::i8> {};
template <>
struct ColumnOf<std::int16_t> : Plain<ColumnKind::i16> {};
template <>
struct ColumnOf<std::int32_t> : Plain<ColumnKind::i32> {};
template <>
struct ColumnOf<std::uint8_t> : Plain<ColumnKind::u8> {};
template <>
struct ColumnOf<std::uint16_t> : Plain<ColumnKind::u16> {};
template <>
struct ColumnOf<std::uint32_t> : Plain<ColumnKind::u32> {};
template <>
struct ColumnOf<long> : Plain<ColumnKind::i64> {};
template <>
struct ColumnOf<unsigned long> : Plain<ColumnKind::u64> {};
template <>
struct ColumnOf<long long> : Plain<ColumnKind::i64> {};
template <>
struct ColumnOf<unsigned long long> : Plain<ColumnKind::u64> {};
static_assert(sizeof(long) == 8, "Perdure runs on LP64 systems");
template <>
struct ColumnOf<std::byte> : Plain<ColumnKind::u8> {};
template <>
struct ColumnOf<char> : Plain<ColumnKind::i8> {};
template <>
struct ColumnOf<Entity> : Plain<ColumnKind::id> {};
template <>
struct ColumnOf<float> : Plain<ColumnKind::f32> {};
template <>
struct ColumnOf<double> : Plain<ColumnKind::f64> {};
template <>
struct ColumnOf<std::string> : Plain<ColumnKind::text> {};
template <>
struct ColumnOf<Json> : Plain<ColumnKind::json> {};
template <>
struct ColumnOf<Bytes> : Plain<ColumnKind::bytes> {};
template <>
struct ColumnOf<Uuid> : Plain<ColumnKind::uuid> {};

template <typename T>
concept Enumeration = std::is_enum_v<T> && !std::is_same_v<T, std::byte>;

template <Enumeration T>
struct ColumnOf<T> : ColumnOf<std::underlying_type_t<T>> {};

template <typename T>
concept Element = (std::is_arithmetic_v<T> || std::is_enum_v<T>)&&!std::is_same_v<T, bool>;

template <Element T, std::size_t N>
struct ColumnOf<std::array<T, N>> {
    static_assert(N > 0 && N <= array_elements_max, "arrays hold 1 to 65535 elements");
    static constexpr bool nullable = false;
    static constexpr ColumnType type() {
        return {ColumnKind::array, ColumnOf<T>::type().kind, static_cast<std::uint32_t>(N)};
    }
};

template <typename T>
struct ColumnOf<std::optional<T>> {
    static_assert(!ColumnOf<T>::nullable, "an optional of an optional is no column");
    static constexpr bool nullable = true;
    static constexpr ColumnType type() { return ColumnOf<T>::type(); }
};

}  // namespace detail
}  // namespace perdure
