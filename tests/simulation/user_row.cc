#include "simulation/user_row.h"

#include <set>

#include "base/assert.h"
#include "base/text.h"
#include "simulation/plain_text.h"

namespace perdure::simulation {
namespace {

// What a cell of the column is made of `value`, for the engine.
Value cell_of(std::string_view column, std::int32_t value) {
    if (column == "note") return text::format("n{}", value);
    if (column == "what") return text::format("e{}", value);
    return std::int64_t{value};
}

}  // namespace

UserRow make_user_row(const TableSpec& spec, std::uint64_t number, std::int32_t value) {
    PERDURE_ASSERT(spec.role == TableRole::user);
    UserRow made;
    if (spec.name == "vault") {
        const std::string name = text::format("k{}", number);
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
        made.row.push_back({column_name(column), cell});
        made.cells.push_back(plain_text(cell));
    }
    return made;
}

std::string_view column_name(const ColumnSpec& column) {
    static std::set<std::string> names;  // nodes do not move
    return *names.insert(column.name).first;
}

std::string describe(const Cells& cells) {
    std::string all;
    for (const std::string& cell : cells) all.append(all.empty() ? "" : ", ").append(cell);
    return text::format("({})", all);
}

std::string describe(const UserChange& change) {
    static constexpr const char* kinds[] = {"put", "erase", "append"};
    static constexpr const char* conditions[] = {"", " if absent", " if present", " if equal to "};
    const bool erases = change.kind == UserChange::Kind::erase;
    return text::format("{} {} {}{}{}{}", kinds[static_cast<std::size_t>(change.kind)],
                        change.table, change.row.key_text,
                        erases ? std::string() : text::format(" {}", describe(change.row.cells)),
                        conditions[static_cast<std::size_t>(change.condition.kind)],
                        change.expected_text);
}

}  // namespace perdure::simulation
