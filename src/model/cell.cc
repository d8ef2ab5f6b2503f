#include "model/cell.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/utf8.h"

namespace perdure {
namespace {

constexpr std::size_t shown_bytes_max = 40;  // of a value in a message

std::string shown(const Value& value) {
    struct Show {
        std::string operator()(std::monostate) const { return "null"; }
        std::string operator()(bool yes) const { return yes ? "true" : "false"; }
        std::string operator()(std::int64_t number) const { return text::format("{}", number); }
        std::string operator()(std::uint64_t number) const { return text::format("{}", number); }
        std::string operator()(float number) const { return text::format("the float {}", number); }
        std::string operator()(double number) const {
            return text::format("the double {}", number);
        }
        std::string operator()(const std::string& words) const { return quoted("text", words); }
        std::string operator()(const Json& json) const { return quoted("json", json.text); }
        std::string operator()(const Bytes& bytes) const {
            return text::format("{} bytes", bytes.size());
        }
        std::string operator()(const Uuid&) const { return "a uuid"; }
        std::string operator()(Entity entity) const { return text::format("entity {}", entity.id); }

        static std::string quoted(std::string_view kind, std::string_view words) {
            if (!is_text(words)) return text::format("{} that is not UTF-8 without NUL", kind);
            if (words.size() > shown_bytes_max)
                return text::format("{} of {} bytes", kind, words.size());
            return text::format("the {} \"{}\"", kind, printable(words));
        }
    };
    return std::visit(Show{}, value.storage());
}

Status refused(const Column& column, const Value& value, std::string_view wanted) {
    return error(Code::invalid, "column {} ({}) cannot hold {}; give {}", column.name,
                 column.type.name(), shown(value), wanted);
}

// The two alternatives an integer may come in, as one: its sign and its 64 bits.
struct Integer {
    bool negative;
    std::uint64_t bits;  // two's complement
};

std::optional<Integer> integer_in(const Value& value) {
    if (const auto* number = value.get_if<std::int64_t>()) {
        return Integer{*number < 0, static_cast<std::uint64_t>(*number)};
    }
    if (const auto* number = value.get_if<std::uint64_t>()) return Integer{false, *number};
    return std::nullopt;
}

struct Range {
    std::int64_t low;
    std::uint64_t high;
};

template <typename T>
constexpr Range range_of() {
    return {static_cast<std::int64_t>(std::numeric_limits<T>::min()),
            static_cast<std::uint64_t>(std::numeric_limits<T>::max())};
}

Range range_of(ColumnKind kind) {
    switch (kind) {
        case ColumnKind::i8: return range_of<std::int8_t>();
        case ColumnKind::i16: return range_of<std::int16_t>();
        case ColumnKind::i32: return range_of<std::int32_t>();
        case ColumnKind::i64: return range_of<std::int64_t>();
        case ColumnKind::u8: return range_of<std::uint8_t>();
        case ColumnKind::u16: return range_of<std::uint16_t>();
        case ColumnKind::u32: return range_of<std::uint32_t>();
        case ColumnKind::u64: return range_of<std::uint64_t>();
        default: return {0, entity_id_max};
    }
}

Status check_integer(const Column& column, const Value& value) {
    const Range range = range_of(column.type.kind);
    const auto* entity = value.get_if<Entity>();
    const auto integer = entity != nullptr && column.type.kind == ColumnKind::id
                             ? std::optional(Integer{false, entity->id})
                             : integer_in(value);
    const bool fits =
        integer && (integer->negative ? static_cast<std::int64_t>(integer->bits) >= range.low
                                      : integer->bits <= range.high);
    if (fits) return {};
    return refused(column, value, text::format("an integer from {} to {}", range.low, range.high));
}

Status check_f32(const Column& column, const Value& value) {
    if (value.get_if<float>() != nullptr) return {};
    if (const auto* wide = value.get_if<double>()) {
        const bool beyond =
            std::isfinite(*wide) && std::abs(*wide) > std::numeric_limits<float>::max();
        if (std::isnan(*wide) ||
            (!beyond && static_cast<double>(static_cast<float>(*wide)) == *wide)) {
            return {};
        }
    }
    return refused(column, value, "a float, or a double that a float holds exactly");
}

Status check_f64(const Column& column, const Value& value) {
    if (value.get_if<double>() != nullptr || value.get_if<float>() != nullptr) return {};
    return refused(column, value, "a double or a float");
}

void write_bytes(ByteSpan bytes, std::byte* to) noexcept {
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

// Of text, json, bytes and arrays.
ByteSpan variable_bytes(const Value& value) noexcept {
    if (const auto* words = value.get_if<std::string>()) return as_bytes(*words);
    if (const auto* json = value.get_if<Json>()) return as_bytes(json->text);
    const auto* bytes = value.get_if<Bytes>();
    PERDURE_ASSERT(bytes != nullptr);
    return *bytes;
}

// A conversion between the two changes nothing that check_cell accepted.
template <typename T>
T number_in(const Value& value) noexcept {
    if (const auto* narrow = value.get_if<float>()) return static_cast<T>(*narrow);
    const auto* wide = value.get_if<double>();
    PERDURE_ASSERT(wide != nullptr);
    return static_cast<T>(*wide);
}

std::uint64_t integer_bits(const Value& value) {
    if (const auto* entity = value.get_if<Entity>()) return entity->id;
    const auto integer = integer_in(value);
    PERDURE_ASSERT(integer.has_value());
    return integer->bits;
}

template <typename Signed>
Value signed_value(ByteSpan cell) {
    return Value(static_cast<std::int64_t>(load_le<Signed>(cell.data())));
}

template <typename Unsigned>
Value unsigned_value(ByteSpan cell) {
    return Value(static_cast<std::uint64_t>(load_le<Unsigned>(cell.data())));
}

}  // namespace

Status check_cell(const Column& column, const Value& value) {
    if (value.is_null()) {
        if (column.nullable) return {};
        return error(Code::invalid, "column {} ({}) cannot be null; give it a value", column.name,
                     column.type.name());
    }
    switch (column.type.kind) {
        case ColumnKind::boolean:
            return value.get_if<bool>() != nullptr ? Status() : refused(column, value, "a bool");
        case ColumnKind::f32: return check_f32(column, value);
        case ColumnKind::f64: return check_f64(column, value);
        case ColumnKind::text: {
            const auto* words = value.get_if<std::string>();
            if (words != nullptr && is_text(*words)) return {};
            return refused(column, value, "UTF-8 text without NUL");
        }
        case ColumnKind::json: {
            const auto* json = value.get_if<Json>();
            if (json != nullptr && is_text(json->text)) return {};
            return refused(column, value, "a perdure::Json of UTF-8 text without NUL");
        }
        case ColumnKind::bytes:
            return value.get_if<Bytes>() != nullptr ? Status()
                                                    : refused(column, value, "perdure::Bytes");
        case ColumnKind::uuid:
            return value.get_if<Uuid>() != nullptr ? Status()
                                                   : refused(column, value, "a perdure::Uuid");
        case ColumnKind::array: {
            const auto* bytes = value.get_if<Bytes>();
            if (bytes != nullptr && bytes->size() == column.type.width()) return {};
            return refused(
                column, value,
                text::format("the {} bytes of its elements, little endian", column.type.width()));
        }
        default: return check_integer(column, value);
    }
}

std::size_t cell_bytes(const ColumnType& type, const Value& value) noexcept {
    if (type.is_variable()) return variable_bytes(value).size();
    return type.kind == ColumnKind::boolean ? 1 : type.width();
}

void write_cell(const ColumnType& type, const Value& value, std::byte* to) noexcept {
    switch (type.kind) {
        case ColumnKind::boolean: *to = std::byte{*value.get_if<bool>()}; return;
        case ColumnKind::f32: return store_le(to, number_in<float>(value));
        case ColumnKind::f64: return store_le(to, number_in<double>(value));
        case ColumnKind::text:
        case ColumnKind::json:
        case ColumnKind::bytes:
        case ColumnKind::array: return write_bytes(variable_bytes(value), to);
        case ColumnKind::uuid: return write_bytes(value.get_if<Uuid>()->bytes, to);
        default: break;
    }
    const std::uint64_t bits = integer_bits(value);
    std::memcpy(to, &bits, type.width());  // little endian: the low bytes
}

void append_cell(const ColumnType& type, const Value& value, std::vector<std::byte>& to) {
    const std::size_t at = to.size();
    to.resize(at + cell_bytes(type, value));
    write_cell(type, value, to.data() + at);
}

bool is_null_by_default(const Column& column) noexcept {
    return column.nullable && column.default_value.is_null();
}

void append_default(const Column& column, std::vector<std::byte>& to) {
    PERDURE_ASSERT(!is_null_by_default(column));
    const bool lost = seeded_bug("model: an added column's default is lost");
    if (!column.default_value.is_null() && !lost)
        return append_cell(column.type, column.default_value, to);
    const bool boolean = column.type.kind == ColumnKind::boolean;
    to.resize(to.size() + (boolean ? 1 : column.type.width()));
}

bool is_cell(const ColumnType& type, ByteSpan cell) noexcept {
    switch (type.kind) {
        case ColumnKind::boolean: return cell.size() == 1 && cell[0] <= std::byte{1};
        case ColumnKind::text:
        case ColumnKind::json: return is_text(as_text(cell));
        case ColumnKind::bytes: return true;
        case ColumnKind::id:
            return cell.size() == 8 && load_le<std::uint64_t>(cell.data()) <= entity_id_max;
        default: return cell.size() == type.width();
    }
}

Value cell_value(const ColumnType& type, ByteSpan cell) {
    PERDURE_ASSERT(type.is_variable() || type.kind == ColumnKind::boolean ||
                   cell.size() == type.width());
    switch (type.kind) {
        case ColumnKind::boolean: return Value(cell[0] != std::byte{0});
        case ColumnKind::i8: return signed_value<std::int8_t>(cell);
        case ColumnKind::i16: return signed_value<std::int16_t>(cell);
        case ColumnKind::i32: return signed_value<std::int32_t>(cell);
        case ColumnKind::i64: return signed_value<std::int64_t>(cell);
        case ColumnKind::u8: return unsigned_value<std::uint8_t>(cell);
        case ColumnKind::u16: return unsigned_value<std::uint16_t>(cell);
        case ColumnKind::u32: return unsigned_value<std::uint32_t>(cell);
        case ColumnKind::u64: return unsigned_value<std::uint64_t>(cell);
        case ColumnKind::id: return Value(Entity{load_le<std::uint64_t>(cell.data())});
        case ColumnKind::f32: return Value(load_le<float>(cell.data()));
        case ColumnKind::f64: return Value(load_le<double>(cell.data()));
        case ColumnKind::text: return Value(std::string(as_text(cell)));
        case ColumnKind::json: return Value(Json{std::string(as_text(cell))});
        case ColumnKind::bytes:
        case ColumnKind::array: return Value(Bytes(cell.begin(), cell.end()));
        case ColumnKind::uuid: return Value(load_le<Uuid>(cell.data()));
    }
    return {};
}

}  // namespace perdure
