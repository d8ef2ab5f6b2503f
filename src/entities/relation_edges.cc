#include "entities/relation_edges.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/seeded_bug.h"

namespace perdure::entities {
namespace {

constexpr std::size_t value_alignment_min = 64;  // of a chunk: a cache line

}  // namespace

RelationEdges::RelationEdges(const StructShape& shape)
    : shape_(shape), values_(shape), stride_(shape.bytes) {
    PERDURE_ASSERT(shape.alignment > 0 && stride_ % shape.alignment == 0);
}

RelationEdges::~RelationEdges() {
    if (values_.is_trivial()) return;
    live_.for_each_row([&](std::uint32_t row) { values_.destroy(at(row)); });
}

void RelationEdges::add_chunk() {
    const std::align_val_t alignment{std::max(value_alignment_min, shape_.alignment)};
    // Without fields there are no bytes, but a pointer to them must point to something.
    const std::size_t bytes = std::max(chunk_rows * stride_, value_alignment_min);
    auto* const memory = static_cast<std::byte*>(::operator new(bytes, alignment));
    chunks_.emplace_back(memory, Release{alignment});
    const std::size_t rows = chunks_.size() * chunk_rows;
    index_.grow(rows);
    adjacency_.grow(rows);
    for (RowMarks* marks : {&live_, &changed_, &fresh_, &removed_}) marks->grow(rows);
}

std::uint32_t RelationEdges::take_row() {
    if (!free_.empty()) {
        const std::uint32_t row = free_.back();
        free_.pop_back();
        return row;
    }
    PERDURE_ASSERT(rows_ < rows_max);
    if (rows_ == chunks_.size() * chunk_rows) add_chunk();
    return rows_++;
}

void RelationEdges::release(std::uint32_t row) {
    index_.remove(row);
    free_.push_back(row);
}

std::uint32_t RelationEdges::find_any(std::uint64_t from, std::uint64_t to) const noexcept {
    return index_.find(from, to, [&](std::uint32_t row) {
        return adjacency_.from(row) == from && adjacency_.to(row) == to;
    });
}

std::uint32_t RelationEdges::find(std::uint64_t from, std::uint64_t to) const noexcept {
    const std::uint32_t row = find_any(from, to);
    return row != none && live_.test(row) ? row : none;
}

std::uint32_t RelationEdges::begin_row(std::uint64_t from, std::uint64_t to) {
    const std::uint32_t row = take_row();
    begin_edge(row, from, to);
    index_.add(row, from, to);
    return row;
}

void RelationEdges::begin_edge(std::uint32_t row, std::uint64_t from, std::uint64_t to) {
    PERDURE_ASSERT(iterating_ == 0);  // each…<>() runs, and its visitor adds an edge of this type
    adjacency_.link(row, from, to);
    live_.set(row);
    ++count_;
    values_.construct(at(row));
}

void RelationEdges::end_edge(std::uint32_t row) {
    PERDURE_ASSERT(iterating_ == 0);  // each…<>() runs, and its visitor removes one of this type
    values_.destroy(at(row));
    adjacency_.unlink(row);
    live_.clear(row);
    changed_.clear(row);
    --count_;
}

std::uint32_t RelationEdges::add(std::uint64_t from, std::uint64_t to) {
    return add_edge(find_any(from, to), from, to);
}

// Of a pair whose row, if it has one, is that of a removed edge.
std::uint32_t RelationEdges::add_edge(std::uint32_t row, std::uint64_t from, std::uint64_t to) {
    if (row == none) {
        row = begin_row(from, to);
        fresh_.set(row);
    } else {
        PERDURE_ASSERT(removed_.test(row) && !live_.test(row));
        removed_.clear(row);
        begin_edge(row, from, to);
        if (seeded_bug("relations: added again counts as new")) fresh_.set(row);
    }
    changed_.set(row);
    return row;
}

void RelationEdges::write(std::uint32_t row, const void* value) noexcept {
    values_.copy(at(row), static_cast<const std::byte*>(value));
}

void RelationEdges::remove_row(std::uint32_t row) {
    end_edge(row);
    if (!fresh_.test(row)) {
        removed_.set(row);
        return;
    }
    fresh_.clear(row);
    release(row);
}

bool RelationEdges::remove(std::uint64_t from, std::uint64_t to) {
    const std::uint32_t row = find(from, to);
    if (row == none) return false;
    remove_row(row);
    return true;
}

std::size_t RelationEdges::remove_all(std::uint64_t id) {
    std::size_t gone = 0;
    for (const EdgeDirection direction : {EdgeDirection::out, EdgeDirection::in}) {
        if (direction == EdgeDirection::in && seeded_bug("relations: edges to the dead stay"))
            break;
        while (true) {
            const std::uint32_t row = adjacency_.some_row(direction, id);
            if (row == none) break;
            remove_row(row);
            ++gone;
        }
    }
    return gone;
}

std::uint32_t RelationEdges::restore(std::uint64_t from, std::uint64_t to) {
    const std::uint32_t known = find_any(from, to);
    return known != none ? known : begin_row(from, to);
}

bool RelationEdges::forget(std::uint64_t from, std::uint64_t to) {
    const std::uint32_t row = find(from, to);
    if (row == none) return false;
    end_edge(row);
    release(row);
    return true;
}

void RelationEdges::take_over_marks(const RelationEdges& from) {
    const auto own = [&](std::uint32_t row) { return find(from.from(row), from.to(row)); };
    from.changed_.for_each_row([&](std::uint32_t row) { changed_.set(own(row)); });
    from.fresh_.for_each_row([&](std::uint32_t row) { fresh_.set(own(row)); });
    from.removed_.for_each_row([&](std::uint32_t row) {
        const std::uint32_t gone = restore(from.from(row), from.to(row));
        end_edge(gone);
        removed_.set(gone);
    });
}

void RelationEdges::captured_changed() {
    changed_.clear_all();
    captured_removed();
}

void RelationEdges::captured_fresh() {
    changed_.clear_marked_in(fresh_);
    captured_removed();
}

void RelationEdges::captured_removed() {
    fresh_.clear_all();
    removed_.for_each_row([&](std::uint32_t row) { release(row); });
    removed_.clear_all();
}

}  // namespace perdure::entities
