// ComponentRows: all components of one type, in memory: structs in chunks, an index from entity to
// row, and what has changed since the last capture.
//
// Rows are dense: a removed row's place is taken by the last one. Chunks hold 1024 rows and never
// move, so growing never copies a world. They are cut from slabs of up to some MiB, so that
// neighbouring chunks mostly lie side by side and iteration sees long arrays; the ids of the rows
// lie in arrays of their own.
//
// What capture needs to know:
//   changed   the row differs from what was last captured, or is new
//   fresh     neither store nor journal has a row for it; fresh rows are changed, too
//   removed   ids whose row the store or journal still has
// A fresh row that is removed leaves no trace; a removed id that is set again is changed, not
// fresh.
//
// Thread rule: the world's thread. Pointers to rows live until the next add or remove.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "entities/id_index.h"
#include "entities/row_marks.h"
#include "model/struct_values.h"
#include "perdure/component.h"

namespace perdure::entities {

class ComponentRows {
public:
    static constexpr std::uint32_t chunk_rows = 1024;  // 12 KiB of positions: a few pages
    static constexpr std::uint32_t none = IdIndex::none;
    static constexpr std::uint32_t rows_max = 0xFFFF'FC00;  // numbers above mean something else

    // `layouts` counts the layouts of all chunks of one registry. Both must outlive this.
    ComponentRows(const StructShape& shape, std::uint64_t& layouts);
    ~ComponentRows();
    ComponentRows(const ComponentRows&) = delete;
    ComponentRows& operator=(const ComponentRows&) = delete;

    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
    // The row of an id, or none.
    [[nodiscard]] std::uint32_t find(std::uint64_t id) const noexcept {
        const std::uint32_t row = index_.find(id);
        return row < removed ? row : none;
    }
    // The same for many ids in a loop, in which nothing comes or goes.
    class Finder {
    public:
        explicit Finder(const ComponentRows& rows) : rows_(rows), index_(rows.index_) {}
        // Where a chunk's ids are consecutive, the first one found tells of all others.
        [[nodiscard]] std::uint32_t find(std::uint64_t id) noexcept {
            if (id - chunk_from_ < chunk_count_) {
                return chunk_first_ + static_cast<std::uint32_t>(id - chunk_from_);
            }
            const std::uint32_t row = index_.find(id);
            if (row >= removed) return none;
            const std::uint32_t chunk = row / chunk_rows;
            chunk_from_ = rows_.consecutive_from(chunk);
            chunk_count_ = chunk_from_ == 0 ? 0 : rows_.chunk_count(chunk);
            chunk_first_ = chunk * chunk_rows;
            return row;
        }

    private:
        const ComponentRows& rows_;
        IdIndex::Finder index_;
        std::uint64_t chunk_from_ = 0;
        std::uint32_t chunk_count_ = 0;
        std::uint32_t chunk_first_ = 0;
    };
    // Not null, even if there is nothing to see because it is a tag's.
    [[nodiscard]] std::byte* at(std::uint32_t row) const noexcept {
        return chunks_[row / chunk_rows].rows + std::size_t{row % chunk_rows} * stride_;
    }
    [[nodiscard]] std::uint64_t id_at(std::uint32_t row) const noexcept {
        return chunks_[row / chunk_rows].ids[row % chunk_rows];
    }
    [[nodiscard]] std::size_t stride() const noexcept { return stride_; }

    // A row for an id that has none, with T{} in it (a trivially copyable one: with anything in it,
    // to be written by the caller). Marked.
    std::uint32_t add(std::uint64_t id);
    // Copies a value over the row's; does not mark.
    void write(std::uint32_t row, const void* value) noexcept;
    // False if the id has no row.
    bool remove(std::uint64_t id);

    void mark(std::uint32_t row) noexcept { changed_.set(row); }
    void mark_range(std::uint32_t first, std::uint32_t count) noexcept {
        changed_.set_range(first, count);
    }

    // Hydration: rows come and go without leaving marks. restore() finds or adds, with T{} in what
    // it adds.
    std::uint32_t restore(std::uint64_t id);
    bool forget(std::uint64_t id);

    // Of rows with values of another shape, whose ids were restored here one after the other: what
    // is marked there, or removed, is so here.
    void take_over_marks(const ComponentRows& from);

    // Capture.
    [[nodiscard]] const RowMarks& changed() const noexcept { return changed_; }
    [[nodiscard]] const RowMarks& fresh() const noexcept { return fresh_; }
    [[nodiscard]] bool nothing_removed() const noexcept { return removed_.empty(); }
    [[nodiscard]] std::vector<std::uint64_t> removed_ids() const;  // ascending
    // Store or journal has all rows as they are: changed, or only those that were fresh.
    void captured_changed();
    void captured_fresh();

    // Marks of the caller's own, one a row: they grow with the rows and move with them, and are
    // cleared when their row goes. They must outlive this, or unfollow() before.
    void follow(RowMarks& marks);
    void unfollow(const RowMarks& marks) noexcept { std::erase(followers_, &marks); }
    // Where mark() marks; for a walk, and for workers' marks to be moved to.
    [[nodiscard]] RowMarks& marks() noexcept { return changed_; }

    // Chunk by chunk, for iteration.
    [[nodiscard]] std::uint32_t chunk_count(std::uint32_t chunk) const noexcept {
        const std::uint32_t first = chunk * chunk_rows;
        return count_ <= first ? 0 : (count_ - first < chunk_rows ? count_ - first : chunk_rows);
    }
    [[nodiscard]] std::byte* chunk_begin(std::uint32_t chunk) const noexcept {
        return chunks_[chunk].rows;
    }
    [[nodiscard]] const std::uint64_t* chunk_ids(std::uint32_t chunk) const noexcept {
        return chunks_[chunk].ids;
    }
    // The first id of a chunk in which each is one more than the one before; 0 for others.
    [[nodiscard]] std::uint64_t consecutive_from(std::uint32_t chunk) const noexcept {
        return chunks_[chunk].consecutive_from;
    }
    // Whether the rows of the next chunk begin where this one's end, and their ids, too.
    [[nodiscard]] bool continues(std::uint32_t chunk) const noexcept {
        return chunk + 1 < chunks_.size() &&
               chunks_[chunk + 1].ids == chunks_[chunk].ids + chunk_rows;
    }
    // Whether that chunk here and there holds the same ids in the same order. Cheap if it was asked
    // before and nothing changed since.
    [[nodiscard]] bool same_layout(std::uint32_t chunk, ComponentRows& other) noexcept;
    // The same, remembering nothing: many threads may ask at once.
    [[nodiscard]] bool has_same_layout(std::uint32_t chunk,
                                       const ComponentRows& other) const noexcept;

    // While it is iterated, adding and removing rows is a bug, and stops the program.
    void begin_iteration() noexcept { ++iterating_; }
    void end_iteration() noexcept { --iterating_; }
    [[nodiscard]] bool is_iterated() const noexcept { return iterating_ > 0; }

private:
    static constexpr std::uint32_t removed = 0xFFFF'FFFE;  // in the index: see removed_
    static constexpr std::size_t removed_compact_min = 4096;

    struct Release {
        std::align_val_t alignment;
        void operator()(std::byte* memory) const noexcept { ::operator delete(memory, alignment); }
    };
    struct Chunk {
        std::byte* rows = nullptr;
        std::uint64_t* ids = nullptr;
        // ids[i] is this + i for all rows, unless it is 0. So it is where entities were made
        // together, and then nobody need read the ids.
        std::uint64_t consecutive_from = 0;
        // Chunks of two types with equal numbers hold the same ids in the same order: every change
        // of the ids draws a new number, and same_layout() gives both the same one once it has
        // compared them.
        std::uint64_t layout = 0;
    };
    // Ids of its chunks, then their rows.
    struct Slab {
        std::unique_ptr<std::byte, Release> memory;
        std::size_t first_chunk = 0;
    };

    std::uint32_t append(std::uint64_t id);
    void construct(std::uint32_t row) noexcept;
    void drop(std::uint32_t row);
    void captured_removed();
    void move_marks(std::uint32_t to, std::uint32_t from) noexcept;
    static void move_mark(RowMarks& marks, std::uint32_t to, std::uint32_t from) noexcept;
    void add_slab();
    void drop_spare_slabs();

    const StructShape& shape_;
    const StructValues values_;
    const std::size_t stride_;
    std::uint64_t& layouts_;
    std::vector<Chunk> chunks_;  // of all slabs
    std::vector<Slab> slabs_;
    std::uint32_t count_ = 0;
    std::uint32_t iterating_ = 0;
    IdIndex index_;
    RowMarks changed_;
    RowMarks fresh_;
    std::vector<RowMarks*> followers_;
    // Ids that the index says are removed; and some that were set again since, or are here twice.
    std::vector<std::uint64_t> removed_;
    std::size_t removed_compact_at_ = removed_compact_min;
};

}  // namespace perdure::entities
