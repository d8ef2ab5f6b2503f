#include "store/sqlite/table_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "model/batch_builder.h"
#include "model/cell.h"
#include "model/kinds.h"
#include "model/widen.h"
#include "store/sqlite/cell_view.h"
#include "store/sqlite/exact.h"

namespace perdure::store::sqlite {
namespace {

void append(std::vector<std::byte>& to, ByteSpan bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

template <typename T>
void append_value(std::vector<std::byte>& to, T value) {
    const std::size_t at = to.size();
    to.resize(at + sizeof value);
    store_le(to.data() + at, value);
}

template <typename T>
bool append_in_range(std::vector<std::byte>& to, std::int64_t value) {
    if (!std::in_range<T>(value)) return false;
    append_value(to, static_cast<T>(value));
    return true;
}

}  // namespace

std::uint32_t RowGatherer::Gathered::width() const noexcept {
    return type.kind == ColumnKind::boolean ? 1 : type.width();
}

RowGatherer::RowGatherer(const TableDefinition& wanted, const TableDefinition& in_force)
    : table_(wanted.name), columns_(wanted.columns.size()), has_reals_(has_reals(wanted)) {
    for (std::size_t index = 0; index < columns_.size(); ++index) {
        const Column& from = wanted.columns[index];
        const auto place = in_force.find_number(from.number);
        const Column* const stored = place ? &in_force.columns[*place] : nullptr;
        const bool is_stored = stored != nullptr;
        Gathered& column = columns_[index];
        column.name = from.name;
        column.type = from.type;
        column.number = from.number;
        column.is_key = index < wanted.key_columns;
        column.nullable = from.nullable;
        column.null_is_default = is_stored ? !stored->nullable : !is_null_by_default(from);
        column.stored_as_f32 =
            is_stored && stored->type.kind == ColumnKind::f32 && from.type.kind == ColumnKind::f64;
        if (!column.null_is_default) continue;
        if (is_stored) {
            std::vector<std::byte> cell;
            append_default(*stored, cell);
            append_widened(stored->type, from.type, cell, column.default_cell);
        } else {
            append_default(from, column.default_cell);
        }
    }
}

bool RowGatherer::add_integer(Gathered& column, std::int64_t value) {
    switch (column.type.kind) {
        case ColumnKind::boolean:
            append_value(column.data, static_cast<std::uint8_t>(value));
            return value == 0 || value == 1;
        case ColumnKind::i8: return append_in_range<std::int8_t>(column.data, value);
        case ColumnKind::i16: return append_in_range<std::int16_t>(column.data, value);
        case ColumnKind::i32: return append_in_range<std::int32_t>(column.data, value);
        case ColumnKind::u8: return append_in_range<std::uint8_t>(column.data, value);
        case ColumnKind::u16: return append_in_range<std::uint16_t>(column.data, value);
        case ColumnKind::u32: return append_in_range<std::uint32_t>(column.data, value);
        case ColumnKind::u64: {
            const auto bits = static_cast<std::uint64_t>(value);
            append_value(column.data, column.is_key ? flipped(bits) : bits);
            return true;
        }
        case ColumnKind::id: append_value(column.data, value); return value >= 0;
        default: append_value(column.data, value); return true;
    }
}

// A null cell is zeros; in a column that cannot be null it is a row from before the column, or a
// NaN, which add_exact() then puts right.
void RowGatherer::add_missing(Gathered& column) {
    if (column.null_is_default) return add_default(column);
    if (column.present.empty()) column.present.assign(rows_, std::byte{1});
    column.present.push_back(std::byte{0});
    if (column.type.is_variable()) {
        column.ends.push_back(static_cast<std::uint32_t>(column.data.size()));
    } else {
        column.data.resize(column.data.size() + column.width());
    }
}

void RowGatherer::add_default(Gathered& column) {
    PERDURE_ASSERT(column.type.is_variable() || column.default_cell.size() == column.width());
    append(column.data, column.default_cell);
    if (!column.present.empty()) column.present.push_back(std::byte{1});
    if (column.type.is_variable())
        column.ends.push_back(static_cast<std::uint32_t>(column.data.size()));
}

namespace {

// What SQLite must have the cell stored as; anything else was written by another program, and
// SQLite would bend it to what is asked for.
bool is_stored_as(ColumnKind kind, int stored) {
    switch (kind) {
        case ColumnKind::f32:
        case ColumnKind::f64: return stored == SQLITE_FLOAT || stored == SQLITE_INTEGER;
        case ColumnKind::text:
        case ColumnKind::json: return stored == SQLITE_TEXT;
        case ColumnKind::bytes:
        case ColumnKind::uuid:
        case ColumnKind::array: return stored == SQLITE_BLOB;
        default: return stored == SQLITE_INTEGER;
    }
}

// Whether a float is that very number: else reading it would round.
bool is_float(double value) {
    constexpr double most = std::numeric_limits<float>::max();
    if (std::isinf(value)) return true;
    return value >= -most && value <= most &&
           static_cast<double>(static_cast<float>(value)) == value;
}

}  // namespace

bool RowGatherer::add_cell(Gathered& column, Statement& row, int index) {
    // One look-up per cell; good until the next step, and to whoever steps the statement.
    sqlite3_value* const value = sqlite3_column_value(row.handle(), index);
    const int stored = sqlite3_value_type(value);
    if (stored == SQLITE_NULL) {
        add_missing(column);
        return !column.is_key;
    }
    if (!is_stored_as(column.type.kind, stored)) return false;
    if (!column.present.empty()) column.present.push_back(std::byte{1});
    switch (column.type.kind) {
        case ColumnKind::f32: {
            const double real = sqlite3_value_double(value);
            if (!is_float(real)) return false;
            append_value(column.data, static_cast<float>(real));
            return true;
        }
        case ColumnKind::f64: append_value(column.data, sqlite3_value_double(value)); return true;
        case ColumnKind::text:
        case ColumnKind::json:
        case ColumnKind::bytes:
        case ColumnKind::uuid:
        case ColumnKind::array: {
            const ByteSpan bytes = row.blob(index);
            if (!is_cell(column.type, bytes)) return false;
            append(column.data, bytes);
            // Past 32 bits this is nonsense; finish() then refuses the column's size.
            if (column.type.is_variable()) {
                column.ends.push_back(static_cast<std::uint32_t>(column.data.size()));
            }
            return true;
        }
        default: return add_integer(column, sqlite3_value_int64(value));
    }
}

bool RowGatherer::add_exact(ByteSpan entries) {
    if (entries.size() % exact_entry_bytes != 0) return false;
    for (std::size_t at = 0; at < entries.size(); at += exact_entry_bytes) {
        const auto number = load_le<std::uint16_t>(entries.data() + at);
        const ByteSpan bits = entries.subspan(at + sizeof number, sizeof(std::uint64_t));
        const auto found =
            std::find_if(columns_.begin(), columns_.end(),
                         [&](const Gathered& each) { return each.number == number; });
        if (found == columns_.end()) continue;  // of a column removed since
        if (!is_real(found->type.kind)) return false;
        const std::uint32_t width = found->type.width();
        PERDURE_ASSERT(width <= found->data.size());
        if (found->stored_as_f32) {
            store_le(found->data.data() + found->data.size() - width,
                     widened_float_bits(load_le<std::uint32_t>(bits.data())));
        } else {
            PERDURE_ASSERT(width <= bits.size());
            std::copy_n(bits.begin(), width, found->data.end() - width);
        }
        if (!found->present.empty()) found->present.back() = std::byte{1};
    }
    return true;
}

Status RowGatherer::refuse(const Gathered& column) const {
    return error(
        Code::corrupt,
        "table {}: column {} of a row holds what cannot be a {}; another program wrote it: restore "
        "a backup",
        table_, column.name, column.type.name());
}

Status RowGatherer::add(Statement& row) {
    Status status = add_cells(row);
    if (!status.ok()) {
        take_back();
        return status;
    }
    ++rows_;
    return {};
}

void RowGatherer::clear() noexcept {
    rows_ = 0;
    for (Gathered& column : columns_) {
        column.data.clear();
        column.ends.clear();
        column.present.clear();
    }
}

// Columns are as long as the rows that were added whole.
void RowGatherer::take_back() {
    for (Gathered& column : columns_) {
        if (!column.present.empty()) column.present.resize(rows_);
        if (column.type.is_variable()) {
            column.ends.resize(rows_);
            column.data.resize(rows_ == 0 ? 0 : column.ends.back());
        } else {
            column.data.resize(std::size_t{rows_} * column.width());
        }
        check(column);
    }
}

// Between rows a column has all of each row and nothing else.
void RowGatherer::check(const Gathered& column) const {
    PERDURE_ASSERT(column.present.empty() || column.present.size() == rows_);
    if (column.type.is_variable()) {
        PERDURE_ASSERT(column.ends.size() == rows_);
    } else {
        PERDURE_ASSERT(column.data.size() == std::size_t{rows_} * column.width());
    }
}

Status RowGatherer::add_cells(Statement& row) {
    PERDURE_ASSERT(sqlite3_data_count(row.handle()) >=
                   static_cast<int>(columns_.size() + (has_reals_ ? 1 : 0)));
    int index = 0;
    for (Gathered& column : columns_) {
        if (!add_cell(column, row, index++)) return refuse(column);
    }
    if (has_reals_ && !row.is_null(index) && !add_exact(row.blob(index))) {
        return error(Code::corrupt, "table {}: the _exact cell of a row is not of our making",
                     table_);
    }
    return {};
}

namespace {

bool has_missing(std::span<const std::byte> present) {
    return std::find(present.begin(), present.end(), std::byte{0}) != present.end();
}

void pack_bits(std::span<const std::byte> flags, std::byte* bits) {
    for (std::size_t row = 0; row < flags.size(); ++row) bits[row / 8] |= flags[row] << (row % 8);
}

}  // namespace

Result<Batch> RowGatherer::finish(const TableDefinition& wanted) {
    PERDURE_ASSERT(wanted.columns.size() == columns_.size());
    std::vector<ColumnNeed> needs;
    for (const Gathered& column : columns_) {
        check(column);
        needs.push_back(
            {has_missing(column.present), column.type.is_variable() ? column.data.size() : 0});
    }
    Result<BatchFrame> frame = BatchFrame::make(wanted, Operation::upsert, rows_, needs);
    if (frame.ok()) fill(*frame, needs);  // untaken: else it is more than 4 GiB
    clear();
    if (!frame.ok()) return frame.status();  // untaken: else it is more than 4 GiB
    return (*std::move(frame)).finish();
}

void RowGatherer::fill(BatchFrame& frame, std::span<const ColumnNeed> needs) const {
    for (std::size_t index = 0; index < columns_.size(); ++index) {
        const Gathered& column = columns_[index];
        if (needs[index].validity) pack_bits(column.present, frame.validity(index));
        if (column.type.is_variable()) {
            std::copy(column.ends.begin(), column.ends.end(), frame.offsets(index) + 1);
        }
        if (column.type.kind == ColumnKind::boolean) {
            pack_bits(column.data, frame.data(index));
        } else {
            std::copy(column.data.begin(), column.data.end(), frame.data(index));
        }
    }
}

}  // namespace perdure::store::sqlite
