#include "model/row_cells.h"

#include <algorithm>

#include "base/error.h"
#include "model/cell.h"

namespace perdure {

Status match_cells(const TableDefinition& table, std::span<const Cell> cells,
                   std::span<const Value*> matched) {
    std::fill(matched.begin(), matched.end(), nullptr);
    for (const Cell& cell : cells) {
        const auto found = table.find_column(cell.column);
        if (!found) {
            return error(Code::invalid, "table {} has no column {}", table.name, cell.column);
        }
        if (*found >= matched.size()) {
            return error(Code::invalid, "table {}: an erase names the key only, not column {}",
                         table.name, cell.column);
        }
        if (matched[*found] != nullptr) {
            return error(Code::invalid, "table {}: column {} is given twice in one row", table.name,
                         cell.column);
        }
        matched[*found] = &cell.value;
        if (const Status fits = check_cell(table.columns[*found], cell.value); !fits.ok()) {
            return fits.with_context("table " + table.name);
        }
    }
    for (std::size_t index = 0; index < table.key_columns; ++index) {
        if (matched[index] != nullptr) continue;
        return error(Code::invalid, "table {}: the row has no cell for {}, a column of the key",
                     table.name, table.columns[index].name);
    }
    return {};
}

}  // namespace perdure
