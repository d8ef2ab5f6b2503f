#include "perdure/column.h"

#include "base/text.h"
#include "model/kinds.h"

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
        return number && count >= 1 && count <= 65535;
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

}  // namespace perdure
