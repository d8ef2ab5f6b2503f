// Batch: rows of one table, column by column, with one operation. Everything that moves is one of
// these.
//
// One allocation; columns are offsets into it, laid out as Apache Arrow's columnar format
// prescribes: validity bitmaps (present only where something is null), 32-bit offsets for text,
// json and bytes, bit-packed bool, little-endian numbers. Buffers begin at multiples of 8 bytes.
//
// Thread rule: immutable once built; read it from any thread.
// Lifetime: the TableDefinition must outlive the batch (a world's catalog keeps every version).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "perdure/table.h"
#include "perdure/value.h"

namespace perdure {

// Persisted: do not change the values.
enum class Operation : std::uint8_t { upsert = 1, erase = 2 };

// A piece of memory that goes back to where it came from.
class Block {
public:
    class Owner {
    public:
        virtual ~Owner() = default;
        virtual void release(std::byte* data, std::size_t bytes) noexcept = 0;
    };

    Block() = default;
    explicit Block(std::size_t bytes);  // from the heap; 64-byte aligned from 4 KiB on
    // With an owner: memory of any origin that release() takes back. Without: memory of
    // Block(bytes).
    Block(std::byte* data, std::size_t bytes, std::shared_ptr<Owner> owner) noexcept
        : data_(data), bytes_(bytes), owner_(std::move(owner)) {}
    Block(Block&& other) noexcept;
    Block& operator=(Block&& other) noexcept;
    ~Block() { reset(); }

    // The same memory, given back to `owner` at the end.
    [[nodiscard]] Block with_owner(std::shared_ptr<Owner> owner) && noexcept;
    [[nodiscard]] std::byte* data() noexcept { return data_; }
    [[nodiscard]] const std::byte* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_; }

private:
    void reset() noexcept;

    std::byte* data_ = nullptr;
    std::size_t bytes_ = 0;
    std::shared_ptr<Owner> owner_;
};

class Batch {
public:
    // Where one column's buffers lie in the block. Absent buffers have offset 0.
    struct Layout {
        std::uint32_t validity = 0;
        std::uint32_t offsets = 0;
        std::uint32_t data = 0;
        std::uint32_t data_bytes = 0;
    };

    Batch() = default;  // of nothing, like one that was moved away
    // `block` begins with one Layout per column. Made by BatchBuilder, the capture and the
    // decoders.
    Batch(const TableDefinition& table, Operation operation, std::uint32_t rows, Block block);

    [[nodiscard]] bool of_nothing() const noexcept { return block_.data() == nullptr; }
    [[nodiscard]] const TableDefinition& table() const noexcept { return *table_; }
    [[nodiscard]] Operation operation() const noexcept { return operation_; }
    [[nodiscard]] std::uint32_t rows() const noexcept { return rows_; }
    // All columns for an upsert; the key's for an erase.
    [[nodiscard]] std::size_t columns() const noexcept {
        return operation_ == Operation::erase ? table_->key_columns : table_->columns.size();
    }
    // Of memory: the whole block, which a pool may have made larger than what the columns need.
    [[nodiscard]] std::size_t bytes() const noexcept { return block_.size(); }

    [[nodiscard]] bool is_null(std::size_t column, std::uint32_t row) const noexcept {
        const Layout& at = layout(column);
        if (at.validity == 0) return false;
        return ((std::to_integer<unsigned>(block_.data()[at.validity + row / 8]) >> (row % 8)) &
                1U) == 0;
    }
    // A fixed-width cell, bit for bit.
    template <typename T>
    [[nodiscard]] T fixed(std::size_t column, std::uint32_t row) const noexcept {
        T value;
        __builtin_memcpy(&value, block_.data() + layout(column).data + sizeof(T) * row, sizeof(T));
        return value;
    }
    [[nodiscard]] bool boolean(std::size_t column, std::uint32_t row) const noexcept {
        const std::byte bits = block_.data()[layout(column).data + row / 8];
        return ((std::to_integer<unsigned>(bits) >> (row % 8)) & 1U) != 0;
    }
    // The bytes of a cell of any type but bool.
    [[nodiscard]] std::span<const std::byte> cell(std::size_t column,
                                                  std::uint32_t row) const noexcept;
    [[nodiscard]] std::string_view text(std::size_t column, std::uint32_t row) const noexcept {
        const auto bytes = cell(column, row);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    [[nodiscard]] Value value(std::size_t column, std::uint32_t row) const;

    // The raw buffers.
    [[nodiscard]] const Layout& layout(std::size_t column) const noexcept {
        return reinterpret_cast<const Layout*>(block_.data())[column];
    }
    [[nodiscard]] const std::byte* data() const noexcept { return block_.data(); }

private:
    const TableDefinition* table_ = nullptr;
    Operation operation_ = Operation::upsert;
    std::uint32_t rows_ = 0;
    Block block_;
};

[[nodiscard]] std::string_view operation_name(Operation operation) noexcept;  // "upsert", "erase"

// One line, and one for each row:
//
//     upsert profiles: 2 rows
//       name="ana"  level=7
//       name="bo"  level=8
[[nodiscard]] std::string to_text(const Batch& batch, const TextLimits& limits = {});
// One of the rows. A row that is not there is said to be none.
[[nodiscard]] std::string to_text(const Batch& batch, std::uint32_t row,
                                  const TextLimits& limits = {});

inline constexpr std::uint32_t batch_rows_max = 1U << 28;  // keeps all products in 64 bits
inline constexpr std::uint64_t batch_bytes_max = (1ULL << 32) - 4096;  // offsets are 32 bits
// Of all cells of one text, json or bytes column: Arrow's offsets are signed.
inline constexpr std::uint64_t variable_bytes_max = (1ULL << 31) - 1;

}  // namespace perdure
