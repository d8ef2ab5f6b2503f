// evolve: what a declared table means for a world: nothing, a change, a change with rows to convert
// first, or a refusal that names the difference and the remedy.
//
// Rows are converted in a version between: the old columns, and beside them hidden ones that
// conversions fill, row by row, in ordinary change sets. Then one definition takes the old ones
// away and gives their names to the new ones: all of a table is converted, or none of it is seen. A
// version between that was left by a crash is gone on with, or left behind.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/catalog.h"
#include "perdure/evolution.h"
#include "perdure/schema.h"
#include "perdure/table.h"

namespace perdure {

// Of hidden columns, with the number behind it.
inline constexpr std::string_view converting_prefix = "_converting_";
[[nodiscard]] bool is_converting(const Column& column) noexcept;

// Column `target` of the version between, from column `source` of it. Points into the Evolution.
struct FieldFill {
    std::size_t target;
    std::size_t source;
    std::vector<const Evolution::FieldConversion*> steps;
};
struct RowFill {
    const RowConversion* conversion;
    std::vector<std::size_t> targets;  // as its `writes`
};

struct TablePlan {
    std::optional<TableDefinition> to;  // to be committed; nullopt: the world has it just so
    // To be committed before it, and filled; `between_is_there` if the world has it already.
    std::optional<TableDefinition> between;
    bool between_is_there = false;
    std::vector<FieldFill> fields;
    std::vector<RowFill> rows;
    std::vector<std::string> remarks;  // for the log
};

// `wanted`: names, types, and numbers where they are written, else 0. `evolution` was validated
// with the schema, and outlives the plan. `incompatible`, or `invalid` if `wanted` is no valid
// definition; internal names are allowed.
Result<TablePlan> plan_table(const Catalog& catalog, const TableDefinition& wanted,
                             const Evolution& evolution);

// Written numbers of a definition to be declared: each once.
[[nodiscard]] Status check_written_numbers(const TableDefinition& table);
// Puts them in. `invalid` if there is no such field. `what`: "component", "relation".
[[nodiscard]] Status write_numbers(std::string_view what, TableDefinition& table,
                                   const std::vector<FieldNumber>& numbers);
// `tables`: what the schema declares, by name in lower case.
[[nodiscard]] Status validate_evolution(const Evolution& evolution,
                                        const std::map<std::string, TableDefinition>& tables);

}  // namespace perdure
