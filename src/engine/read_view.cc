#include "engine/read_view.h"

#include <algorithm>
#include <shared_mutex>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "model/batch_builder.h"
#include "model/key.h"
#include "model/rows.h"

namespace perdure::engine {

Result<Batch> key_batch(const TableDefinition& table, std::span<const Cell> cells) {
    return make_row(table, Operation::erase, cells);
}

Result<std::unique_ptr<ReadView>> ReadView::open(Core& core, store::Store& store,
                                                 bool durable_only) {
    // First, so that who waits here holds nothing up.
    std::shared_lock definitions(core.definitions_mutex, std::defer_lock);
    {
        const std::scoped_lock turn(core.definitions_turn);
        definitions.lock();
    }
    std::unique_ptr<ReadView> view(new ReadView(core));
    {
        const std::scoped_lock lock(core.mutex);
        view->registered_ = core.pending.released();
        view->opened_ns_ = core.clock->monotonic_ns();
        core.views[view.get()] = {view->registered_, view->opened_ns_};
    }
    view->tables_ = core.catalog.names();
    PERDURE_TAKE(view->snapshot_, store.snapshot());
    const Lsn covered = view->snapshot_->watermark().lsn;
    PERDURE_ASSERT(covered >= view->registered_);
    const std::scoped_lock lock(core.mutex);
    view->registered_ = covered;
    core.views[view.get()].covered = covered;
    const Lsn durable = core.progress->durable();
    // After a failed flush only what is durable is shown: the rest may never have been.
    const bool failed =
        core.progress->failed() && !seeded_bug("engine: reads show what may never have been");
    const bool only_durable =
        durable_only || failed || seeded_bug("engine: a snapshot misses what is pending");
    view->at_ = std::max(covered, only_durable ? durable : core.pending.last());
    if (!only_durable) view->held_ = core.held;
    return view;
}

ReadView::~ReadView() {
    const std::scoped_lock lock(core_.mutex);
    const std::size_t gone = core_.views.erase(this);
    PERDURE_ASSERT(gone == 1);
}

Status ReadView::check_age() const {
    if (seeded_bug("engine: an old snapshot goes on reading")) return {};
    if (core_.clock->monotonic_ns() - opened_ns_ <= store::snapshot_age_ns_max) return {};
    return error(Code::expired, "this snapshot is older than {} s; take a new one",
                 store::snapshot_age_ns_max / 1'000'000'000);
}

Result<const TableDefinition*> ReadView::table(std::string_view name) const {
    const auto found = tables_->find(lower_case(name));
    if (found != tables_->end()) return found->second;
    // A table that came since is there, without rows; one that only took this name is not.
    const TableDefinition* const later = core_.catalog.find(name);
    const bool came =
        later != nullptr && std::none_of(tables_->begin(), tables_->end(), [&](const auto& known) {
            return known.second->id == later->id;
        });
    if (came) return later;
    return error(Code::not_found, "there is no table '{}' in this world", name);
}

Result<std::optional<Batch>> ReadView::find(const TableDefinition& table, std::string_view key,
                                            std::span<const Cell> cells) {
    const auto held = held_.find({table.id, std::string(key)});
    if (held != held_.end()) {
        PERDURE_TRY(check_age());
        return std::optional<Batch>(single_row(*held->second, 0));
    }
    {
        const std::scoped_lock lock(core_.mutex);
        PERDURE_TRY(
            check_age());  // under the lock: what an expired view needs may be released any time
        const RowVersion version = core_.pending.find(table.id, key, at_);
        if (version.batch && version.lsn > registered_) {
            PERDURE_ASSERT(version.lsn <= at_);
            PERDURE_ASSERT(version.batch->table().id == table.id);
            if (version.batch->operation() == Operation::erase) return std::optional<Batch>();
            return std::optional<Batch>(single_row(*version.batch, version.row));
        }
    }
    PERDURE_TAKE(const Batch keys, key_batch(table, cells));
    PERDURE_TAKE(Batch found, snapshot_->find(table, keys));
    if (found.rows() == 0) return std::optional<Batch>();
    return std::optional<Batch>(std::move(found));
}

// What lies over a stretch of keys: a row, or null for an erase.
Result<ReadView::Overlay> ReadView::overlay(const TableDefinition& table, const std::string* after,
                                            const std::string* through, std::uint32_t limit) const {
    Overlay rows;
    std::uint32_t upserts = 0;
    {
        const std::scoped_lock lock(core_.mutex);
        PERDURE_TRY(check_age());
        const std::string_view begin = after ? std::string_view(*after) : std::string_view();
        const auto visit = [&](std::string_view key, const Version& newest) {
            if (through && key > *through) return false;
            const RowVersion version = core_.pending.resolve(newest, at_, registered_);
            if (!version.batch) return true;
            if (version.batch->operation() == Operation::erase) {
                rows.emplace(key, nullptr);
                return true;
            }
            rows.emplace(key,
                         std::make_shared<const Batch>(single_row(*version.batch, version.row)));
            return ++upserts < limit;  // the page is full then, whatever lies below
        };
        if (const KeyIndex* index = core_.pending.index(table.id)) {
            index->visit_after(after ? &begin : nullptr, visit);
        }
    }
    for (auto held = held_.lower_bound({table.id, after ? *after : std::string()});
         held != held_.end() && held->first.first == table.id; ++held) {
        const std::string& key = held->first.second;
        if (after && key <= *after) continue;
        if (through && key > *through) break;
        rows[key] = held->second;
    }
    return rows;
}

Result<Batch> ReadView::scan(const TableDefinition& table, const Batch* after,
                             std::uint32_t limit) {
    if (limit == 0) return error(Code::invalid, "a scan of no rows was asked for");
    BatchBuilder merged(table, Operation::upsert);
    Batch page;  // of the store; its last row is where the next one begins
    std::string after_key;
    bool from_start = after == nullptr || after->rows() == 0;
    if (!from_start) encode_key(*after, after->rows() - 1, after_key);
    for (bool last_page = false; !last_page && merged.rows() < limit;) {
        PERDURE_TAKE(Batch next, snapshot_->scan(table, from_start ? nullptr : after,
                                                 from_start ? 0 : after->rows() - 1, limit));
        page = std::move(next);
        last_page = page.rows() < limit;
        std::string page_end;
        if (page.rows() > 0) encode_key(page, page.rows() - 1, page_end);
        const bool open_end = seeded_bug("engine: a page shows pending rows behind it");
        PERDURE_TAKE(const Overlay over,
                     overlay(table, from_start ? nullptr : &after_key,
                             last_page || open_end ? nullptr : &page_end, limit));
        merge(page, over, limit, merged);
        after = &page;
        after_key = page_end;
        from_start = false;
        PERDURE_ASSERT(merged.rows() <= limit);
    }
    return merged.finish();
}

// Two sources in key order; on equal keys the overlay wins, and its erases take the row away.
void ReadView::merge(const Batch& page, const Overlay& over, std::uint32_t limit,
                     BatchBuilder& merged) {
    auto top = over.begin();
    std::string key;
    for (std::uint32_t row = 0; row < page.rows(); ++row) {
        key.clear();
        encode_key(page, row, key);
        for (; top != over.end() && top->first < key; ++top) {
            if (merged.rows() == limit) return;
            if (top->second) merged.add(*top->second, 0);
        }
        if (merged.rows() == limit) return;
        const bool covered = top != over.end() && top->first == key;
        if (!covered) merged.add(page, row);
        if (covered && top->second) merged.add(*top->second, 0);
        if (covered) ++top;
    }
    for (; top != over.end() && merged.rows() < limit; ++top) {
        if (top->second) merged.add(*top->second, 0);
    }
}

}  // namespace perdure::engine
