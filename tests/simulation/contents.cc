#include "simulation/contents.h"

#include <iterator>

#include "base/error.h"
#include "simulation/plain_text.h"
#include "simulation/wrong.h"

namespace perdure::simulation {
Result<std::vector<std::size_t>> match_columns(const TableDefinition& table,
                                               const State& expected) {
    std::vector<std::size_t> columns;
    const auto known = expected.find(table.name);
    if (known == expected.end()) {  // the judge will say so; any order will do
        for (std::size_t at = table.key_columns; at < table.columns.size(); ++at)
            columns.push_back(at);
        return columns;
    }
    const TableSpec& spec = known->second->spec;
    for (const ColumnSpec& column : spec.columns) {
        const auto at = table.find_column(column.name);
        if (!at) return wrong("table {} has no column {}", table.name, column.name);
        columns.push_back(*at);
    }
    if (columns.size() + table.key_columns == table.columns.size()) return columns;
    return wrong("table {} has {} columns besides its key, but must have {}", table.name,
                 table.columns.size() - table.key_columns, columns.size());
}

void take_rows(const Batch& batch, const std::vector<std::size_t>& columns, Rows& to) {
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        std::string key = key_text(batch.value(0, row));
        if (batch.operation() == Operation::erase) {
            to.erase(key);
            continue;
        }
        Cells cells;
        cells.reserve(columns.size());
        for (const std::size_t column : columns)
            cells.push_back(plain_text(batch.value(column, row)));
        to.insert_or_assign(std::move(key), std::move(cells));
    }
}

namespace {

Result<Rows> scan(engine::ReadView& view, const TableDefinition& table, const State& expected) {
    PERDURE_TAKE(const auto columns, match_columns(table, expected));
    Rows rows;
    Batch page;
    for (bool first = true;; first = false) {
        PERDURE_TAKE(Batch next, view.scan(table, first ? nullptr : &page, page_rows));
        if (next.rows() > page_rows) return wrong("a page of {} has too many rows", table.name);
        const std::size_t before = rows.size();
        const std::string last = rows.empty() ? std::string() : rows.rbegin()->first;
        take_rows(next, columns, rows);
        const bool all_behind =
            rows.size() == before + next.rows() &&
            (before == 0 || std::next(rows.find(last), next.rows()) == std::prev(rows.end()));
        if (!all_behind) return wrong("the pages of table {} overlap", table.name);
        if (next.rows() < page_rows) return rows;
        page = std::move(next);
    }
}

Status read_view(engine::Engine& engine, const State& expected, bool durable_only, Lsn& lsn,
                 Contents& contents) {
    PERDURE_TAKE(const auto view, engine.view(durable_only));
    lsn = view->lsn();
    for (const TableDefinition* table : engine.catalog().tables()) {
        if (table->resident) continue;
        PERDURE_TAKE(contents[table->name], scan(*view, *table, expected));
    }
    return {};
}

}  // namespace

Result<Contents> read_user_tables(engine::Engine& engine, const State& expected, bool durable_only,
                                  Lsn& lsn) {
    Contents contents;
    PERDURE_TRY(read_view(engine, expected, durable_only, lsn, contents));
    return contents;
}

Result<Rows> read_stored(engine::Engine& engine, const ModelTable& expected) {
    const TableDefinition* table = engine.catalog().find(expected.spec.name);
    if (table == nullptr) return wrong("there is no table {}", expected.spec.name);
    const auto known = std::make_shared<const ModelTable>(expected);
    PERDURE_TAKE(const auto columns, match_columns(*table, {{table->name, known}}));
    PERDURE_TAKE(const auto snapshot, engine.store().snapshot());
    Rows rows;
    Batch page;
    for (bool first = true;; first = false) {
        PERDURE_TAKE(Batch next, snapshot->scan(*table, first ? nullptr : &page,
                                                first ? 0 : page.rows() - 1, page_rows));
        take_rows(next, columns, rows);
        if (next.rows() < page_rows) return rows;
        page = std::move(next);
    }
}

Result<Contents> read_all(engine::Engine& engine, const State& expected) {
    Contents contents;
    std::map<TableId, std::vector<std::size_t>> columns;
    for (const TableDefinition* table : engine.catalog().tables()) {
        contents[table->name];
        if (!table->resident) continue;
        PERDURE_TAKE(columns[table->id], match_columns(*table, expected));
    }
    PERDURE_TRY(engine.hydrate([&](const Batch& batch) -> Status {
        if (batch.table().columns.size() !=
            engine.catalog().find(batch.table().id)->columns.size()) {
            return wrong("rows of {} come in a version that is past", batch.table().name);
        }
        take_rows(batch, columns[batch.table().id], contents[batch.table().name]);
        return {};
    }));
    Lsn lsn = 0;
    PERDURE_TRY(read_view(engine, expected, false, lsn, contents));
    return contents;
}

}  // namespace perdure::simulation
