#include "entities/relation_index.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace perdure::entities {
namespace {

constexpr std::uint32_t buckets_max = std::uint32_t{1} << 31;  // twice this fits no number

}  // namespace

RelationIndex::RelationIndex() {
    heads_.push_back(std::make_unique_for_overwrite<std::uint32_t[]>(block_rows));
    at(0) = none;
}

void RelationIndex::grow(std::size_t rows) {
    while (entries_.size() * block_rows < rows) {
        entries_.push_back(std::make_unique_for_overwrite<Entry[]>(block_rows));
    }
}

void RelationIndex::add(std::uint32_t row, std::uint64_t from, std::uint64_t to) {
    if (++rows_ > buckets_ && buckets_ < buckets_max) split();
    const std::uint32_t hash = hash_of(from, to);
    std::uint32_t& first = bucket(hash);
    entry(row) = {std::exchange(first, row), hash};
}

void RelationIndex::remove(std::uint32_t row) {
    std::uint32_t* at = &bucket(entry(row).hash);
    while (*at != row) {
        PERDURE_ASSERT(*at != none);
        at = &entry(*at).next;
    }
    *at = entry(row).next;
    --rows_;
}

// The rows of one bucket are dealt to it and to a new one.
void RelationIndex::split() {
    const std::uint32_t added = buckets_++;
    const std::uint32_t split = added - whole_;
    if (added % block_rows == 0) {
        heads_.push_back(std::make_unique_for_overwrite<std::uint32_t[]>(block_rows));
    }
    std::uint32_t row = std::exchange(at(split), none);
    at(added) = none;
    while (row != none) {
        std::uint32_t& first = at(entry(row).hash & (2 * whole_ - 1));
        const std::uint32_t next = std::exchange(entry(row).next, first);
        first = row;
        row = next;
    }
    if (buckets_ == 2 * whole_) whole_ = buckets_;
}

}  // namespace perdure::entities
