#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "model/batch_builder.h"
#include "model/block_pool.h"
#include "model/cell.h"

namespace perdure {
namespace {

constexpr std::uint64_t buffer_alignment = 8;
constexpr std::uint64_t large_buffer_alignment = 64;  // as Arrow recommends; small ones stay dense
constexpr std::uint64_t large_buffer_bytes = 1024;

enum class Fill : std::uint8_t { undefined, zero };

// Hands out places, one after the other, and zeroes what
// lies between them. Without a block it only counts.
class Planner {
public:
    explicit Planner(std::byte* block) : block_(block) {}

    std::uint32_t place(std::uint64_t bytes, Fill fill) noexcept {
        const std::uint64_t alignment =
            bytes >= large_buffer_bytes ? large_buffer_alignment : buffer_alignment;
        const std::uint64_t begin = round_up(end_, alignment);
        const std::uint64_t zero_end = fill == Fill::zero ? begin + bytes : begin;
        if (block_ != nullptr) std::fill(block_ + end_, block_ + zero_end, std::byte{0});
        end_ = begin + bytes;
        return static_cast<std::uint32_t>(begin);  // what passes 32 bits is refused after counting
    }
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }

private:
    std::byte* block_;
    std::uint64_t end_ = 0;
};

std::uint64_t bitmap_bytes(std::uint64_t rows) noexcept { return (rows + 7) / 8; }

Batch::Layout place_column(const ColumnType& type, std::uint64_t rows, const ColumnNeed& need,
                           Planner& planner) noexcept {
    Batch::Layout layout;
    if (need.validity) layout.validity = planner.place(bitmap_bytes(rows), Fill::zero);
    if (type.is_variable()) layout.offsets = planner.place((rows + 1) * 4, Fill::undefined);
    const bool bits = type.kind == ColumnKind::boolean;
    const std::uint64_t bytes = type.is_variable() ? need.variable_bytes
                                : bits             ? bitmap_bytes(rows)
                                                   : rows * type.width();
    layout.data = planner.place(bytes, bits ? Fill::zero : Fill::undefined);
    layout.data_bytes = static_cast<std::uint32_t>(bytes);
    return layout;
}

// The bytes of it all; with a block, its layouts written and its padding and bitmaps zeroed.
std::uint64_t place_columns(std::span<const Column> columns, std::uint64_t rows,
                            std::span<const ColumnNeed> needs, std::byte* block) noexcept {
    Planner planner(block);
    planner.place(columns.size() * sizeof(Batch::Layout), Fill::undefined);
    for (std::size_t index = 0; index < columns.size(); ++index) {
        const auto layout = place_column(columns[index].type, rows, needs[index], planner);
        if (block == nullptr) continue;
        if (layout.offsets != 0) store_le(block + layout.offsets, std::uint32_t{0});
        store_le(block + index * sizeof layout, layout);
    }
    planner.place(0, Fill::zero);  // the last padding
    return planner.end();
}

Status check_needs(const TableDefinition& table, std::span<const Column> columns,
                   std::uint32_t rows, std::span<const ColumnNeed> needs) {
    if (rows > batch_rows_max) {
        return error(Code::no_space,
                     "table {}: {} rows in one batch; at most {} fit, commit in pieces", table.name,
                     rows, batch_rows_max);
    }
    for (std::size_t index = 0; index < columns.size(); ++index) {
        PERDURE_ASSERT(!needs[index].validity || columns[index].nullable);
        if (needs[index].variable_bytes <= variable_bytes_max) continue;
        return error(Code::no_space,
                     "table {}, column {}: {} bytes in one batch; at most {} fit, commit in pieces",
                     table.name, columns[index].name, needs[index].variable_bytes,
                     variable_bytes_max);
    }
    return {};
}

}  // namespace

Result<BatchFrame> BatchFrame::make(const TableDefinition& table, Operation operation,
                                    std::uint32_t rows, std::span<const ColumnNeed> needs,
                                    BlockPool* pool) {
    const std::span<const Column> columns =
        operation == Operation::erase ? table.key() : std::span<const Column>(table.columns);
    PERDURE_ASSERT(needs.size() >= columns.size());
    PERDURE_TRY(check_needs(table, columns, rows, needs));
    const std::uint64_t bytes = place_columns(columns, rows, needs, nullptr);
    if (bytes > batch_bytes_max) {
        return error(Code::no_space,
                     "table {}: {} rows make a batch of {} bytes; at most {} fit, commit in pieces",
                     table.name, rows, bytes, batch_bytes_max);
    }
    BatchFrame frame;
    frame.table_ = &table;
    frame.operation_ = operation;
    frame.rows_ = rows;
    frame.block_ = pool != nullptr ? pool->take(bytes) : Block(bytes);
    place_columns(columns, rows, needs, frame.block_.data());
    return frame;
}

Batch::Layout& BatchFrame::layout(std::size_t column) noexcept {
    return reinterpret_cast<Batch::Layout*>(block_.data())[column];
}

const Batch::Layout& BatchFrame::layout(std::size_t column) const noexcept {
    return reinterpret_cast<const Batch::Layout*>(block_.data())[column];
}

std::byte* BatchFrame::validity(std::size_t column) noexcept {
    const Batch::Layout& at = layout(column);
    return at.validity == 0 ? nullptr : block_.data() + at.validity;
}

std::uint32_t* BatchFrame::offsets(std::size_t column) noexcept {
    const Batch::Layout& at = layout(column);
    return at.offsets == 0 ? nullptr : reinterpret_cast<std::uint32_t*>(block_.data() + at.offsets);
}

std::byte* BatchFrame::data(std::size_t column) noexcept {
    return block_.data() + layout(column).data;
}

std::uint32_t BatchFrame::data_bytes(std::size_t column) const noexcept {
    return layout(column).data_bytes;
}

Batch BatchFrame::finish() && {
    const std::size_t columns =
        operation_ == Operation::erase ? table_->key_columns : table_->columns.size();
    for (std::size_t column = 0; column < columns; ++column) {
        const std::uint32_t* ends = offsets(column);
        if (ends == nullptr) continue;
        PERDURE_ASSERT(ends[0] == 0 && ends[rows_] <= layout(column).data_bytes);
        layout(column).data_bytes = ends[rows_];
    }
    return {*table_, operation_, rows_, std::move(block_)};
}

ColumnNeed default_need(const Column& column, std::uint64_t rows) {
    if (is_null_by_default(column)) return {true, 0};
    std::vector<std::byte> cell;
    append_default(column, cell);
    return {false, column.type.is_variable() ? cell.size() * rows : 0};
}

void fill_default(BatchFrame& frame, std::size_t index, const Column& column) {
    std::vector<std::byte> cell;
    if (!is_null_by_default(column)) append_default(column, cell);
    const std::size_t rows = frame.rows();
    std::byte* data = frame.data(index);
    if (std::uint32_t* offsets = frame.offsets(index)) {
        for (std::size_t row = 0; row <= rows; ++row) {
            offsets[row] = static_cast<std::uint32_t>(cell.size() * row);
        }
    }
    if (is_null_by_default(column)) {  // all null; the bitmaps are zero already
        std::fill_n(data, frame.data_bytes(index), std::byte{0});
    } else if (column.type.kind == ColumnKind::boolean) {
        if (cell[0] == std::byte{0}) return;
        for (std::size_t row = 0; row < rows; ++row) set_bit(data, row);
    } else {
        for (std::size_t row = 0; row < rows; ++row) {
            std::copy(cell.begin(), cell.end(), data + row * cell.size());
        }
    }
}

}  // namespace perdure
