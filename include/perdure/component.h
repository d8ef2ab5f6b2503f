// PERDURE_COMPONENT: makes a plain struct known to Perdure, in the namespace of the struct.
//
//     struct Position { float x, y, z; };
//     PERDURE_COMPONENT(Position, x, y, z);
//     struct Frozen {};
//     PERDURE_COMPONENT(Frozen);                       // a tag
//     PERDURE_COMPONENT_AS(old::Position, "OldPosition", x, y, z);
//
// Every field must be named, in order: one forgotten is a compile error. Fields become columns by
// name, so they may later be added, removed and put in another order. A component has at most 60
// fields. Perdure makes, copies, moves and ends a component field by field: what a struct's own
// constructors beyond T{}, its assignment or its destructor do besides is not done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "perdure/column.h"
#include "perdure/status.h"

namespace perdure {

// 60 keeps rows readable, and lets a view join some thirty components of that size: SQLite answers
// with at most 2000 columns.
inline constexpr std::size_t component_fields_max = 60;

// One field of a struct and the column it becomes. This and StructShape are copied values without
// pointers into the code that declared them, which may be unloaded: see World::reload().
struct FieldShape {
    std::string name;
    std::uint32_t offset = 0;  // in the struct, bytes
    ColumnType type;
    bool nullable = false;          // a std::optional
    std::uint32_t flag_offset = 0;  // of an optional: where it says that it holds something
    Value default_value;            // as in T{}; null if it may be null
    Value initial;                  // as in T{}, of text, json and bytes, whether or not

    friend bool operator==(const FieldShape&, const FieldShape&) = default;
};

struct StructShape {
    std::string name;
    std::size_t bytes = 0;  // sizeof; 0 for a tag
    std::size_t alignment = 1;
    std::vector<FieldShape> fields;
    std::vector<std::byte> initial;  // the bytes of T{}; those of text, json and bytes are zero

    // Names are valid and distinct, and there are at most component_fields_max fields; else
    // `invalid`.
    [[nodiscard]] Status validate() const;

    friend bool operator==(const StructShape&, const StructShape&) = default;
};

// The values of one field of many structs, `stride` bytes apart.
struct FieldArray {
    const std::byte* first = nullptr;
    std::size_t stride = 0;
    ColumnType type;
    bool nullable = false;
};
template <typename Field>
[[nodiscard]] FieldArray field_array(const Field* first, std::size_t stride = sizeof(Field)) {
    return {reinterpret_cast<const std::byte*>(first), stride, detail::ColumnOf<Field>::type(),
            detail::ColumnOf<Field>::nullable};
}

template <typename T>
struct Reflect {};  // carries T into argument-dependent lookup

namespace detail {

constexpr std::string_view base_name(std::string_view qualified) {
    const auto colon = qualified.rfind(':');
    return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

template <typename T>
Value default_of(const T& value) {
    if constexpr (std::is_enum_v<T>) {
        return default_of(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (ColumnOf<T>::type().kind == ColumnKind::array) {
        const auto* first = reinterpret_cast<const std::byte*>(value.data());
        return Bytes(first, first + sizeof(T));
    } else {
        return Value(value);
    }
}

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {
    using Inner = T;
};

// An optional's flag follows its value; checked here against a live one, since the standard does
// not say.
template <typename Optional>
std::uint32_t optional_flag_offset() {
    using Inner = typename IsOptional<Optional>::Inner;
    const Optional full{Inner{}};
    const auto* bytes = reinterpret_cast<const std::byte*>(&full);
    const bool as_expected = static_cast<const void*>(&*full) == static_cast<const void*>(&full) &&
                             bytes[sizeof(Inner)] == std::byte{1} &&
                             sizeof(Optional) > sizeof(Inner);
    if (!as_expected) std::abort();
    return static_cast<std::uint32_t>(sizeof(Inner));
}

template <typename Struct, typename Field>
[[gnu::visibility("hidden")]] void add_field(StructShape& shape, const Struct& initial,
                                             std::string_view name, const Field& field) {
    FieldShape added;
    added.name = std::string(name);  // g++ 12 warns of an assigned view, in the program's build
    added.offset = static_cast<std::uint32_t>(reinterpret_cast<const std::byte*>(&field) -
                                              reinterpret_cast<const std::byte*>(&initial));
    // A bit-field binds to a copy elsewhere: it has no address, and cannot be a column.
    if (added.offset > sizeof(Struct) - sizeof(Field)) std::abort();
    added.type = ColumnOf<Field>::type();
    added.nullable = ColumnOf<Field>::nullable;
    if constexpr (IsOptional<Field>::value) {
        added.flag_offset = optional_flag_offset<Field>();
        if constexpr (!std::is_trivially_copyable_v<Field>) {
            if (field) added.initial = default_of(*field);
        }
    } else {
        added.default_value = default_of(field);
        if constexpr (!std::is_trivially_copyable_v<Field>) added.initial = added.default_value;
    }
    if constexpr (!std::is_trivially_copyable_v<Field>) {
        std::memset(shape.initial.data() + added.offset, 0, sizeof(Field));
    }
    shape.fields.push_back(std::move(added));
}

template <typename T>
[[gnu::visibility("hidden")]] StructShape begin_shape(std::string_view qualified_name) {
    static_assert(!std::is_polymorphic_v<T>, "a component has no virtual functions");
    static_assert(std::is_default_constructible_v<T>, "a component needs a default value, T{}");
    static_assert(std::is_copy_assignable_v<T> && std::is_move_constructible_v<T>,
                  "a component is copied and moved");
    StructShape shape;
    shape.name = base_name(qualified_name);
    shape.bytes = std::is_empty_v<T> ? 0 : sizeof(T);
    shape.alignment = alignof(T);
    alignas(T) std::byte bytes[sizeof(T)] = {};
    T* const initial = ::new (static_cast<void*>(bytes)) T{};
    shape.initial.assign(bytes, bytes + shape.bytes);
    initial->~T();
    return shape;
}

}  // namespace detail

// The shape of a struct declared with PERDURE_COMPONENT. Hidden, as all that knows a struct's
// layout is: two libraries may each have a struct of that name.
template <typename T>
[[nodiscard, gnu::visibility("hidden")]] StructShape struct_shape() {
    return perdure_shape(Reflect<T>{});
}

template <typename T>
concept Component = requires {
    perdure_shape(Reflect<T>{});
};

}  // namespace perdure

#define PERDURE_COMPONENT(Type, ...) PERDURE_COMPONENT_AS(Type, #Type __VA_OPT__(, ) __VA_ARGS__)

#define PERDURE_COMPONENT_AS(Type, column_table_name, ...)                                       \
    [[maybe_unused, gnu::visibility("hidden")]] inline ::perdure::StructShape perdure_shape(     \
        ::perdure::Reflect<Type>) {                                                              \
        ::perdure::StructShape shape_ = ::perdure::detail::begin_shape<Type>(column_table_name); \
        __VA_OPT__(const Type value_{}; const auto& [__VA_ARGS__] = value_;                      \
                   PERDURE_FOR_EACH(PERDURE_ADD_FIELD, __VA_ARGS__))                             \
        static_assert(std::is_empty_v<Type> == (sizeof(#__VA_ARGS__) == 1),                      \
                      "name every field of the struct; a tag has none");                         \
        return shape_;                                                                           \
    }                                                                                            \
    static_assert(true, "wants a semicolon")

#define PERDURE_ADD_FIELD(field) ::perdure::detail::add_field(shape_, value_, #field, field);

// Applies a macro to up to some 250 arguments, by the recursion that __VA_OPT__ allows.
#define PERDURE_PARENS ()
#define PERDURE_EXPAND(...) \
    PERDURE_EXPAND3(PERDURE_EXPAND3(PERDURE_EXPAND3(PERDURE_EXPAND3(__VA_ARGS__))))
#define PERDURE_EXPAND3(...) \
    PERDURE_EXPAND2(PERDURE_EXPAND2(PERDURE_EXPAND2(PERDURE_EXPAND2(__VA_ARGS__))))
#define PERDURE_EXPAND2(...) \
    PERDURE_EXPAND1(PERDURE_EXPAND1(PERDURE_EXPAND1(PERDURE_EXPAND1(__VA_ARGS__))))
#define PERDURE_EXPAND1(...) __VA_ARGS__
#define PERDURE_FOR_EACH(macro, ...) \
    __VA_OPT__(PERDURE_EXPAND(PERDURE_FOR_EACH_STEP(macro, __VA_ARGS__)))
#define PERDURE_FOR_EACH_STEP(macro, first, ...) \
    macro(first) __VA_OPT__(PERDURE_FOR_EACH_AGAIN PERDURE_PARENS(macro, __VA_ARGS__))
#define PERDURE_FOR_EACH_AGAIN() PERDURE_FOR_EACH_STEP
