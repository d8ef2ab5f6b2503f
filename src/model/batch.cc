#include "perdure/batch.h"

#include <new>

#include "base/assert.h"
#include "base/bytes.h"
#include "model/cell.h"

namespace perdure {
namespace {

constexpr std::align_val_t block_alignment{64};  // a cache line, and what Arrow recommends

// Below this a block holds a row or a few: cache lines do not matter, and the heap is twice as fast
// when it may choose the place.
constexpr std::size_t aligned_bytes_min = 4096;

std::byte* take_from_heap(std::size_t bytes) {
    void* data =
        bytes < aligned_bytes_min ? ::operator new(bytes) : ::operator new(bytes, block_alignment);
    return static_cast<std::byte*>(data);
}

void give_to_heap(std::byte* data, std::size_t bytes) noexcept {
    if (bytes < aligned_bytes_min) {
        ::operator delete(data);
    } else {
        ::operator delete(data, block_alignment);
    }
}

}  // namespace

Block::Block(std::size_t bytes) : data_(take_from_heap(bytes)), bytes_(bytes) {}

Block::Block(Block&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      owner_(std::move(other.owner_)) {}

Block& Block::operator=(Block&& other) noexcept {
    if (this == &other) return *this;
    reset();
    data_ = std::exchange(other.data_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
    owner_ = std::move(other.owner_);
    return *this;
}

Block Block::with_owner(std::shared_ptr<Owner> owner) && noexcept {
    owner_ = std::move(owner);
    return std::move(*this);
}

void Block::reset() noexcept {
    if (data_ == nullptr) return;
    if (owner_ != nullptr) {
        owner_->release(data_, bytes_);
        owner_.reset();
    } else {
        give_to_heap(data_, bytes_);
    }
    data_ = nullptr;
    bytes_ = 0;
}

Batch::Batch(const TableDefinition& table, Operation operation, std::uint32_t rows, Block block)
    : table_(&table), operation_(operation), rows_(rows), block_(std::move(block)) {
    PERDURE_ASSERT(rows <= batch_rows_max);
    PERDURE_ASSERT(block_.size() >= columns() * sizeof(Layout));
}

std::span<const std::byte> Batch::cell(std::size_t column, std::uint32_t row) const noexcept {
    PERDURE_ASSERT(column < columns() && row < rows_);
    const Layout& at = layout(column);
    if (at.offsets != 0) {
        const std::byte* offsets = block_.data() + at.offsets + std::size_t{row} * 4;
        const auto begin = load_le<std::uint32_t>(offsets);
        const auto end = load_le<std::uint32_t>(offsets + 4);
        return {block_.data() + at.data + begin, end - begin};
    }
    const std::size_t width = table_->columns[column].type.width();
    PERDURE_ASSERT(width != 0);  // bools are bits: boolean()
    return {block_.data() + at.data + width * row, width};
}

Value Batch::value(std::size_t column, std::uint32_t row) const {
    PERDURE_ASSERT(column < columns() && row < rows_);
    if (is_null(column, row)) return {};
    const ColumnType& type = table_->columns[column].type;
    if (type.kind == ColumnKind::boolean) return Value(boolean(column, row));
    return cell_value(type, cell(column, row));
}

}  // namespace perdure
