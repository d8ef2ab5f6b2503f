// SmallWorld: what the simulated worlds are made of: components, tables, categories, in the few
// forms that a program's versions may have.
//
// Everything is said twice: once to Perdure (Schema, with structs) and once to the model
// (TableSpec, in plain words), so that the model shares nothing with what it judges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "perdure/component.h"
#include "perdure/durability.h"
#include "perdure/schema.h"

namespace perdure::simulation {

struct Position {
    std::int32_t x = 0;
    std::int32_t y = 0;
};
PERDURE_COMPONENT(Position, x, y);

// What a later version of the program has: a field more, in the middle.
struct DeepPosition {
    std::int32_t x = 0;
    std::int32_t z = 7;
    std::int32_t y = 0;
};
PERDURE_COMPONENT_AS(DeepPosition, "Position", x, z, y);

struct Purse {
    std::int64_t coins = 0;
};
PERDURE_COMPONENT(Purse, coins);

struct Label {
    std::string text;
    std::optional<std::int32_t> rank;
};
PERDURE_COMPONENT(Label, text, rank);

struct Mood {
    std::int16_t level = 0;
};
PERDURE_COMPONENT(Mood, level);

struct Flash {
    std::uint8_t count = 0;
};
PERDURE_COMPONENT(Flash, count);

struct Frozen {};
PERDURE_COMPONENT(Frozen);

// A row of the table accounts, as a program may keep it.
struct AccountRow {
    std::uint32_t id = 0;
    std::int64_t balance = 0;
};
PERDURE_COMPONENT(AccountRow, id, balance);

// One version of the program.
struct Variant {
    bool deep = false;   // Position has z
    bool notes = false;  // table accounts has a column note
    bool purse = true;   // knows the component Purse
};

enum class TableRole : std::uint8_t { entity, reserved_ids, component, user };

// How many bytes a number or an id has at rest; none of texts.
enum class CellForm : std::uint8_t { text = 0, byte = 1, half = 2, word = 4, twice = 8 };

struct ColumnSpec {
    std::string name;
    std::string default_text;  // what a row reads that was written before the column existed
    CellForm form = CellForm::twice;
};

struct TableSpec {
    std::string name;
    TableRole role = TableRole::user;
    Level level = Level::journal;
    bool append_only = false;
    std::vector<ColumnSpec> columns;  // without the key, as they are declared
    CellForm key = CellForm::twice;
};

// Relaxed rows may wait so long.
inline constexpr std::uint32_t relaxed_interval_ms = 50;

[[nodiscard]] std::vector<Category> small_world_categories();
[[nodiscard]] const Schema& small_world_schema(Variant variant);
// The same, for the model.
[[nodiscard]] const std::vector<TableSpec>& small_world_tables(Variant variant);

// A table that is declared while the world runs.
[[nodiscard]] TableSpec late_table(std::uint64_t number);
[[nodiscard]] TableBuilder late_table_builder(std::uint64_t number);

}  // namespace perdure::simulation
