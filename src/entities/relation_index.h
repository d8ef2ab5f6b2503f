// RelationIndex: from pairs of ids to the rows of their edges.
//
// Linear hashing with chains through the rows: each row that is added beyond one a bucket splits
// one bucket, so growing is never a pause. 12 bytes a row. It does not shrink.
//
// Thread rule: the world's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace perdure::entities {

class RelationIndex {
public:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    RelationIndex();

    // Room for this many rows, a multiple of block_rows.
    void grow(std::size_t rows);
    void add(std::uint32_t row, std::uint64_t from, std::uint64_t to);
    void remove(std::uint32_t row);

    // The row for which is_it(row), or none; asked only of rows with the pair's hash.
    template <typename IsIt>
    [[nodiscard]] std::uint32_t find(std::uint64_t from, std::uint64_t to,
                                     const IsIt& is_it) const {
        const std::uint32_t hash = hash_of(from, to);
        for (std::uint32_t row = bucket(hash); row != none; row = entry(row).next) {
            if (entry(row).hash == hash && is_it(row)) return row;
        }
        return none;
    }

    static constexpr std::size_t block_rows = 1024;

private:
    struct Entry {
        std::uint32_t next;
        std::uint32_t hash;
    };

    [[nodiscard]] static std::uint32_t hash_of(std::uint64_t from, std::uint64_t to) noexcept {
        std::uint64_t mixed = (from ^ (to << 32 | to >> 32)) * 0x9E37'79B9'7F4A'7C15;
        mixed = (mixed ^ (mixed >> 32) ^ to) * 0xD6E8'FEB8'6659'FD93;
        return static_cast<std::uint32_t>(mixed ^ (mixed >> 32));
    }
    // Buckets 0 … buckets_ - 1 are there; those of the next power of two as far as it was split.
    [[nodiscard]] std::uint32_t number_of(std::uint32_t hash) const noexcept {
        const std::uint32_t number = hash & (2 * whole_ - 1);
        return number < buckets_ ? number : hash & (whole_ - 1);
    }
    [[nodiscard]] std::uint32_t& at(std::uint32_t number) const noexcept {
        return heads_[number / block_rows][number % block_rows];
    }
    [[nodiscard]] std::uint32_t& bucket(std::uint32_t hash) const noexcept {
        return at(number_of(hash));
    }
    [[nodiscard]] Entry& entry(std::uint32_t row) const noexcept {
        return entries_[row / block_rows][row % block_rows];
    }
    void split();

    std::vector<std::unique_ptr<std::uint32_t[]>> heads_;
    std::vector<std::unique_ptr<Entry[]>> entries_;
    std::uint32_t whole_ = 1;  // a power of two: buckets before this doubling began
    std::uint32_t buckets_ = 1;
    std::size_t rows_ = 0;
};

}  // namespace perdure::entities
