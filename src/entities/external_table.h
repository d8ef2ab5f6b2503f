// ExternalTable: a component type whose values live in the program's own memory, and what of them
// the next commit has to carry.
//
// Per entity it is in at most one of three states, a bit each, kept by the entity's row:
//   changed   the value is read when a commit captures it
//   staged    the value was handed in and lies in a batch already
//   removed   the entity has none any more
// Captured marks are cleared by captured(), so that a commit that was refused changes nothing.
//
// What there is in the store nobody remembers here: a removal, and an entity that dies, erase a row
// whether it is there or not.
//
// Thread rule: the world's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "entities/component_rows.h"
#include "entities/interval.h"
#include "entities/row_gatherer.h"
#include "entities/row_marks.h"
#include "model/block_pool.h"
#include "model/rows.h"
#include "model/structs.h"
#include "perdure/durability.h"
#include "perdure/external.h"
#include "perdure/schema.h"

namespace perdure::entities {

class ExternalTable {
public:
    // `entities`: the rows of all entities, which must outlive this.
    ExternalTable(const Schema::DeclaredComponent& declared, ComponentRows& entities);
    ~ExternalTable();
    ExternalTable(const ExternalTable&) = delete;
    ExternalTable& operator=(const ExternalTable&) = delete;

    [[nodiscard]] bool is_ephemeral() const noexcept {
        return category.durability == Level::ephemeral;
    }

    // What External offers; see there.
    std::size_t mark_changed(std::span<const Entity> ids);
    std::size_t mark_removed(std::span<const Entity> ids);
    Result<std::size_t> put(std::span<const Entity> ids, const std::byte* first,
                            std::size_t stride);
    Result<std::size_t> put_fields(std::span<const Entity> ids, std::span<const FieldArray> fields);
    // Takes over what a worker marked as changed.
    void take_marks(RowMarks& marks);
    [[nodiscard]] const RowMarks& marks() const noexcept { return changed_; }

    // What `from`, the same component under an older definition, has not brought out yet: marks,
    // and values handed in, which `evolve` makes rows of this one's.
    Status take_over(const ExternalTable& from,
                     const std::function<Result<Batch>(const Batch&)>& evolve);
    // Once the definition is in force.
    void rebind_staged();
    // Nothing has to go out.
    [[nodiscard]] bool is_clean() const noexcept {
        return changed_.empty() && staged_.empty() && removed_.empty();
    }

    // Adds what has to go out to `to`: erases, those of `dead` entities among them, then upserts.
    // Changes nothing that the next capture would not do again.
    Status capture(std::uint64_t now_ms, bool everything, std::span<const std::uint64_t> dead,
                   RowGatherer& gatherer, BlockPool& pool, std::vector<Batch>& to);
    // Before the entities' own marks are cleared.
    void captured(std::uint64_t now_ms);

    const TypeNumber type;
    const StructShape shape;
    const ComponentOptions options;

    // Known once the definitions are in force and the program is there.
    const TableDefinition* definition = nullptr;
    StructPlan plan;
    Category category;
    const ExternalCallbacks::Answers* callbacks = nullptr;
    BlockPool* pool = nullptr;

private:
    // Rows that may be stale before they are looked through: a relaxed component that is handed in
    // at every tick is kept once, not sixty times.
    static constexpr std::size_t kept_rows_min = 16'384;

    class StagedBatch;
    // What of the marks goes out now: all, or only that of new entities.
    struct Due {
        const RowMarks& changed;
        const RowMarks& staged;
    };

    template <typename Take>
    std::size_t for_each_alive(std::span<const Entity> ids, Take&& take);
    // Whether all are, which is the rule: then only their rows are listed.
    bool find_alive(std::span<const Entity> ids);
    void leave_out_dead(std::span<const Entity> ids);
    Status keep(Batch batch);
    [[nodiscard]] Due due(bool all);
    Result<Batch> read_changed(const RowMarks& marks, RowGatherer& gatherer, BlockPool& pool);
    void find_staged(const RowMarks& marks, std::vector<RowOf>& rows) const;
    Status upsert(Batch&& read, const RowMarks& staged, BlockPool& pool, std::vector<Batch>& to);
    Status merge_staged();
    void erase_if_stored(std::uint32_t row);
    void forget(std::uint32_t row, RowMarks& one, RowMarks& other) noexcept;

    ComponentRows& entities_;
    RowMarks changed_;
    RowMarks staged_;
    RowMarks removed_;
    bool only_changed_ = true;  // nothing is staged or removed
    // Staged rows, the newest of an id last; those whose entity is not marked as staged are stale.
    std::vector<std::shared_ptr<StagedBatch>> kept_;
    std::size_t kept_rows_ = 0;
    std::size_t merge_rows_ = kept_rows_min;  // with fewer rows it is no use to merge

    Interval interval_;

    // Of the capture under way.
    bool capturing_all_ = false;
    RowMarks new_changed_;
    RowMarks new_staged_;
    std::vector<std::uint64_t> erased_;

    // Scratch: the entities of a call that are alive; see find_alive().
    std::vector<std::uint64_t> alive_ids_;
    std::vector<std::uint32_t> alive_rows_;
    std::vector<std::uint32_t> alive_positions_;  // in the arrays of the call
    std::vector<const std::byte*> places_;
};

}  // namespace perdure::entities
