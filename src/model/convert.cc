#include "model/convert.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/batch_builder.h"
#include "model/widen.h"

namespace perdure {
namespace {

// The column of the old batch that becomes column `index` of the new one; nullopt: its default.
Result<std::optional<std::size_t>> find_source(const Batch& batch, const TableDefinition& to,
                                               std::size_t index) {
    const Column& column = to.columns[index];
    const bool by_place = seeded_bug("model: columns are matched by place");
    const auto from = by_place && index < batch.columns()
                          ? std::optional(index)
                          : batch.table().find_number(column.number);
    if (!from) return from;
    const Column& old = batch.table().columns[*from];
    if (may_become(old, column) && *from < batch.columns()) return from;
    return error(Code::invalid,
                 "table {}, column {} (number {}): version {} has {}{}, version {} has {}{}, which "
                 "is no wider one",
                 to.name, column.name, column.number, batch.table().version,
                 old.nullable ? "nullable " : "", old.type.name(), to.version,
                 column.nullable ? "nullable " : "", column.type.name());
}

ColumnNeed need_of(const Batch& batch, const Column& column, std::optional<std::size_t> source) {
    if (source) {
        ColumnNeed need;
        need.validity = batch.layout(*source).validity != 0;
        if (column.type.is_variable()) need.variable_bytes = batch.layout(*source).data_bytes;
        return need;
    }
    return default_need(column, batch.rows());
}

void copy_column(const Batch& batch, std::size_t from, BatchFrame& frame, std::size_t to,
                 const ColumnType& new_type) {
    const Batch::Layout& at = batch.layout(from);
    const std::byte* block = batch.data();
    const std::size_t rows = batch.rows();
    const ColumnType& old_type = batch.table().columns[from].type;
    if (old_type != new_type) {  // of fixed width, both
        if (at.validity != 0) std::copy_n(block + at.validity, (rows + 7) / 8, frame.validity(to));
        std::vector<std::byte> wide;
        wide.reserve(rows * new_type.width());
        for (std::uint32_t row = 0; row < rows; ++row) {
            append_widened(old_type, new_type, batch.cell(from, row), wide);
        }
        std::copy(wide.begin(), wide.end(), frame.data(to));
        return;
    }
    if (at.validity != 0) std::copy_n(block + at.validity, (rows + 7) / 8, frame.validity(to));
    if (at.offsets != 0) {
        std::copy_n(reinterpret_cast<const std::uint32_t*>(block + at.offsets), rows + 1,
                    frame.offsets(to));
    }
    std::copy_n(block + at.data, frame.data_bytes(to), frame.data(to));
}

}  // namespace

Result<Batch> convert(const Batch& batch, const TableDefinition& to) {
    if (batch.table().id != to.id) {
        return error(Code::invalid, "rows of table {} ({}) cannot become rows of table {} ({})",
                     batch.table().name, batch.table().id, to.name, to.id);
    }
    const std::size_t count =
        batch.operation() == Operation::erase ? to.key_columns : to.columns.size();
    std::vector<std::optional<std::size_t>> sources(count);
    std::vector<ColumnNeed> needs(count);
    for (std::size_t index = 0; index < count; ++index) {
        PERDURE_TAKE(sources[index], find_source(batch, to, index));
        needs[index] = need_of(batch, to.columns[index], sources[index]);
    }
    PERDURE_TAKE(BatchFrame frame, BatchFrame::make(to, batch.operation(), batch.rows(), needs));
    for (std::size_t index = 0; index < count; ++index) {
        if (sources[index]) {
            copy_column(batch, *sources[index], frame, index, to.columns[index].type);
        } else {
            fill_default(frame, index, to.columns[index]);
        }
    }
    return std::move(frame).finish();
}

}  // namespace perdure
