// RowShadow: what was last known of each row of a table: its key, and a few words.
//
// One open-addressed table. Memory: (17 + 8 × words) bytes a row over how full it is, 44 % to 88 %:
// 30 to 60 bytes with one word. It is used again for later rows, and not given back.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "perdure/batch.h"

namespace perdure::invariants {

// A key or what refers to one: see row_key().
struct RowKey {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const RowKey&, const RowKey&) = default;
};
inline constexpr RowKey no_key{};  // of a reference to nothing

// The key of a row. One column of up to 8 bytes, or two, are the key as they are; others are known
// by their 128-bit checksum, as equal ticks are.
[[nodiscard]] RowKey row_key(const Batch& batch, std::uint32_t row);
// The key of one column whose value is this cell; a cell that is null is refused by an assertion.
[[nodiscard]] RowKey cell_key(const Batch& batch, std::size_t column, std::uint32_t row);
// A cell of a fixed width of up to 8 bytes, or a bool: its bits, above them zeros.
[[nodiscard]] std::uint64_t cell_bits(const Batch& batch, std::size_t column, std::uint32_t row);

class RowShadow {
public:
    explicit RowShadow(std::size_t words) : words_(words) {}

    // The row's words; nullptr if it is not known. Until the next put() or erase().
    [[nodiscard]] std::uint64_t* find(const RowKey& key) noexcept;
    [[nodiscard]] const std::uint64_t* find(const RowKey& key) const noexcept;
    [[nodiscard]] bool has(const RowKey& key) const noexcept { return position(key) != nowhere; }
    // Makes it, of zeros, if it is not known.
    std::uint64_t* put(const RowKey& key);
    void erase(const RowKey& key) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t words() const noexcept { return words_; }
    // The same rows with the same words, wherever they lie.
    [[nodiscard]] bool equals(const RowShadow& other) const noexcept;

private:
    static constexpr std::size_t nowhere = ~std::size_t{0};
    static constexpr std::size_t key_words = 2;

    [[nodiscard]] std::uint64_t* slot(std::size_t at) noexcept {
        return slots_.data() + at * (key_words + words_);
    }
    [[nodiscard]] const std::uint64_t* slot(std::size_t at) const noexcept {
        return slots_.data() + at * (key_words + words_);
    }
    [[nodiscard]] RowKey key_at(std::size_t at) const noexcept {
        return {slot(at)[0], slot(at)[1]};
    }
    [[nodiscard]] std::size_t home(const RowKey& key) const noexcept;
    [[nodiscard]] std::size_t position(const RowKey& key) const noexcept;
    void grow();

    std::size_t words_;
    std::size_t size_ = 0;
    std::vector<std::uint8_t> used_;
    std::vector<std::uint64_t> slots_;  // of each: its key, behind it its words
};

}  // namespace perdure::invariants
