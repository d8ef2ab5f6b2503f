#include "perdure/table.h"

#include <algorithm>

#include "base/error.h"
#include "model/cell.h"
#include "model/utf8.h"
#include "perdure/evolution.h"

namespace perdure {
namespace {

// ASCII only: names have no other letters, and the locale must not matter.
constexpr char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

constexpr bool is_digit(char letter) noexcept { return letter >= '0' && letter <= '9'; }

constexpr bool is_name_letter(char letter) noexcept {
    return (lower(letter) >= 'a' && lower(letter) <= 'z') || is_digit(letter) || letter == '_';
}

Status validate_column(const Column& column, bool key, Naming naming) {
    PERDURE_TRY(validate_name("column", column.name, naming));
    if (!column.type.is_valid()) {
        return error(Code::invalid, "column {} has no valid type ({}); arrays have 1 to {} numbers",
                     column.name, column.type.name(), array_elements_max);
    }
    if (key && column.nullable) {
        return error(Code::invalid, "column {} is part of the key and cannot be null", column.name);
    }
    if (key && !column.type.is_key_type()) {
        return error(Code::invalid,
                     "column {} ({}) cannot be part of a key; keys are bool, integers, id, text, "
                     "bytes, uuid",
                     column.name, column.type.name());
    }
    if (column.default_value.is_null()) return {};
    PERDURE_TRY(check_cell(column, column.default_value).with_context("the default"));
    std::vector<std::byte> cell;
    append_cell(column.type, column.default_value, cell);
    if (cell.size() <= default_bytes_max) return {};
    return error(Code::invalid, "column {}: the default has {} bytes; at most {} are allowed",
                 column.name, cell.size(), default_bytes_max);
}

// The second of two that are the same, case aside; empty if there are none.
std::string_view name_given_twice(const std::vector<Column>& columns) {
    std::vector<std::string_view> names;
    names.reserve(columns.size());
    for (const Column& column : columns) names.push_back(column.name);
    std::stable_sort(names.begin(), names.end(), [](std::string_view left, std::string_view right) {
        return std::lexicographical_compare(
            left.begin(), left.end(), right.begin(), right.end(),
            [](char one, char other) { return lower(one) < lower(other); });
    });
    const auto twice = std::adjacent_find(names.begin(), names.end(), same_name);
    return twice == names.end() ? std::string_view() : *(twice + 1);
}

}  // namespace

bool same_name(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char one, char other) { return lower(one) == lower(other); });
}

std::string lower_case(std::string_view name) {
    std::string lowered(name);
    std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
    return lowered;
}

Status validate_name(std::string_view what, std::string_view name, Naming naming) {
    const bool letters = std::all_of(name.begin(), name.end(), is_name_letter);
    if (name.empty() || name.size() > name_bytes_max || !letters || is_digit(name.front())) {
        return error(Code::invalid,
                     "\"{}\" cannot name a {}; write 1 to {} letters, digits and _, a letter first",
                     printable(name), what, name_bytes_max);
    }
    if (naming == Naming::program && name.front() == '_') {
        return error(Code::invalid,
                     "\"{}\" cannot name a {}; names that begin with _ are Perdure's own", name,
                     what);
    }
    return {};
}

std::optional<std::size_t> TableDefinition::find_column(std::string_view wanted) const {
    for (std::size_t index = 0; index < columns.size(); ++index) {
        if (same_name(columns[index].name, wanted)) return index;
    }
    return std::nullopt;
}

std::optional<std::size_t> TableDefinition::find_number(std::uint16_t wanted) const {
    for (std::size_t index = 0; index < columns.size(); ++index) {
        if (columns[index].number == wanted) return index;
    }
    return std::nullopt;
}

Status TableDefinition::validate(Naming naming) const {
    PERDURE_TRY(validate_name("table", name, naming));
    const auto here = [this](const Status& status) {
        return status.ok() ? status : status.with_context("table " + name);
    };
    PERDURE_TRY(here(validate_name("category", category)));
    if (columns.size() > table_columns_max) {
        return error(Code::invalid, "table {} has {} columns; at most {} are allowed", name,
                     columns.size(), table_columns_max);
    }
    if (key_columns == 0 || key_columns > columns.size() || key_columns > key_columns_max) {
        return error(Code::invalid, "table {} has {} key columns of {}; give it 1 to {}", name,
                     key_columns, columns.size(), key_columns_max);
    }
    if (append_only && resident) {
        return error(Code::invalid,
                     "table {} is resident and append-only; rows in memory change, so choose one",
                     name);
    }
    for (std::size_t index = 0; index < columns.size(); ++index) {
        PERDURE_TRY(here(validate_column(columns[index], index < key_columns, naming)));
    }
    if (conversions.size() > row_conversions_max) {
        return error(Code::invalid, "table {} has {} row conversions; at most {} are allowed", name,
                     conversions.size(), row_conversions_max);
    }
    for (const std::string& conversion : conversions) {
        PERDURE_TRY(here(validate_name("row conversion", conversion)));
    }
    if (const std::string_view twice = name_given_twice(columns); !twice.empty()) {
        return error(Code::invalid,
                     "table {} has two columns named {}, case aside; rename one of them", name,
                     twice);
    }
    return {};
}

}  // namespace perdure
