// RelationAdjacency: which edges leave an entity and which reach it, by the rows of the edges, and
// in what order.
//
// Each edge is a link in two lists, that of its `from` and that of its `to`. A list is ascending by
// the id of the other end, up to a tail of what was added out of order; the tail is merged in when
// somebody wants to see the list. So adding and removing are O(1), and looking costs at most what
// sorting the new ones does, beside the walk itself.
//
// An entity has a node here while it has edges, and a while longer: the empty ones are swept up
// when the order of all is asked for, or when they are many.
//
// Thread rule: the world's thread, also where a look sorts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "entities/id_index.h"
#include "perdure/relations.h"

namespace perdure::entities {

class RelationAdjacency {
public:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;
    static constexpr std::size_t block_rows = 1024;

    // Room for this many rows, a multiple of block_rows.
    void grow(std::size_t rows);
    void link(std::uint32_t row, std::uint64_t from, std::uint64_t to);
    // The row keeps its ends until it is linked again.
    void unlink(std::uint32_t row);

    [[nodiscard]] std::uint64_t from(std::uint32_t row) const noexcept { return at(row).ends[out]; }
    [[nodiscard]] std::uint64_t to(std::uint32_t row) const noexcept { return at(row).ends[in]; }
    [[nodiscard]] std::uint32_t degree(EdgeDirection direction, std::uint64_t id) const noexcept;

    // The rows of an entity, by ascending id of the other end.
    [[nodiscard]] std::uint32_t first(EdgeDirection direction, std::uint64_t id);
    [[nodiscard]] std::uint32_t next(EdgeDirection direction, std::uint32_t row) const noexcept {
        return at(row).next[side(direction)];
    }
    // Some row of an entity, as cheap as can be; none if it has no edge in this direction.
    [[nodiscard]] std::uint32_t some_row(EdgeDirection direction, std::uint64_t id) const noexcept;

    // All entities with edges, by ascending id: the number-th one's first row out, which is none
    // if it only has edges in. sort() first; nothing may be linked or unlinked meanwhile.
    void sort();
    [[nodiscard]] std::size_t nodes() const noexcept { return order_.size(); }
    [[nodiscard]] std::uint32_t first_out(std::size_t number) {
        return sorted_first(node(order_[number]), out);
    }

private:
    static constexpr std::size_t out = 0;
    static constexpr std::size_t in = 1;
    static constexpr std::size_t block_nodes = 1024;
    static constexpr std::size_t empty_max = 1024;  // nodes without edges: then swept up

    struct Link {
        std::array<std::uint64_t, 2> ends;  // of the list at [0] it is ends[0]'s
        std::array<std::uint32_t, 2> next;
        std::array<std::uint32_t, 2> previous;
    };
    static_assert(sizeof(Link) == 32);
    struct List {
        std::uint32_t first = none;
        std::uint32_t last = none;
        std::uint32_t sorted_last = none;  // ascending up to here; none: nothing is
        std::uint32_t count = 0;
    };
    struct Node {
        std::uint64_t id = 0;
        std::array<List, 2> lists;
        [[nodiscard]] bool is_empty() const noexcept {
            return lists[out].count + std::uint64_t{lists[in].count} == 0;
        }
    };

    [[nodiscard]] static std::size_t side(EdgeDirection direction) noexcept {
        return static_cast<std::size_t>(direction);
    }
    [[nodiscard]] Link& at(std::uint32_t row) const noexcept {
        return links_[row / block_rows][row % block_rows];
    }
    [[nodiscard]] Node& node(std::uint32_t number) const noexcept {
        return blocks_[number / block_nodes][number % block_nodes];
    }
    [[nodiscard]] std::uint64_t other(std::uint32_t row, std::size_t side) const noexcept {
        return at(row).ends[1 - side];
    }
    Node& make_node(std::uint64_t id);
    void sweep();
    void append(List& list, std::uint32_t row, std::size_t side) noexcept;
    void insert_behind(List& list, std::uint32_t before, std::uint32_t row,
                       std::size_t side) noexcept;
    std::uint32_t sorted_first(Node& of, std::size_t side);

    std::vector<std::unique_ptr<Link[]>> links_;
    std::vector<std::unique_ptr<Node[]>> blocks_;
    std::uint32_t next_unused_ = 0;
    std::vector<std::uint32_t> free_;
    IdIndex index_;                     // from ids to nodes
    std::vector<std::uint32_t> order_;  // all nodes in use: by ascending id as far as order_sorted_
    std::size_t order_sorted_ = 0;
    std::size_t empty_ = 0;                                         // nodes without edges
    std::vector<std::pair<std::uint64_t, std::uint32_t>> scratch_;  // a tail being sorted
};

}  // namespace perdure::entities
