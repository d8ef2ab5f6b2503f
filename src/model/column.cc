#include "perdure/column.h"

#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "model/kinds.h"
#include "model/value_text.h"

namespace perdure {
namespace {

constexpr std::uint32_t kind_width(ColumnKind kind) noexcept {
    switch (kind) {
        case ColumnKind::i8:
        case ColumnKind::u8: return 1;
        case ColumnKind::i16:
        case ColumnKind::u16: return 2;
        case ColumnKind::i32:
        case ColumnKind::u32:
        case ColumnKind::f32: return 4;
        case ColumnKind::i64:
        case ColumnKind::u64:
        case ColumnKind::id:
        case ColumnKind::f64: return 8;
        case ColumnKind::uuid: return 16;
        case ColumnKind::boolean:
        case ColumnKind::text:
        case ColumnKind::json:
        case ColumnKind::bytes:
        case ColumnKind::array: break;
    }
    return 0;
}

constexpr std::string_view array_begin = "array<";

// That of no column, if it is the name of none, or of arrays.
ColumnKind kind_named(std::string_view name) noexcept {
    for (unsigned value = 1; value < static_cast<unsigned>(ColumnKind::array); ++value) {
        const auto kind = static_cast<ColumnKind>(value);
        if (kind_name(kind) == name) return kind;
    }
    return ColumnKind{0};
}

// "f32,4", of "array<f32,4>".
ColumnType array_of(std::string_view words) noexcept {
    ColumnType type{ColumnKind::array, ColumnKind{0}, 0};
    const std::size_t comma = words.find(',');
    if (comma == std::string_view::npos) return type;
    type.element = kind_named(words.substr(0, comma));
    const std::string_view digits = words.substr(comma + 1);
    std::uint32_t count = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (read.ec == std::errc()) type.count = count;
    return type;
}

}  // namespace

std::uint32_t ColumnType::width() const noexcept {
    return kind == ColumnKind::array ? kind_width(element) * count : kind_width(kind);
}

bool ColumnType::is_key_type() const noexcept {
    return kind == ColumnKind::boolean || is_integer(kind) || kind == ColumnKind::id ||
           kind == ColumnKind::text || kind == ColumnKind::bytes || kind == ColumnKind::uuid;
}

bool ColumnType::is_valid() const noexcept {
    if (kind == ColumnKind::array) {
        const bool number = is_integer(element) || is_real(element);
        return number && count >= 1 && count <= array_elements_max;
    }
    return kind >= ColumnKind::boolean && kind <= ColumnKind::uuid && element == ColumnKind::u8 &&
           count == 0;
}

std::string ColumnType::name() const {
    if (kind == ColumnKind::array) return text::format("array<{},{}>", kind_name(element), count);
    return std::string(kind_name(kind));
}

std::string_view kind_name(ColumnKind kind) noexcept {
    switch (kind) {
        case ColumnKind::boolean: return "bool";
        case ColumnKind::i8: return "i8";
        case ColumnKind::i16: return "i16";
        case ColumnKind::i32: return "i32";
        case ColumnKind::i64: return "i64";
        case ColumnKind::u8: return "u8";
        case ColumnKind::u16: return "u16";
        case ColumnKind::u32: return "u32";
        case ColumnKind::u64: return "u64";
        case ColumnKind::id: return "id";
        case ColumnKind::f32: return "f32";
        case ColumnKind::f64: return "f64";
        case ColumnKind::text: return "text";
        case ColumnKind::json: return "json";
        case ColumnKind::bytes: return "bytes";
        case ColumnKind::uuid: return "uuid";
        case ColumnKind::array: return "array";
    }
    return "unknown kind";
}

Result<ColumnType> parse_column_type(std::string_view name) {
    const bool is_array = name.starts_with(array_begin) && name.ends_with('>');
    const ColumnType type =
        is_array ? array_of(name.substr(array_begin.size(), name.size() - array_begin.size() - 1))
                 : ColumnType{kind_named(name), ColumnKind::u8, 0};
    // The same word again: there is one for each type, so none with a sign, a space, more digits.
    if (type.is_valid() && type.name() == name) return type;
    return error(Code::invalid,
                 "\"{}\" is no type of a column; write bool, i8 to i64, u8 to u64, id, f32, f64, "
                 "text, json, bytes, uuid, or array<f32,4> with another number's type and 1 to {} "
                 "elements",
                 name_text(name), array_elements_max);
}

}  // namespace perdure
