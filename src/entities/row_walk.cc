#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "entities/registry.h"
#include "entities/worker_marks.h"
#include "perdure/entities_each.h"

namespace perdure::detail {
namespace {

using entities::ComponentRows;

}  // namespace

RowWalk::RowWalk(entities::Registry& registry, std::span<const TypeNumber> types,
                 std::uint32_t mutable_types)
    : types_(types.size()), alone_(!registry.workers_run()) {
    PERDURE_ASSERT(mutable_types == 0 || registry.may_mark());
    PERDURE_ASSERT(types_ >= 1 && types_ <= each_components_max);
    PERDURE_ASSERT(alone_ || mutable_types == 0);  // workers run: each<>() of theirs may change
    for (std::size_t type = 0; type < types_; ++type) {
        tables_[type] = &registry.rows_of(types[type]);
        if (alone_) tables_[type]->begin_iteration();
        if (((mutable_types >> type) & 1U) != 0) marks_[type] = &tables_[type]->marks();
    }
    end_row_ = tables_[0]->count();
}

// Shares begin at multiples of 64 rows, which begin on a cache line whatever the struct's size: two
// workers never write to one line of the first type's rows. Those of other types may lie anywhere.
RowWalk::RowWalk(entities::Registry& registry, std::span<const TypeNumber> types,
                 std::uint32_t mutable_types, std::size_t worker, std::size_t workers,
                 entities::WorkerMarks& marks)
    : types_(types.size()), alone_(false) {
    PERDURE_ASSERT(types_ >= 1 && types_ <= each_components_max && worker < workers);
    for (std::size_t type = 0; type < types_; ++type) {
        tables_[type] = &registry.rows_of(types[type]);
        if (((mutable_types >> type) & 1U) == 0) continue;
        marks_[type] = &marks.of(types[type], tables_[type]->marks());
    }
    const std::uint64_t rows = tables_[0]->count();
    const std::uint64_t words = (rows + 63) / 64;
    const auto first = static_cast<std::uint32_t>(words * worker / workers * 64);
    end_row_ = static_cast<std::uint32_t>(std::min(rows, words * (worker + 1) / workers * 64));
    if (first >= end_row_) {
        end_row_ = 0;
        return;
    }
    chunk_ = first / ComponentRows::chunk_rows;
    skipped_ = first % ComponentRows::chunk_rows;
}

RowWalk::~RowWalk() {
    if (!alone_) return;
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
    inside_ = std::exchange(skipped_, 0);
    chunk_count_ = rows_in(chunk_);
    if (chunk_count_ == 0) return false;
    side_by_side_ = lies_side_by_side(chunk_);
    return true;
}

// Rows of a chunk of the first type, as far as the walk goes.
std::uint32_t RowWalk::rows_in(std::uint32_t chunk) const {
    const std::uint32_t first = chunk * ComponentRows::chunk_rows;
    return first >= end_row_ ? 0 : std::min(ComponentRows::chunk_rows, end_row_ - first);
}

bool RowWalk::lies_side_by_side(std::uint32_t chunk) const {
    for (std::size_t type = 1; type < types_; ++type) {
        const bool same = alone_ ? tables_[0]->same_layout(chunk, *tables_[type])
                                 : tables_[0]->has_same_layout(chunk, *tables_[type]);
        if (!same) return false;
    }
    return true;
}

// A run of whole chunks, as far as memory is without a gap in every type.
void RowWalk::run_on() {
    std::fill_n(at_.begin(), types_, chunk_ * ComponentRows::chunk_rows + inside_);
    const std::uint64_t* const ids = tables_[0]->chunk_ids(chunk_) + inside_;
    std::uint32_t run = chunk_count_ - inside_;
    const auto continues = [&](const ComponentRows* table) { return table->continues(chunk_); };
    while (std::all_of(tables_.begin(), tables_.begin() + types_, continues) &&
           rows_in(chunk_ + 1) > 0 && lies_side_by_side(chunk_ + 1)) {
        chunk_count_ = rows_in(++chunk_);
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
        if (marks_[type] != nullptr) marks_[type]->set_range(at_[type], count);
    }
}

}  // namespace perdure::detail
