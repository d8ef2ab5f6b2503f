#include "c/tables.h"

#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "c/answer.h"
#include "c/sized.h"
#include "model/cell.h"

namespace perdure::c {
namespace {

Status read_default(const perdure_column& given, const ColumnType& type, Value& value) {
    if (given.default_value == nullptr) {
        if (given.default_bytes == 0) return {};
        return error(Code::invalid, "column {}: default_bytes without a default_value", given.name);
    }
    if (given.default_bytes > default_bytes_max) {
        return error(Code::invalid, "column {}: the default has {} bytes; at most {} are allowed",
                     given.name, given.default_bytes, default_bytes_max);
    }
    const ByteSpan cell(static_cast<const std::byte*>(given.default_value),
                        static_cast<std::size_t>(given.default_bytes));
    if (!is_cell(type, cell)) {
        return error(Code::invalid, "column {}: its default, {} bytes, is no {}", given.name,
                     given.default_bytes, type.name());
    }
    value = cell_value(type, cell);
    return {};
}

Status read_column(const perdure_column& given, TableBuilder& table) {
    PERDURE_TRY(need(given.name, "a column's name"));
    PERDURE_TRY(check_flags(given.flags, PERDURE_KEY | PERDURE_NULLABLE, "column flags"));
    ColumnType type;
    PERDURE_TRY(read_type(given.type, type));
    if (given.number > UINT16_MAX) {
        return error(Code::invalid, "column {}: its number is {}; at most {} are allowed",
                     given.name, given.number, UINT16_MAX);
    }
    ColumnOptions options;
    options.number = static_cast<std::uint16_t>(given.number);
    PERDURE_TRY(read_default(given, type, options.default_value));
    const bool nullable = (given.flags & PERDURE_NULLABLE) != 0;
    if ((given.flags & PERDURE_KEY) == 0) {
        table.column(given.name, type, nullable, options);
        return {};
    }
    if (nullable) {
        return error(Code::invalid, "column {} is part of the key and cannot be null", given.name);
    }
    table.key(given.name, type, options);
    return {};
}

}  // namespace

perdure_type type_of(const ColumnType& type) noexcept {
    const bool array = type.kind == ColumnKind::array;
    return {static_cast<std::uint16_t>(type.kind),
            array ? static_cast<std::uint16_t>(type.element) : std::uint16_t{0}, type.count};
}

Status read_type(const perdure_type& given, ColumnType& type) {
    const bool array = given.kind == PERDURE_ARRAY;
    PERDURE_TRY(check_number(given.kind, PERDURE_ARRAY, "column kind"));
    PERDURE_TRY(check_number(given.element, PERDURE_ARRAY, "element kind"));
    if (given.kind == 0) return error(Code::invalid, "a column's kind is 0; give one");
    if (!array && (given.element != 0 || given.count != 0)) {
        return error(Code::invalid, "only arrays have an element and a count; leave them 0");
    }
    type.kind = static_cast<ColumnKind>(given.kind);
    type.element = array ? static_cast<ColumnKind>(given.element) : ColumnKind::u8;
    type.count = given.count;
    if (type.is_valid()) return {};
    return error(Code::invalid, "arrays have 1 to {} numbers, not {} of kind {}",
                 array_elements_max, given.count, given.element);
}

Status read_table(const perdure_table* given, Schema& schema) {
    perdure_table table;
    PERDURE_TRY(take(given, "perdure_table", table));
    PERDURE_TRY(check_flags(table.flags, PERDURE_APPEND_ONLY, "table flags"));
    PERDURE_TRY(need(table.name, "a table's name"));
    PERDURE_TRY(need(table.columns, "a table's columns"));
    if (table.column_count > columns_max) {
        return error(Code::invalid, "table {} has {} columns; at most {} are allowed", table.name,
                     table.column_count, table_columns_max);
    }
    TableBuilder builder(table.name);
    for (std::uint64_t index = 0; index < table.column_count; ++index) {
        const Status read = read_column(table.columns[index], builder);
        if (!read.ok()) return read.with_context(text::format("table {}", table.name));
    }
    if (table.category != nullptr) builder.category(table.category);
    if ((table.flags & PERDURE_APPEND_ONLY) != 0) builder.append_only();
    PERDURE_TRY(builder.validate());
    schema.table(table.name) = std::move(builder);
    return {};
}

}  // namespace perdure::c
