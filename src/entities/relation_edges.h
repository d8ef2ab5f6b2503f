// RelationEdges: all edges of one relation type, in memory: structs in chunks, an index from pairs
// to rows, the lists of their entities, and what has changed since the last capture.
//
// A row stays where it is as long as its edge is there; chunks of 1024 rows never move. A free row
// is taken before a new one.
//
// What capture needs to know, as of ComponentRows:
//   changed   the row differs from what was last captured, or is new
//   fresh     neither store nor journal has a row for it; fresh rows are changed, too
//   removed   store or journal has a row for it, but it is no more: it is in no list, and keeps its
//             place and its pair until that is captured
// A fresh row that is removed leaves no trace; a removed one that is added again is changed, not
// fresh.
//
// Thread rule: the world's thread. Lifetime: the shape must outlive this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "entities/relation_adjacency.h"
#include "entities/relation_index.h"
#include "entities/row_marks.h"
#include "model/struct_values.h"
#include "perdure/component.h"

namespace perdure::entities {

class RelationEdges {
public:
    static constexpr std::uint32_t chunk_rows = 1024;
    static constexpr std::uint32_t none = RelationIndex::none;
    static constexpr std::uint32_t rows_max = 0xFFFF'FC00;

    explicit RelationEdges(const StructShape& shape);
    ~RelationEdges();
    RelationEdges(const RelationEdges&) = delete;
    RelationEdges& operator=(const RelationEdges&) = delete;

    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
    // Whether add() would find no row.
    [[nodiscard]] bool is_full() const noexcept { return free_.empty() && rows_ == rows_max; }
    // The row of a pair, or none.
    [[nodiscard]] std::uint32_t find(std::uint64_t from, std::uint64_t to) const noexcept;
    // Not null, even if there is nothing to see because the struct has no fields.
    [[nodiscard]] std::byte* at(std::uint32_t row) const noexcept {
        return chunks_[row / chunk_rows].get() + std::size_t{row % chunk_rows} * stride_;
    }
    [[nodiscard]] std::size_t stride() const noexcept { return stride_; }
    [[nodiscard]] std::uint64_t from(std::uint32_t row) const noexcept {
        return adjacency_.from(row);
    }
    [[nodiscard]] std::uint64_t to(std::uint32_t row) const noexcept { return adjacency_.to(row); }
    [[nodiscard]] RelationAdjacency& adjacency() noexcept { return adjacency_; }
    [[nodiscard]] const RelationAdjacency& adjacency() const noexcept { return adjacency_; }

    // A row for a pair that has none, with T{} in it. Marked.
    std::uint32_t add(std::uint64_t from, std::uint64_t to);
    // The row of a pair; if it has none, add()'s if may_add() says so, else none.
    template <typename MayAdd>
    std::uint32_t find_or_add(std::uint64_t from, std::uint64_t to, MayAdd&& may_add) {
        const std::uint32_t row = find_any(from, to);
        if (row != none && live_.test(row)) return row;
        return may_add() ? add_edge(row, from, to) : none;
    }
    // Copies a value over the row's; does not mark.
    void write(std::uint32_t row, const void* value) noexcept;
    void mark(std::uint32_t row) noexcept { changed_.set(row); }
    // False if the pair has no row.
    bool remove(std::uint64_t from, std::uint64_t to);
    // All edges from and to an entity; returns how many there were.
    std::size_t remove_all(std::uint64_t id);

    // Hydration: rows come and go without leaving marks. restore() finds or adds, with T{} in what
    // it adds.
    std::uint32_t restore(std::uint64_t from, std::uint64_t to);
    bool forget(std::uint64_t from, std::uint64_t to);

    // Of edges with values of another shape, whose pairs were restored here: what is marked there,
    // or removed, is so here.
    void take_over_marks(const RelationEdges& from);

    // Capture.
    [[nodiscard]] const RowMarks& live() const noexcept { return live_; }
    [[nodiscard]] const RowMarks& changed() const noexcept { return changed_; }
    [[nodiscard]] const RowMarks& fresh() const noexcept { return fresh_; }
    [[nodiscard]] const RowMarks& removed() const noexcept { return removed_; }
    // Store or journal has all rows as they are: changed, or only those that were fresh.
    void captured_changed();
    void captured_fresh();

    // While they are iterated, adding and removing edges is a bug, and stops the program.
    void begin_iteration() noexcept { ++iterating_; }
    void end_iteration() noexcept { --iterating_; }
    [[nodiscard]] bool is_iterated() const noexcept { return iterating_ > 0; }

private:
    struct Release {
        std::align_val_t alignment;
        void operator()(std::byte* memory) const noexcept { ::operator delete(memory, alignment); }
    };

    std::uint32_t take_row();
    void release(std::uint32_t row);
    void add_chunk();
    [[nodiscard]] std::uint32_t find_any(std::uint64_t from, std::uint64_t to) const noexcept;
    std::uint32_t add_edge(std::uint32_t row, std::uint64_t from, std::uint64_t to);
    std::uint32_t begin_row(std::uint64_t from, std::uint64_t to);
    void begin_edge(std::uint32_t row, std::uint64_t from, std::uint64_t to);
    void end_edge(std::uint32_t row);
    void remove_row(std::uint32_t row);
    void captured_removed();

    const StructShape& shape_;
    const StructValues values_;
    const std::size_t stride_;
    std::vector<std::unique_ptr<std::byte, Release>> chunks_;
    std::uint32_t rows_ = 0;  // ever taken
    std::uint32_t count_ = 0;
    std::uint32_t iterating_ = 0;
    std::vector<std::uint32_t> free_;
    RelationIndex index_;  // live and removed ones
    RelationAdjacency adjacency_;
    RowMarks live_;
    RowMarks changed_;
    RowMarks fresh_;
    RowMarks removed_;
};

}  // namespace perdure::entities
