#include "engine/drain.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "engine/coalesce.h"
#include "model/digest.h"

namespace perdure::engine {
namespace {

// Of one range: what must be gathered in memory at once, at worst.
constexpr std::uint64_t range_bytes_max = 2ULL
                                          << 30;  // of the journal, mostly rows that coalesce away
constexpr std::uint64_t range_changes_max = 1U << 20;
constexpr std::size_t entries_per_lock = 4096;

}  // namespace

std::optional<Drain::Range> Drain::choose_range() {
    Range range;
    {
        const std::scoped_lock lock(core_.mutex);
        range.first = core_.stored.lsn + 1;
        std::uint64_t bytes = 0;
        for (const GroupEnd& group : core_.pending.groups()) {
            if (group.last < range.first) continue;
            const bool begun = range.end.last != 0;
            const bool alone = !seeded_bug("engine: a range goes across a definition");
            if (alone && begun && (group.definition || range.end.definition)) break;
            if (begun && bytes + group.bytes > range_bytes_max) break;
            if (begun && group.last - range.first >= range_changes_max) break;
            bytes += group.bytes;
            range.end = group;
        }
        if (range.end.last == 0) return std::nullopt;
        PERDURE_ASSERT(range.first <= range.end.last);
        PERDURE_ASSERT(range.end.last <= core_.pending.last());
        PERDURE_ASSERT(core_.drain_through == 0);  // one drain at a time
        core_.drain_through = range.end.last;
    }
    for (Lsn lsn = range.first; lsn <= range.end.last;) {
        const std::scoped_lock lock(core_.mutex);
        const Lsn stop = std::min(range.end.last, lsn + entries_per_lock - 1);
        for (; lsn <= stop; ++lsn) range.entries.push_back(&core_.pending.entry(lsn));
    }
    PERDURE_ASSERT(range.entries.size() == range.end.last - range.first + 1);
    if (seeded_bug("engine: coalescing keeps the oldest row"))
        std::reverse(range.entries.begin(), range.entries.end());
    return range;
}

Result<Watermark> Drain::watermark_after(const Range& range) {
    Watermark after = core_.stored;  // only this thread writes it
    after.epoch = range.end.epoch;
    after.lsn = range.end.last;
    after.chain = range.end.chain;
    for (auto entry = range.entries.rbegin(); entry != range.entries.rend(); ++entry) {
        if (!(*entry)->changes.tick) continue;
        after.tick = (*entry)->changes.tick;
        if ((*entry)->let_go) {
            PERDURE_TAKE(const ChangeSet* whole, journal_copies_.find(**entry));
            after.tick_content = core_.tick_content(*whole);
        } else {
            after.tick_content = core_.tick_content((*entry)->changes);
        }
        break;
    }
    return after;
}

Status Drain::apply_definition(const Range& range, const Watermark& after) {
    PERDURE_ASSERT(range.entries.size() == 1);
    PERDURE_ASSERT(range.first == range.end.last);
    const auto& definitions = range.entries.front()->changes.definitions;
    PERDURE_ASSERT(!definitions.empty());
    return store_.apply({core_.epoch, core_.stored}, after, definitions);
}

Result<std::vector<store::Change>> Drain::coalesce(const Range& range) {
    Coalescer coalescer;
    for (auto entry = range.entries.rbegin(); entry != range.entries.rend(); ++entry) {
        PERDURE_ASSERT((*entry)->epoch != 0);  // only what is durable is drained
        if ((*entry)->let_go) {
            PERDURE_TAKE(const ChangeSet* whole, journal_copies_.find(**entry));
            coalescer.add_resident(*whole);
        }
        coalescer.add((*entry)->changes);
    }
    const std::uint64_t rows = coalescer.rows();
    statistics_.rows.fetch_add(rows, std::memory_order_relaxed);
    return coalescer.finish();
}

Result<bool> Drain::step() {
    const std::optional<Range> range = choose_range();
    if (!range) return false;
    const Result<Watermark> applied = apply(*range);
    journal_copies_.clear();
    {
        const std::scoped_lock lock(core_.mutex);
        PERDURE_ASSERT(core_.drain_through == range->end.last);
        core_.drain_through = 0;
        if (applied) {
            PERDURE_ASSERT(core_.stored.lsn + 1 == range->first);
            PERDURE_ASSERT(applied->lsn == range->end.last);
            core_.stored = *applied;
        }
    }
    PERDURE_TRY(applied.status());
    statistics_.transactions.fetch_add(1, std::memory_order_relaxed);
    core_.progress->reached_store(applied->lsn);
    return true;
}

// One transaction; the watermark that it moved the store to.
Result<Watermark> Drain::apply(const Range& range) {
    PERDURE_TAKE(const Watermark after, watermark_after(range));
    if (range.end.definition) {
        PERDURE_TRY(apply_definition(range, after));
        return after;
    }
    PERDURE_TAKE(const std::vector<store::Change> changes, coalesce(range));
    PERDURE_TRY(store_.apply({core_.epoch, core_.stored}, after, changes));
    return after;
}

bool Drain::release_step() {
    core_.mutex.give_way();
    const std::scoped_lock lock(core_.mutex);
    const Lsn through = core_.releasable();
    PERDURE_ASSERT(through <= core_.stored.lsn);  // what the store lacks stays
    const bool more = core_.pending.release_slice(through);
    core_.account();
    return more;
}

}  // namespace perdure::engine
