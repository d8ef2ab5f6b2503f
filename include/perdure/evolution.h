// Evolution: what a program says about older worlds: names that changed, values that become others,
// removed fields that may go for good. All of it is said to a Schema, and may stay there for ever:
// what a world is past already is not looked at.
//
//     schema.renamed("trades", "deals");                          // a table, component, relation
//     schema.renamed_field("deals", "amount", "price");
//     schema.convert<std::string, std::int64_t>("deals", "price", [](const std::string& text) {
//         return to_cents(text);                                  // a Result<std::int64_t>
//     });
//     schema.convert_rows({.table = "Person", .name = "split_name",
//                          .writes = {"first", "last"}, .convert = split});
//     schema.drop("deals", "note");
//
// What may change without any of this, and what is refused: docs/guide/schema.md.
//
// Thread rule: values. Conversions run in World::open, on its thread.
#pragma once

#include <array>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "perdure/column.h"
#include "perdure/status.h"
#include "perdure/value.h"

namespace perdure {

// One row as an older world has it, under the names that its fields had there; and, in front of
// those, what earlier row conversions made of it.
class OldRow {
public:
    virtual ~OldRow() = default;
    // nullptr if that world has no such field. Valid until the conversion returns.
    [[nodiscard]] virtual const Value* find(std::string_view field) const = 0;
};

// Fills fields from whole rows: splits one field into two, changes a unit. Runs once in the life of
// a world, which remembers its name; never in a world whose table this program made.
struct RowConversion {
    std::string table;                // today's name
    std::string name;                 // letters, digits and _; of this table, never used again
    std::vector<std::string> writes;  // today's names of the fields that it fills
    // Adds a cell to `to` for each field that it writes; one left out gets its default. A failure
    // refuses to open the world, which stays as it was.
    std::function<Status(const OldRow& from, Row& to)> convert;
};
inline constexpr std::size_t row_conversions_max = 1000;  // of one table: definitions name them all

// What a Schema has been told, as plain values.
struct Evolution {
    struct TableName {
        std::string from, to;
    };
    struct FieldName {
        std::string table, from, to;
    };
    struct FieldConversion {
        std::string table, field;
        ColumnType from;
        bool from_nullable = false;
        ColumnType to;
        bool to_nullable = false;
        std::function<Result<Value>(const Value&)> convert;
    };
    struct Field {
        std::string table, field;
    };

    std::vector<TableName> tables;
    std::vector<FieldName> fields;
    std::vector<FieldConversion> conversions;
    std::vector<RowConversion> row_conversions;
    std::vector<Field> drops;
};

namespace detail {

template <typename T>
Value to_value(const T& field) {
    if constexpr (ColumnOf<T>::nullable) {
        return field ? to_value(*field) : Value();
    } else if constexpr (std::is_enum_v<T>) {
        return to_value(static_cast<std::underlying_type_t<T>>(field));
    } else if constexpr (ColumnOf<T>::type().kind == ColumnKind::array) {
        const auto* first = reinterpret_cast<const std::byte*>(field.data());
        return Bytes(first, first + sizeof(T));
    } else {
        return Value(field);
    }
}

// Of a value that fits a column of T.
template <typename T>
T from_value(const Value& value) {
    if constexpr (ColumnOf<T>::nullable) {
        if (value.is_null()) return std::nullopt;
        return from_value<typename T::value_type>(value);
    } else if constexpr (std::is_enum_v<T>) {
        return static_cast<T>(from_value<std::underlying_type_t<T>>(value));
    } else if constexpr (ColumnOf<T>::type().kind == ColumnKind::array) {
        T field;
        std::memcpy(field.data(), value.get_if<Bytes>()->data(), sizeof(T));
        return field;
    } else if constexpr (std::is_same_v<T, bool> || !std::is_integral_v<T>) {
        return *value.get_if<T>();
    } else if constexpr (std::is_signed_v<T>) {
        return static_cast<T>(*value.get_if<std::int64_t>());
    } else {
        return static_cast<T>(*value.get_if<std::uint64_t>());
    }
}

template <typename From, typename To>
Evolution::FieldConversion field_conversion(std::string table, std::string field,
                                            std::function<Result<To>(const From&)> convert) {
    return {std::move(table),
            std::move(field),
            ColumnOf<From>::type(),
            ColumnOf<From>::nullable,
            ColumnOf<To>::type(),
            ColumnOf<To>::nullable,
            [convert = std::move(convert)](const Value& value) -> Result<Value> {
                const Result<To> made = convert(from_value<From>(value));
                if (!made) return made.status();
                return to_value(*made);
            }};
}

}  // namespace detail
}  // namespace perdure
