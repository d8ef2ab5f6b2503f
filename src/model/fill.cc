#include "model/fill.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "model/batch_builder.h"
#include "model/cell.h"
#include "model/convert.h"
#include "model/key.h"
#include "model/widen.h"

namespace perdure {
namespace {

class RowOfPage final : public OldRow {
public:
    RowOfPage(const Batch& page, std::uint32_t row) {
        for (std::size_t index = 0; index < page.columns(); ++index) {
            const Column& column = page.table().columns[index];
            values_.push_back(page.value(index, row));
            names_.push_back(is_converting(column) ? std::string_view() : column.name);
        }
    }
    [[nodiscard]] const Value* find(std::string_view field) const override {
        for (const auto& [name, column] : made_) {
            if (same_name(name, field)) return &values_[column];
        }
        for (std::size_t index = 0; index < names_.size(); ++index) {
            if (same_name(names_[index], field)) return &values_[index];
        }
        return nullptr;
    }
    [[nodiscard]] const Value& at(std::size_t column) const { return values_[column]; }
    void set(std::size_t column, Value value) { values_[column] = std::move(value); }
    // From now on this is what the field is called.
    void name(std::string_view field, std::size_t column) {
        made_.insert(made_.begin(), {field, column});
    }

private:
    std::vector<Value> values_;
    std::vector<std::string_view> names_;
    std::vector<std::pair<std::string_view, std::size_t>> made_;
};

Column column_of(const Evolution::FieldConversion& conversion, bool source) {
    Column column;
    column.name = conversion.field;
    column.type = source ? conversion.from : conversion.to;
    column.nullable = source ? conversion.from_nullable : conversion.to_nullable;
    return column;
}

Status fill_field(RowOfPage& row, const TableDefinition& table, const FieldFill& fill) {
    Value value = row.at(fill.source);
    ColumnType type = table.columns[fill.source].type;
    for (const Evolution::FieldConversion* step : fill.steps) {
        Result<Value> made = step->convert(widened(type, step->from, value));
        if (!made) return made.status().with_context("field " + step->field);
        PERDURE_TRY(check_cell(column_of(*step, false), *made));
        value = *std::move(made);
        type = step->to;
    }
    row.set(fill.target, widened(type, table.columns[fill.target].type, value));
    return {};
}

Status fill_row(RowOfPage& row, const TableDefinition& table, const RowFill& fill) {
    const RowConversion& conversion = *fill.conversion;
    Row made;
    PERDURE_TRY(conversion.convert(row, made));
    for (std::size_t index = 0; index < fill.targets.size(); ++index) {
        Column column = table.columns[fill.targets[index]];
        column.name = conversion.writes[index];
        Value value = column.default_value;
        const auto cell = std::find_if(made.begin(), made.end(), [&](const Cell& each) {
            return same_name(each.column, column.name);
        });
        if (cell != made.end()) {
            PERDURE_TRY(check_cell(column, cell->value));
            value = std::move(cell->value);
            made.erase(cell);
        } else if (value.is_null() && !column.nullable) {
            std::vector<std::byte> zero;
            append_default(column, zero);
            value = cell_value(column.type, zero);
        }
        row.set(fill.targets[index], std::move(value));
    }
    if (!made.empty()) {
        return error(Code::invalid, "it gives a cell for {}, which is not among what it writes",
                     made.front().column);
    }
    for (std::size_t index = 0; index < fill.targets.size(); ++index) {
        row.name(conversion.writes[index], fill.targets[index]);
    }
    return {};
}

}  // namespace

Result<Batch> fill_rows(const Batch& page, std::uint32_t first, std::uint32_t count,
                        const TablePlan& plan) {
    const TableDefinition& table = page.table();
    PERDURE_ASSERT(first + count <= page.rows());
    BatchBuilder builder(table, Operation::upsert);
    for (std::uint32_t at = first; at < first + count; ++at) {
        RowOfPage row(page, at);
        const auto here = [&](const Status& status, std::string_view what) {
            return status.with_context(
                text::format("table {}, {}: {}", table.name, key_text(page, at), what));
        };
        for (const FieldFill& fill : plan.fields) {
            const Status filled = fill_field(row, table, fill);
            if (!filled.ok()) return here(filled, "a conversion failed");
        }
        for (const RowFill& fill : plan.rows) {
            const Status filled = fill_row(row, table, fill);
            if (!filled.ok())
                return here(filled, "the row conversion " + fill.conversion->name + " failed");
        }
        for (std::size_t index = 0; index < table.columns.size(); ++index) {
            PERDURE_TRY(builder.add_value(index, row.at(index)));
        }
        builder.end_row();
    }
    return builder.finish();
}

Result<Batch> evolve_rows(const Batch& rows, const TablePlan& plan) {
    PERDURE_ASSERT(plan.to.has_value());
    if (!plan.between) return convert(rows, *plan.to);
    PERDURE_TAKE(const Batch between, convert(rows, *plan.between));
    PERDURE_TAKE(const Batch filled, fill_rows(between, 0, between.rows(), plan));
    return convert(filled, *plan.to);
}

}  // namespace perdure
