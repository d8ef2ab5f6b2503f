#include <algorithm>

#include "base/assert.h"
#include "entities/registry.h"
#include "perdure/entities_each.h"

namespace perdure::detail {
namespace {

using entities::ComponentRows;

}  // namespace

RowWalk::RowWalk(entities::Registry& registry, std::span<const TypeNumber> types,
                 std::uint32_t mutable_types)
    : types_(types.size()), mutable_types_(mutable_types) {
    PERDURE_ASSERT(types_ >= 1 && types_ <= each_components_max);
    for (std::size_t type = 0; type < types_; ++type) {
        tables_[type] = &registry.rows_of(types[type]);
        tables_[type]->begin_iteration();
    }
}

RowWalk::~RowWalk() {
    for (std::size_t type = 0; type < types_; ++type) tables_[type]->end_iteration();
}

bool RowWalk::next() {
    for (;;) {
        if (inside_ == chunk_count_ && !next_chunk()) return false;
        if (side_by_side_) {
            run_on();
            return true;
        }
        if (next_run()) return true;
    }
}

bool RowWalk::next_chunk() {
    if (chunk_count_ > 0) ++chunk_;
    inside_ = 0;
    chunk_count_ = tables_[0]->chunk_count(chunk_);
    if (chunk_count_ == 0) return false;
    side_by_side_ = lies_side_by_side(chunk_);
    return true;
}

bool RowWalk::lies_side_by_side(std::uint32_t chunk) const {
    for (std::size_t type = 1; type < types_; ++type) {
        if (!tables_[0]->same_layout(chunk, *tables_[type])) return false;
    }
    return true;
}

// A run of whole chunks, as far as memory is without a gap in every type.
void RowWalk::run_on() {
    std::fill_n(at_.begin(), types_, chunk_ * ComponentRows::chunk_rows);
    const std::uint64_t* const ids = tables_[0]->chunk_ids(chunk_);
    std::uint32_t run = chunk_count_;
    const auto continues = [&](const ComponentRows* table) { return table->continues(chunk_); };
    while (std::all_of(tables_.begin(), tables_.begin() + types_, continues) &&
           tables_[0]->chunk_count(chunk_ + 1) > 0 && lies_side_by_side(chunk_ + 1)) {
        chunk_count_ = tables_[0]->chunk_count(++chunk_);
        run += chunk_count_;
    }
    inside_ = chunk_count_;
    begin_run(ids, run);
}

// From where the walk is, skips entities that lack a component and takes as many rows as follow one
// another in all types. False if the chunk holds no more.
bool RowWalk::next_run() {
    const std::uint64_t* const ids = tables_[0]->chunk_ids(chunk_);
    while (inside_ < chunk_count_ && !find_others(ids[inside_])) ++inside_;
    if (inside_ == chunk_count_) return false;
    at_[0] = chunk_ * ComponentRows::chunk_rows + inside_;
    std::uint32_t run = chunk_count_ - inside_;
    for (std::size_t type = 1; type < types_; ++type) {
        const ComponentRows& table = *tables_[type];
        const std::uint32_t chunk = at_[type] / ComponentRows::chunk_rows;
        const std::uint32_t begin = at_[type] % ComponentRows::chunk_rows;
        const std::uint64_t* const others = table.chunk_ids(chunk) + begin;
        run = std::min(run, table.chunk_count(chunk) - begin);
        std::uint32_t same = 1;
        while (same < run && others[same] == ids[inside_ + same]) ++same;
        run = same;
    }
    inside_ += run;
    begin_run(ids + (inside_ - run), run);
    return true;
}

// Mostly the row behind the last one seen is the one looked for.
bool RowWalk::find_others(std::uint64_t id) {
    for (std::size_t type = 1; type < types_; ++type) {
        const ComponentRows& table = *tables_[type];
        std::uint32_t row = hint_[type];
        if (row >= table.count() || table.id_at(row) != id) row = table.find(id);
        if (row == ComponentRows::none) return false;
        at_[type] = row;
        hint_[type] = row + 1;
    }
    return true;
}

void RowWalk::begin_run(const std::uint64_t* ids, std::uint32_t count) {
    count_ = count;
    ids_ = ids;
    for (std::size_t type = 0; type < types_; ++type) {
        rows_[type] = tables_[type]->at(at_[type]);
        hint_[type] = at_[type] + count;
        if (((mutable_types_ >> type) & 1U) != 0) tables_[type]->mark_range(at_[type], count);
    }
}

}  // namespace perdure::detail
