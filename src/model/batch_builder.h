// BatchBuilder: gathers rows one by one into a Batch. BatchLayout:
// plans the one allocation of a batch whose sizes are known beforehand,
// for those who copy whole columns (capture, decoders, stores).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/utf8.h"
#include "perdure/batch.h"
#include "perdure/value.h"

namespace perdure {

// How much room one column of a batch needs.
struct ColumnNeed {
    bool validity = false;             // some cell is null
    std::uint64_t variable_bytes = 0;  // of all cells, at most; for text, json and bytes
};

// A batch under construction. Bitmaps (validity, bool) begin as zeros;
// padding is zero and stays so; what else is in the buffers is
// undefined until written. Every cell must be written, nulls as zeros.
class BatchFrame {
public:
    // One need per column of the batch. A null `pool` means the heap.
    // `no_space` if the batch would pass batch_bytes_max or batch_rows_max.
    static Result<BatchFrame> make(const TableDefinition& table, Operation operation,
                                   std::uint32_t rows, std::span<const ColumnNeed> needs,
                                   class BlockPool* pool = nullptr);

    [[nodiscard]] std::byte* validity(std::size_t column) noexcept;  // nullptr if there is none
    [[nodiscard]] std::uint32_t* offsets(
        std::size_t column) noexcept;  // rows + 1 of them, first is 0
    [[nodiscard]] std::byte* data(std::size_t column) noexcept;
    [[nodiscard]] std::uint32_t data_bytes(std::size_t column) const noexcept;
    [[nodiscard]] std::uint32_t rows() const noexcept { return rows_; }

    // The last offset of a variable column says how long it has become.
    [[nodiscard]] Batch finish() &&;

private:
    [[nodiscard]] Batch::Layout& layout(std::size_t column) noexcept;
    [[nodiscard]] const Batch::Layout& layout(std::size_t column) const noexcept;

    const TableDefinition* table_ = nullptr;
    Operation operation_ = Operation::upsert;
    std::uint32_t rows_ = 0;
    Block block_;
};

// Says in a bitmap that a cell is there, or that it is true.
inline void set_bit(std::byte* bits, std::size_t row) noexcept {
    bits[row / 8] |= std::byte{1} << (row % 8);
}

// For columns that the rows at hand do not have: what
// their default needs, and writing it to every row.
[[nodiscard]] ColumnNeed default_need(const Column& column, std::uint64_t rows);
void fill_default(BatchFrame& frame, std::size_t index, const Column& column);

class BatchBuilder {
public:
    BatchBuilder(const TableDefinition& table, Operation operation);

    // Adds one row from named cells. Key cells must be there; others default. `invalid` names the
    // cell that does not fit, and the row is not added.
    Status add(std::span<const Cell> cells);
    // Adds row `row` of `from`, a batch of the same
    // table and version. For an erase builder, its key.
    void add(const Batch& from, std::uint32_t row);
    // Column by column, in order, each once per row; then end_row().
    void add_null(std::size_t column);
    void add_bytes(std::size_t column,
                   ByteSpan cell);  // fixed-width: exactly its width, little endian
    void add_boolean(std::size_t column, bool value);
    void end_row() noexcept { ++rows_; }
    // A Value, checked against the column: range, UTF-8, width. If it is refused nothing was added.
    Status add_value(std::size_t column, const Value& value);
    // Takes back what was added since the last end_row().
    void abandon_row();

    [[nodiscard]] std::uint32_t rows() const noexcept { return rows_; }
    [[nodiscard]] std::uint64_t bytes() const noexcept;  // gathered so far, roughly
    // The batch of all rows added; the builder is empty afterwards and may be used again.
    [[nodiscard]] Result<Batch> finish(class BlockPool* pool = nullptr);

private:
    [[nodiscard]] const Column& column(std::size_t index) const noexcept;
    void append_default_cell(std::size_t index);
    void append_checked(std::size_t index, const Value& value);
    void end_cell(std::size_t index);
    void copy_column(std::size_t index, BatchFrame& frame) const;

    struct Gathered {
        std::vector<std::byte> data;          // bools: a byte each
        std::vector<std::uint32_t> ends;      // variable cells: where each ends
        std::vector<std::uint8_t> null_rows;  // one per row once there is a null; else empty
    };

    const TableDefinition* table_;
    Operation operation_;
    std::uint32_t rows_ = 0;
    std::vector<Gathered> columns_;
    std::vector<const Value*> matched_;  // by add(): per column, the value for it
};
}  // namespace perdure
