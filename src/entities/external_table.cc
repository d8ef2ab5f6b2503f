#include "entities/external_table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"

namespace perdure::entities {
namespace {

std::span<const std::uint64_t> numbers_of(std::span<const Entity> ids) {
    static_assert(sizeof(Entity) == sizeof(std::uint64_t));
    return {reinterpret_cast<const std::uint64_t*>(ids.data()), ids.size()};
}

}  // namespace

// A batch that goes out with every commit until one is accepted: what it gives away is the same
// memory.
class ExternalTable::StagedBatch final : public Block::Owner {
public:
    explicit StagedBatch(Batch from) : batch(std::move(from)) {}
    void release(std::byte*, std::size_t) noexcept override {}  // with the last owner

    static Batch share(const std::shared_ptr<StagedBatch>& kept, const TableDefinition& as) {
        const Batch& from = kept->batch;
        Block block(const_cast<std::byte*>(from.data()), from.bytes(), kept);
        return Batch(as, from.operation(), from.rows(), std::move(block));
    }

    const Batch batch;
};

ExternalTable::ExternalTable(const Schema::DeclaredComponent& declared, ComponentRows& entities)
    : type(declared.type), shape(declared.shape), options(declared.options), entities_(entities) {
    for (RowMarks* marks : {&changed_, &staged_, &removed_}) entities_.follow(*marks);
}

ExternalTable::~ExternalTable() {
    for (const RowMarks* marks : {&changed_, &staged_, &removed_}) entities_.unfollow(*marks);
}

Status ExternalTable::take_over(const ExternalTable& from,
                                const std::function<Result<Batch>(const Batch&)>& evolve) {
    for (const std::shared_ptr<StagedBatch>& kept : from.kept_) {
        PERDURE_TAKE(Batch batch, evolve(kept->batch));
        kept_.push_back(std::make_shared<StagedBatch>(std::move(batch)));
    }
    changed_ = from.changed_;
    staged_ = from.staged_;
    removed_ = from.removed_;
    only_changed_ = from.only_changed_;
    kept_rows_ = from.kept_rows_;
    merge_rows_ = from.merge_rows_;
    interval_ = from.interval_;
    return {};
}

void ExternalTable::rebind_staged() {
    for (std::shared_ptr<StagedBatch>& kept : kept_) {
        kept = std::make_shared<StagedBatch>(StagedBatch::share(kept, *definition));
    }
}

void ExternalTable::forget(std::uint32_t row, RowMarks& one, RowMarks& other) noexcept {
    one.clear(row);
    other.clear(row);
}

template <typename Take>
std::size_t ExternalTable::for_each_alive(std::span<const Entity> ids, Take&& take) {
    std::size_t alive = 0;
    ComponentRows::Finder rows(entities_);
    for (const Entity entity : ids) {
        const std::uint32_t row = rows.find(entity.id);
        if (row == ComponentRows::none) continue;
        take(row);
        ++alive;
    }
    return alive;
}

std::size_t ExternalTable::mark_changed(std::span<const Entity> ids) {
    PERDURE_ASSERT(callbacks != nullptr && callbacks->read != nullptr);  // on_read<T>() is missing
    if (only_changed_) return for_each_alive(ids, [&](std::uint32_t row) { changed_.set(row); });
    return for_each_alive(ids, [&](std::uint32_t row) {
        forget(row, staged_, removed_);
        changed_.set(row);
    });
}

std::size_t ExternalTable::mark_removed(std::span<const Entity> ids) {
    only_changed_ = false;
    return for_each_alive(ids, [&](std::uint32_t row) {
        forget(row, changed_, staged_);
        removed_.set(row);
    });
}

void ExternalTable::take_marks(RowMarks& marks) {
    PERDURE_ASSERT(callbacks != nullptr && callbacks->read != nullptr);  // on_read<T>() is missing
    if (!only_changed_) {
        marks.for_each_row([&](std::uint32_t row) { forget(row, staged_, removed_); });
    }
    marks.move_to(changed_);
}

bool ExternalTable::find_alive(std::span<const Entity> ids) {
    alive_rows_.resize(ids.size());
    bool all = true;
    ComponentRows::Finder rows(entities_);
    for (std::size_t at = 0; at < ids.size(); ++at) {
        alive_rows_[at] = rows.find(ids[at].id);
        all &= alive_rows_[at] != ComponentRows::none;
    }
    return all;
}

void ExternalTable::leave_out_dead(std::span<const Entity> ids) {
    alive_ids_.clear();
    alive_positions_.clear();
    for (std::size_t at = 0; at < ids.size(); ++at) {
        if (alive_rows_[at] == ComponentRows::none) continue;
        alive_rows_[alive_ids_.size()] = alive_rows_[at];
        alive_ids_.push_back(ids[at].id);
        alive_positions_.push_back(static_cast<std::uint32_t>(at));
    }
    alive_rows_.resize(alive_ids_.size());
}

Result<std::size_t> ExternalTable::put(std::span<const Entity> ids, const std::byte* first,
                                       std::size_t stride) {
    std::span<const std::uint64_t> alive = numbers_of(ids);
    if (find_alive(ids)) {
        places_.resize(ids.size());
        for (std::size_t at = 0; at < places_.size(); ++at) places_[at] = first + stride * at;
    } else {
        leave_out_dead(ids);
        alive = alive_ids_;
        places_.resize(alive.size());
        for (std::size_t at = 0; at < places_.size(); ++at) {
            places_[at] = first + stride * alive_positions_[at];
        }
    }
    if (alive.empty()) return std::size_t{0};
    PERDURE_TAKE(Batch batch, gather_structs(*definition, plan, alive, places_, pool));
    PERDURE_TRY(keep(std::move(batch)));
    return alive.size();
}

Result<std::size_t> ExternalTable::put_fields(std::span<const Entity> ids,
                                              std::span<const FieldArray> fields) {
    if (fields.size() != shape.fields.size()) {
        return error(Code::invalid, "component {} has {} fields, and arrays of {} were given",
                     shape.name, shape.fields.size(), fields.size());
    }
    for (std::size_t at = 0; at < fields.size(); ++at) {
        const FieldShape& field = shape.fields[at];
        if (fields[at].type == field.type && fields[at].nullable == field.nullable) continue;
        return error(Code::invalid,
                     "component {}, field {}: an array of {}{} was given for {}{}; give the arrays "
                     "in the struct's order",
                     shape.name, field.name, fields[at].nullable ? "optional " : "",
                     fields[at].type.name(), field.nullable ? "optional " : "", field.type.name());
    }
    std::span<const std::uint64_t> alive = numbers_of(ids);
    if (find_alive(ids)) {
        alive_positions_.resize(ids.size());
        std::iota(alive_positions_.begin(), alive_positions_.end(), 0U);
    } else {
        leave_out_dead(ids);
        alive = alive_ids_;
    }
    if (alive.empty()) return std::size_t{0};
    PERDURE_TAKE(Batch batch,
                 gather_fields(*definition, plan, shape, alive, alive_positions_, fields, pool));
    PERDURE_TRY(keep(std::move(batch)));
    return alive.size();
}

// All of it or nothing: room is made first, since that may fail.
Status ExternalTable::keep(Batch batch) {
    PERDURE_TRY(merge_staged());
    if (changed_.empty() && removed_.empty()) {
        staged_.set_each(alive_rows_);
    } else {
        for (const std::uint32_t row : alive_rows_) {
            forget(row, changed_, removed_);
            staged_.set(row);
        }
    }
    only_changed_ = false;
    kept_rows_ += batch.rows();
    kept_.push_back(std::make_shared<StagedBatch>(std::move(batch)));
    return {};
}

// Rows that are stale, or older than another of their id, are let go once they are the most. Who
// hands in rows one by one has them counted at each doubling, not at each call. If it fails,
// everything is as it was.
Status ExternalTable::merge_staged() {
    if (kept_rows_ < merge_rows_) return {};
    const std::size_t wanted = staged_.count();
    merge_rows_ = std::max(kept_rows_min, 2 * wanted);
    if (kept_rows_ < merge_rows_) return {};
    std::vector<std::shared_ptr<StagedBatch>> merged;
    if (wanted > 0) {
        std::vector<RowOf> rows;
        find_staged(staged_, rows);
        PERDURE_TAKE(Batch batch, gather_rows(*definition, Operation::upsert, rows, pool));
        merged.push_back(std::make_shared<StagedBatch>(std::move(batch)));
    }
    kept_ = std::move(merged);
    kept_rows_ = wanted;
    return {};
}

ExternalTable::Due ExternalTable::due(bool all) {
    if (all) return {changed_, staged_};
    new_changed_.assign_both(changed_, entities_.fresh());
    new_staged_.assign_both(staged_, entities_.fresh());
    return {new_changed_, new_staged_};
}

// Neither store nor journal has anything of a new entity.
void ExternalTable::erase_if_stored(std::uint32_t row) {
    if (!entities_.fresh().test(row)) erased_.push_back(entities_.id_at(row));
}

Status ExternalTable::capture(std::uint64_t now_ms, bool everything,
                              std::span<const std::uint64_t> dead, RowGatherer& gatherer,
                              BlockPool& to_pool, std::vector<Batch>& to) {
    capturing_all_ = everything || interval_.is_over(category, now_ms);
    erased_.assign(dead.begin(), dead.end());
    if (seeded_bug("entities: external components outlive their entity")) erased_.clear();
    const Due now = due(capturing_all_);
    PERDURE_TAKE(Batch read, read_changed(now.changed, gatherer, to_pool));
    if (!only_changed_) {
        removed_.for_each_row([&](std::uint32_t row) { erase_if_stored(row); });
    }
    std::sort(erased_.begin(), erased_.end());
    PERDURE_TRY(RowGatherer::erases(*definition, erased_, to_pool, to));
    return upsert(std::move(read), now.staged, to_pool, to);
}

// One batch for a table: the rows that were read, then those that were handed in. If all are in one
// batch already, it goes as it is.
Status ExternalTable::upsert(Batch&& read, const RowMarks& staged, BlockPool& to_pool,
                             std::vector<Batch>& to) {
    const std::size_t wanted = only_changed_ ? 0 : staged.count();
    if (wanted == 0) {
        if (read.rows() > 0) to.push_back(std::move(read));
        return {};
    }
    if (read.rows() == 0 && kept_.size() == 1 && kept_rows_ == wanted) {
        to.push_back(StagedBatch::share(kept_[0], *definition));
        return {};
    }
    std::vector<RowOf> rows;
    rows.reserve(read.rows() + wanted);
    for (std::uint32_t row = 0; row < read.rows(); ++row) rows.push_back({&read, row});
    find_staged(staged, rows);
    PERDURE_ASSERT(rows.size() == read.rows() + wanted);
    PERDURE_TAKE(Batch merged, gather_rows(*definition, Operation::upsert, rows, &to_pool));
    to.push_back(std::move(merged));
    return {};
}

// What the program answers about its changed rows; without rows if there are none.
Result<Batch> ExternalTable::read_changed(const RowMarks& marks, RowGatherer& gatherer,
                                          BlockPool& to_pool) {
    const std::span<std::uint64_t> ids = gatherer.ids(entities_, marks);
    if (ids.empty()) return Batch();
    places_.resize(ids.size());
    callbacks->read({reinterpret_cast<const Entity*>(ids.data()), ids.size()}, places_.data());
    std::size_t count = ids.size();
    if (std::find(places_.begin(), places_.end(), nullptr) != places_.end()) {
        count = 0;
        for (std::size_t at = 0; at < ids.size(); ++at) {
            if (places_[at] == nullptr) {
                erase_if_stored(entities_.find(ids[at]));
                continue;
            }
            ids[count] = ids[at];
            places_[count++] = places_[at];
        }
    }
    if (count == 0) return Batch();
    return gather_structs(*definition, plan, ids.first(count), std::span(places_).first(count),
                          &to_pool);
}

// Adds where the newest row of each marked id lies, by when they were handed in.
void ExternalTable::find_staged(const RowMarks& marks, std::vector<RowOf>& rows) const {
    const std::size_t before = rows.size();
    RowMarks left;
    left.assign_both(marks, marks);
    for (auto kept = kept_.rbegin(); kept != kept_.rend(); ++kept) {
        const Batch& batch = (*kept)->batch;
        for (std::uint32_t at = batch.rows(); at > 0; --at) {
            const std::uint32_t row = entities_.find(batch.fixed<std::uint64_t>(0, at - 1));
            if (row == ComponentRows::none || !left.test(row)) continue;
            left.clear(row);
            rows.push_back({&batch, at - 1});
        }
    }
    PERDURE_ASSERT(left.empty());  // each marked row lies in a batch
    std::reverse(rows.begin() + static_cast<std::ptrdiff_t>(before), rows.end());
}

void ExternalTable::captured(std::uint64_t now_ms) {
    removed_.clear_all();
    if (capturing_all_) {
        if (!changed_.empty() || !staged_.empty()) interval_.begin(now_ms);
        changed_.clear_all();
        staged_.clear_all();
        kept_.clear();
        kept_rows_ = 0;
        merge_rows_ = kept_rows_min;
        only_changed_ = true;
        return;
    }
    changed_.clear_marked_in(new_changed_);
    staged_.clear_marked_in(new_staged_);
}

}  // namespace perdure::entities
