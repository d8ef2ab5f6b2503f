#include "entities/relation_adjacency.h"

#include <algorithm>

#include "base/assert.h"
#include "base/seeded_bug.h"

namespace perdure::entities {

void RelationAdjacency::grow(std::size_t rows) {
    while (links_.size() * block_rows < rows) {
        links_.push_back(std::make_unique_for_overwrite<Link[]>(block_rows));
    }
}

RelationAdjacency::Node& RelationAdjacency::make_node(std::uint64_t id) {
    if (const std::uint32_t known = index_.find(id); known != IdIndex::none) return node(known);
    if (empty_ > empty_max && empty_ > order_.size() / 2) sweep();
    std::uint32_t number = next_unused_;
    if (!free_.empty()) {
        number = free_.back();
        free_.pop_back();
    } else if (next_unused_++ % block_nodes == 0) {
        blocks_.push_back(std::make_unique<Node[]>(block_nodes));
    }
    const bool in_order =
        order_sorted_ == order_.size() && (order_.empty() || node(order_.back()).id < id);
    order_.push_back(number);
    if (in_order) ++order_sorted_;
    index_.put(id, number);
    Node& made = node(number);
    made = {};
    made.id = id;
    ++empty_;
    return made;
}

// Frees the nodes that have no edges. Those that have keep their order.
void RelationAdjacency::sweep() {
    std::size_t kept = 0;
    std::size_t kept_sorted = 0;
    for (std::size_t place = 0; place < order_.size(); ++place) {
        if (place == order_sorted_) kept_sorted = kept;
        const std::uint32_t number = order_[place];
        if (node(number).is_empty()) {
            index_.clear(node(number).id);
            free_.push_back(number);
        } else {
            order_[kept++] = number;
        }
    }
    if (order_sorted_ == order_.size()) kept_sorted = kept;
    order_.resize(kept);
    order_sorted_ = kept_sorted;
    empty_ = 0;
}

void RelationAdjacency::sort() {
    if (empty_ > 0) sweep();
    if (order_sorted_ == order_.size()) return;
    const auto by_id = [&](std::uint32_t left, std::uint32_t right) {
        return node(left).id < node(right).id;
    };
    const auto tail = order_.begin() + static_cast<std::ptrdiff_t>(order_sorted_);
    std::sort(tail, order_.end(), by_id);
    std::inplace_merge(order_.begin(), tail, order_.end(), by_id);
    order_sorted_ = order_.size();
}

void RelationAdjacency::append(List& list, std::uint32_t row, std::size_t side) noexcept {
    const bool sorted = list.sorted_last == list.last;
    const bool in_order =
        sorted && (list.last == none || other(list.last, side) < other(row, side));
    at(row).next[side] = none;
    at(row).previous[side] = list.last;
    (list.last == none ? list.first : at(list.last).next[side]) = row;
    list.last = row;
    if (in_order || seeded_bug("relations: edges come in the order they were added")) {
        list.sorted_last = row;
    }
    ++list.count;
}

void RelationAdjacency::link(std::uint32_t row, std::uint64_t from, std::uint64_t to) {
    at(row).ends = {from, to};
    for (const std::size_t side : {out, in}) {
        Node& owner = make_node(at(row).ends[side]);
        if (owner.is_empty()) --empty_;
        append(owner.lists[side], row, side);
    }
}

void RelationAdjacency::unlink(std::uint32_t row) {
    const Link& link = at(row);
    for (const std::size_t side : {out, in}) {
        const std::uint32_t number = index_.find(link.ends[side]);
        PERDURE_ASSERT(number != IdIndex::none);
        Node& owner = node(number);
        List& list = owner.lists[side];
        const std::uint32_t before = link.previous[side];
        const std::uint32_t behind = link.next[side];
        PERDURE_ASSERT(list.count > 0);
        (before == none ? list.first : at(before).next[side]) = behind;
        (behind == none ? list.last : at(behind).previous[side]) = before;
        if (list.sorted_last == row) list.sorted_last = before;
        --list.count;
        if (owner.is_empty()) ++empty_;
    }
}

void RelationAdjacency::insert_behind(List& list, std::uint32_t before, std::uint32_t row,
                                      std::size_t side) noexcept {
    std::uint32_t& next = before == none ? list.first : at(before).next[side];
    const std::uint32_t behind = next;
    next = row;
    at(row).previous[side] = before;
    at(row).next[side] = behind;
    (behind == none ? list.last : at(behind).previous[side]) = row;
}

// Takes the tail off, sorts it, and merges it in from the end: what lies before the least of it is
// not touched.
std::uint32_t RelationAdjacency::sorted_first(Node& of, std::size_t side) {
    List& list = of.lists[side];
    if (list.sorted_last == list.last) return list.first;
    std::uint32_t& tail = list.sorted_last == none ? list.first : at(list.sorted_last).next[side];
    scratch_.clear();
    for (std::uint32_t row = tail; row != none; row = at(row).next[side]) {
        scratch_.emplace_back(other(row, side), row);
    }
    tail = none;
    list.last = list.sorted_last;
    std::sort(scratch_.begin(), scratch_.end());
    std::uint32_t before = list.last;
    for (auto added = scratch_.rbegin(); added != scratch_.rend(); ++added) {
        while (before != none && other(before, side) > added->first) {
            before = at(before).previous[side];
        }
        insert_behind(list, before, added->second, side);
    }
    list.sorted_last = list.last;
    return list.first;
}

std::uint32_t RelationAdjacency::first(EdgeDirection direction, std::uint64_t id) {
    const std::uint32_t number = index_.find(id);
    return number == IdIndex::none ? none : sorted_first(node(number), side(direction));
}

std::uint32_t RelationAdjacency::some_row(EdgeDirection direction,
                                          std::uint64_t id) const noexcept {
    const std::uint32_t number = index_.find(id);
    return number == IdIndex::none ? none : node(number).lists[side(direction)].last;
}

std::uint32_t RelationAdjacency::degree(EdgeDirection direction, std::uint64_t id) const noexcept {
    const std::uint32_t number = index_.find(id);
    return number == IdIndex::none ? 0 : node(number).lists[side(direction)].count;
}

}  // namespace perdure::entities
