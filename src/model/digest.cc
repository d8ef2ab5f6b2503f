// The bytes that are hashed: docs/format/digest.md.
#include "model/digest.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "model/catalog.h"

namespace perdure {
namespace {

// Seeds, so that a row of the state, an upsert, an erase and a definition never hash alike.
enum class Purpose : std::uint64_t { state = 0, upsert = 1, erase = 2, definition = 3 };

constexpr std::size_t small_row_bytes = 512;  // rows beyond go through the heap
constexpr std::size_t few_columns = 16;       // tables beyond likewise

std::uint64_t table_seed(const TableDefinition& table, Purpose purpose) {
    std::array<char, name_bytes_max> lowered;
    PERDURE_ASSERT(table.name.size() <= lowered.size());
    std::transform(table.name.begin(), table.name.end(), lowered.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return checksum64(as_bytes({lowered.data(), table.name.size()}),
                      static_cast<std::uint64_t>(purpose));
}

// One column of the batch at hand, in hashing order.
struct Cells {
    const std::byte* validity;     // nullptr: nothing is null
    const std::uint32_t* offsets;  // nullptr: fixed width, or bits
    const std::byte* data;
    std::uint32_t width;  // 0: bits, or by offsets
    std::uint16_t number;

    [[nodiscard]] bool is_null(std::uint32_t row) const noexcept {
        return validity != nullptr &&
               ((std::to_integer<unsigned>(validity[row / 8]) >> (row % 8)) & 1U) == 0;
    }
};

// Hashes the rows of one batch. A row whose columns are all fixed and never null has the same shape
// as the next, so its numbers are written once and only its cells again.
class RowHasher {
public:
    RowHasher(const Batch& batch, Purpose purpose)
        : seed_(table_seed(batch.table(), purpose)), count_(batch.columns()) {
        if (count_ > few_.size()) many_.resize(count_);
        const std::span<Cells> columns = cells();
        for (std::size_t index = 0; index < count_; ++index) columns[index] = look(batch, index);
        const auto others = columns.subspan(batch.table().key_columns);
        const auto by_number = [](const Cells& one, const Cells& other) {
            return one.number < other.number;
        };
        if (!std::is_sorted(others.begin(), others.end(), by_number)) {
            std::sort(others.begin(), others.end(), by_number);
        }
        std::size_t fixed_bytes = 0;
        for (const Cells& column : columns) {
            fixed_ = fixed_ && column.validity == nullptr && column.width != 0;
            fixed_bytes += 2 + std::size_t{column.width};
        }
        fixed_ = fixed_ && fixed_bytes <= small_row_bytes;
        if (fixed_) number_fixed_row();
    }

    Hash128 hash(std::uint32_t row) {
        if (!fixed_) return hash_any(row);
        std::byte* at = row_.data();
        for (const Cells& column : cells()) {
            at = copy_fixed(at + 2, column, row);
        }
        return checksum128({row_.data(), static_cast<std::size_t>(at - row_.data())}, seed_);
    }

private:
    [[nodiscard]] std::span<Cells> cells() noexcept {
        return {many_.empty() ? few_.data() : many_.data(), count_};
    }

    static Cells look(const Batch& batch, std::size_t index) {
        const Batch::Layout& at = batch.layout(index);
        const Column& column = batch.table().columns[index];
        Cells cells{};
        if (at.validity != 0) cells.validity = batch.data() + at.validity;
        if (at.offsets != 0) {
            cells.offsets = reinterpret_cast<const std::uint32_t*>(batch.data() + at.offsets);
        }
        cells.data = batch.data() + at.data;
        cells.width = column.type.width();
        cells.number = column.number;
        return cells;
    }

    void number_fixed_row() {
        std::byte* at = row_.data();
        for (const Cells& column : cells()) {
            store_le(at, column.number);
            at += 2 + column.width;
        }
    }

    static std::byte* copy_fixed(std::byte* to, const Cells& column, std::uint32_t row) noexcept {
        const std::byte* from = column.data + std::size_t{column.width} * row;
        switch (column.width) {
            case 4: std::memcpy(to, from, 4); break;
            case 8: std::memcpy(to, from, 8); break;
            default: std::memcpy(to, from, column.width);
        }
        return to + column.width;
    }

    Hash128 hash_any(std::uint32_t row) {
        const std::size_t bytes = bytes_of(row);
        if (bytes > row_.size() && large_row_.size() < bytes) large_row_.resize(bytes);
        std::byte* const first = bytes > row_.size() ? large_row_.data() : row_.data();
        std::byte* at = first;
        for (const Cells& column : cells()) {
            if (column.is_null(row)) continue;
            store_le(at, column.number);
            at += 2;
            if (column.offsets != nullptr) {
                const std::uint32_t begin = column.offsets[row];
                const std::uint32_t length = column.offsets[row + 1] - begin;
                store_le(at, length);
                std::memcpy(at + 4, column.data + begin, length);
                at += 4 + std::size_t{length};
            } else if (column.width == 0) {
                *at++ = (column.data[row / 8] >> (row % 8)) & std::byte{1};
            } else {
                at = copy_fixed(at, column, row);
            }
        }
        PERDURE_ASSERT(static_cast<std::size_t>(at - first) == bytes);
        return checksum128({first, bytes}, seed_);
    }

    std::size_t bytes_of(std::uint32_t row) noexcept {
        std::size_t bytes = 0;
        for (const Cells& column : cells()) {
            if (column.is_null(row)) continue;
            bytes += 2;
            if (column.offsets != nullptr) {
                bytes += 4 + std::size_t{column.offsets[row + 1] - column.offsets[row]};
            } else {
                bytes += column.width == 0 ? 1 : column.width;
            }
        }
        return bytes;
    }

    std::uint64_t seed_;
    std::size_t count_;
    bool fixed_ = true;
    std::array<Cells, few_columns> few_;
    std::vector<Cells> many_;  // instead of few_, for tables with more columns
    std::array<std::byte, small_row_bytes> row_;
    std::vector<std::byte> large_row_;
};

Hash128 sum_of_rows(const Batch& batch, Purpose purpose) {
    Hash128 sum;
    if (batch.rows() == 0) return sum;
    RowHasher hasher(batch, purpose);
    for (std::uint32_t row = 0; row < batch.rows(); ++row) sum = sum + hasher.hash(row);
    return sum;
}

}  // namespace

Hash128 row_digest(const Batch& batch, std::uint32_t row) {
    PERDURE_ASSERT(batch.operation() == Operation::upsert && row < batch.rows());
    return RowHasher(batch, Purpose::state).hash(row);
}

Hash128 batch_digest(const Batch& batch) {
    PERDURE_ASSERT(batch.operation() == Operation::upsert);
    return sum_of_rows(batch, Purpose::state);
}

Hash128 content_hash(const Batch& batch) {
    const bool erase = batch.operation() == Operation::erase;
    return sum_of_rows(batch, erase ? Purpose::erase : Purpose::upsert);
}

Hash128 content_hash(const ChangeSet& changes) {
    Hash128 sum;
    for (const Batch& batch : changes.batches) sum = sum + content_hash(batch);
    std::vector<std::byte> encoded;
    for (const TableDefinition& definition : changes.definitions) {
        encoded.clear();
        encode_definition(definition, encoded);
        sum = sum + checksum128(encoded, static_cast<std::uint64_t>(Purpose::definition));
    }
    return sum;
}

}  // namespace perdure
