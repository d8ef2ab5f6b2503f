#include "simulation/user_row.h"

#include "base/assert.h"
#include "simulation/plain_text.h"

namespace perdure::simulation {
namespace {

// What a cell of the column is made of `value`, for the engine.
Value cell_of(std::string_view column, std::int32_t value) {
    if (column == "note") return "n" + std::to_string(value);
    if (column == "what") return "e" + std::to_string(value);
    return std::int64_t{value};
}

}  // namespace

UserRow make_user_row(const TableSpec& spec, std::uint64_t number, std::int32_t value) {
    PERDURE_ASSERT(spec.role == TableRole::user);
    UserRow made;
    if (spec.name == "vault") {
        const std::string name = "k" + std::to_string(number);
        made.key.push_back({"name", name});
        made.key_text = name;
    } else {
        made.key.push_back({spec.append_only ? "number" : "id", number});
        made.key_text = key_text(number);
    }
    made.row = made.key;
    for (const ColumnSpec& column : spec.columns) {
        // Some rows leave the note to its default.
        if (column.name == "note" && value % 2 == 0) {
            made.cells.push_back(column.default_text);
            continue;
        }
        const Value cell = cell_of(column.name, value);
        made.row.push_back({column.name, cell});
        made.cells.push_back(plain_text(cell));
    }
    return made;
}

std::string describe(const Cells& cells) {
    std::string text = "(";
    for (const std::string& cell : cells) text += (text.size() > 1 ? ", " : "") + cell;
    return text + ")";
}

std::string describe(const UserChange& change) {
    static constexpr const char* kinds[] = {"put", "erase", "append"};
    static constexpr const char* conditions[] = {"", " if absent", " if present", " if equal to "};
    std::string text = kinds[static_cast<std::size_t>(change.kind)];
    text += " " + change.table + " " + change.row.key_text;
    if (change.kind != UserChange::Kind::erase) text += " " + describe(change.row.cells);
    text += conditions[static_cast<std::size_t>(change.condition.kind)];
    return text + change.expected_text;
}

}  // namespace perdure::simulation
