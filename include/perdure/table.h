// TableDefinition: a declared name, typed columns, a key, a category. Plain values, no code
// pointers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "perdure/column.h"
#include "perdure/durability.h"
#include "perdure/status.h"

namespace perdure {

using TableId = std::uint32_t;

inline constexpr std::size_t table_columns_max = 1000;  // SQLite allows 2000, PostgreSQL 1600
inline constexpr std::size_t key_columns_max = 16;      // PostgreSQL indexes 32, some are ours
inline constexpr std::size_t name_bytes_max = 63;       // PostgreSQL cuts names there
// Of one default: each journal file repeats the definitions in force. The longest array has
// 524,280.
inline constexpr std::size_t default_bytes_max = std::size_t{1} << 20;

// Whose names: those of programs do not begin with '_', ours may.
enum class Naming : std::uint8_t { program, internal };

struct TableDefinition {
    TableId id = 0;             // given by the catalog
    std::uint32_t version = 0;  // 1, 2, … of this table; given by the catalog
    std::string name;
    std::vector<Column> columns;  // the key's columns come first
    std::uint16_t key_columns = 0;
    std::string category{default_category};
    bool append_only = false;              // rows are only added; never coalesced
    bool resident = false;                 // its newest rows live in a domain's memory
    std::uint16_t next_column_number = 1;  // numbers of removed columns are not given again
    std::vector<std::string> conversions;  // the row conversions that it has been through

    [[nodiscard]] std::span<const Column> key() const { return {columns.data(), key_columns}; }
    // Where the column is; nullopt if there is none.
    [[nodiscard]] std::optional<std::size_t> find_column(std::string_view name) const;  // any case
    [[nodiscard]] std::optional<std::size_t> find_number(std::uint16_t number) const;
    // Names, types, key, defaults and limits are as they must be; `invalid` says which is not.
    // Id, version and numbers are the catalog's business and not looked at.
    [[nodiscard]] Status validate(Naming naming = Naming::program) const;

    friend bool operator==(const TableDefinition&, const TableDefinition&) = default;
};

// Several lines:
//
//     table profiles (id 7, version 2, category economy)
//       name text, key
//       level i64, default 1
//       note text, may be null
[[nodiscard]] std::string to_text(const TableDefinition& table, const TextLimits& limits = {});

// Names are 1 to 63 bytes of [A-Za-z0-9_], do not begin with a digit or (unless internal) '_', and
// are unique without regard to case; else `invalid`, which names `what` it is a name of. A world
// also refuses tables named "entity", "entities" or "entities_<digits>": those are its own.
[[nodiscard]] Status validate_name(std::string_view what, std::string_view name,
                                   Naming naming = Naming::program);
[[nodiscard]] bool same_name(std::string_view left, std::string_view right) noexcept;
[[nodiscard]] std::string lower_case(std::string_view name);

}  // namespace perdure
