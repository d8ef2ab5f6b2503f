#include "invariants/row_shadow.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/seeded_bug.h"
#include "model/key.h"

namespace perdure::invariants {
namespace {

constexpr std::size_t slots_min = 16;

bool is_small(const ColumnType& type) noexcept {
    return type.kind == ColumnKind::boolean || (type.width() != 0 && type.width() <= 8);
}

RowKey hashed(ByteSpan bytes) noexcept {
    const Hash128 hash = checksum128(bytes);
    return {hash.low, hash.high};
}

}  // namespace

std::uint64_t cell_bits(const Batch& batch, std::size_t column, std::uint32_t row) {
    const ColumnType& type = batch.table().columns[column].type;
    if (type.kind == ColumnKind::boolean) return batch.boolean(column, row) ? 1 : 0;
    switch (type.width()) {
        case 1: return batch.fixed<std::uint8_t>(column, row);
        case 2: return batch.fixed<std::uint16_t>(column, row);
        case 4: return batch.fixed<std::uint32_t>(column, row);
        default: PERDURE_ASSERT(type.width() == 8); return batch.fixed<std::uint64_t>(column, row);
    }
}

// Never no_key: of a value, `high` is 1.
RowKey cell_key(const Batch& batch, std::size_t column, std::uint32_t row) {
    PERDURE_ASSERT(!batch.is_null(column, row));
    const ColumnType& type = batch.table().columns[column].type;
    if (is_small(type)) return {cell_bits(batch, column, row), 1};
    return hashed(batch.cell(column, row));
}

RowKey row_key(const Batch& batch, std::uint32_t row) {
    const auto key = batch.table().key();
    if (key.size() == 1) return cell_key(batch, 0, row);
    if (key.size() == 2 && is_small(key[0].type) && is_small(key[1].type)) {
        return {cell_bits(batch, 0, row), cell_bits(batch, 1, row)};
    }
    std::string encoded;
    encode_key(batch, row, encoded);
    return hashed(std::as_bytes(std::span(encoded)));
}

std::size_t RowShadow::home(const RowKey& key) const noexcept {
    std::uint64_t mixed =
        key.low * 0x9e37'79b9'7f4a'7c15 ^ std::rotl(key.high * 0xc2b2'ae3d'27d4'eb4f, 32);
    mixed = (mixed ^ (mixed >> 32)) * 0xd6e8'feb8'6659'fd93;
    return static_cast<std::size_t>(mixed ^ (mixed >> 29)) & (used_.size() - 1);
}

std::size_t RowShadow::position(const RowKey& key) const noexcept {
    if (size_ == 0) return nowhere;
    for (std::size_t at = home(key); used_[at] != 0; at = (at + 1) & (used_.size() - 1)) {
        if (key_at(at) == key) return at;
    }
    return nowhere;
}

std::uint64_t* RowShadow::find(const RowKey& key) noexcept {
    const std::size_t at = position(key);
    return at == nowhere ? nullptr : slot(at) + key_words;
}

const std::uint64_t* RowShadow::find(const RowKey& key) const noexcept {
    const std::size_t at = position(key);
    return at == nowhere ? nullptr : slot(at) + key_words;
}

std::uint64_t* RowShadow::put(const RowKey& key) {
    if (std::uint64_t* const there = find(key)) return there;
    if ((size_ + 1) * 8 > used_.size() * 7) grow();
    std::size_t at = home(key);
    while (used_[at] != 0) at = (at + 1) & (used_.size() - 1);
    used_[at] = 1;
    ++size_;
    std::uint64_t* const made = slot(at);
    made[0] = key.low;
    made[1] = key.high;
    std::fill_n(made + key_words, words_, std::uint64_t{0});
    return made + key_words;
}

// What follows moves up into the gap, where its home allows: no mark of what was there stays.
void RowShadow::erase(const RowKey& key) noexcept {
    std::size_t gap = position(key);
    if (gap == nowhere) return;
    const std::size_t mask = used_.size() - 1;
    for (std::size_t at = (gap + 1) & mask; used_[at] != 0; at = (at + 1) & mask) {
        const bool may_move = ((at - home(key_at(at))) & mask) >= ((at - gap) & mask);
        if (!may_move) continue;
        std::copy_n(slot(at), key_words + words_, slot(gap));
        gap = at;
    }
    used_[gap] = 0;
    --size_;
}

void RowShadow::grow() {
    RowShadow larger(words_);
    const std::size_t slots = std::max(slots_min, used_.size() * 2);
    larger.used_.resize(slots);
    larger.slots_.resize(slots * (key_words + words_));
    for (std::size_t at = 0; at < used_.size(); ++at) {
        if (used_[at] == 0) continue;
        std::copy_n(slot(at) + key_words, words_, larger.put(key_at(at)));
    }
    PERDURE_ASSERT(larger.size_ == size_);
    *this = std::move(larger);
}

bool RowShadow::equals(const RowShadow& other) const noexcept {
    if (size_ != other.size_ || words_ != other.words_) return false;
    for (std::size_t at = 0; at < used_.size(); ++at) {
        if (used_[at] == 0) continue;
        const std::uint64_t* const there = other.find(key_at(at));
        if (there == nullptr) return false;
        if (!std::equal(there, there + words_, slot(at) + key_words)) return false;
    }
    return true;
}

}  // namespace perdure::invariants
