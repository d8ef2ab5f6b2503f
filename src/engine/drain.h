// Drain: carries pending into the store. A passive part: step() does one transaction, or says there
// is nothing to do; the runtime's store thread drives it, or a simulation does.
//
// A range begins after the store's watermark, ends on a group's end, is coalesced and applied in
// one transaction that also moves the watermark; a definition is applied in a transaction of its
// own.
//
// Thread rule: one thread at a time; it takes the acceptance lock shortly.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/core.h"
#include "engine/group_cursor.h"
#include "journal/journal.h"
#include "store/store.h"

namespace perdure::engine {

struct DrainStatistics {
    std::atomic<std::uint64_t> transactions{0};
    std::atomic<std::uint64_t> rows{0};
};

class Drain {
public:
    Drain(Core& core, store::Store& store, journal::Journal& journal)
        : core_(core), store_(store), journal_copies_(journal, core.catalog) {}

    // Applies one range. True if it did. A store that fails is asked again at the next step:
    // nothing is lost, the journal holds it; `conflict` is final, since somebody else owns the
    // store.
    Result<bool> step();
    // Releases what the store and every open snapshot cover. True if there is more.
    bool release_step();

    [[nodiscard]] const DrainStatistics& statistics() const noexcept { return statistics_; }

private:
    struct Range {
        Lsn first = 0;
        GroupEnd end;
        std::vector<const Entry*> entries;  // oldest first
    };

    [[nodiscard]] std::optional<Range> choose_range();
    Result<Watermark> apply(const Range& range);
    Result<Watermark> watermark_after(const Range& range);
    Status apply_definition(const Range& range, const Watermark& after);
    Result<std::vector<store::Change>> coalesce(const Range& range);

    Core& core_;
    store::Store& store_;
    DrainStatistics statistics_;
    GroupCursor journal_copies_;  // of entries whose bodies were let go
};

}  // namespace perdure::engine
