// UserRow: one row of a user table, as the engine wants it and as the model keeps it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "perdure/transaction.h"
#include "perdure/value.h"
#include "simulation/small_world.h"

namespace perdure::simulation {

using Cells = std::vector<std::string>;  // in plain text, in the order of the table's columns,
                                         // without the key

struct UserRow {
    Row row;  // for the engine
    Row key;
    std::string key_text;  // for the model
    Cells cells;
};

// A row of the table `spec` with the key `number` and something made of `value` in it.
[[nodiscard]] UserRow make_user_row(const TableSpec& spec, std::uint64_t number,
                                    std::int32_t value);

// The name of a column, as a view that stays valid.
[[nodiscard]] std::string_view column_name(const ColumnSpec& column);

struct UserChange {
    enum class Kind : std::uint8_t { put, erase, append };
    Kind kind = Kind::put;
    std::string table;
    UserRow row;
    Condition condition{};        // for the engine
    std::string expected_text{};  // of a condition `equal`: the first column's cell, for the model
};

// "put accounts 00000000000000000003 ['5'] if absent"
[[nodiscard]] std::string describe(const UserChange& change);
[[nodiscard]] std::string describe(const Cells& cells);

}  // namespace perdure::simulation
