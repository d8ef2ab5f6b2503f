// Health: how a world is, in numbers and words. Cheap enough to ask every tick.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "perdure/status.h"

namespace perdure {

struct Health {
    Status trouble;           // ok, or why the world is read-only or its store is behind
    bool read_only = false;   // no more commits until it is opened again
    std::uint64_t epoch = 0;  // of this ownership

    std::uint64_t accepted_lsn = 0;     // the newest change set
    std::uint64_t durable_lsn = 0;      // flushed
    std::uint64_t stored_lsn = 0;       // visible in the store
    std::uint64_t safe_lsn = 0;         // survives the store's own power failure
    std::optional<std::uint64_t> tick;  // the last one accepted

    std::uint64_t pending_changes = 0;  // change sets that the store does not hold yet
    std::uint64_t pending_bytes = 0;    // of memory
    std::uint64_t index_bytes = 0;      // of the pending index
    // Of the runtime's budgets, what falls to this world while all are busy; the world's own limits
    // where it has no runtime in common with others.
    std::uint64_t pending_share_bytes = 0;
    std::uint64_t index_share_bytes = 0;
    std::uint64_t journal_share_bytes = 0;
    std::uint64_t worlds = 0;         // that share them, this one included
    std::uint64_t journal_bytes = 0;  // on disk, prepared files included
    std::uint64_t journal_files = 0;
    std::uint64_t store_bytes = 0;  // on disk
    // When the journal last prepared a file, which fails where they are too few. It is not asked
    // for here: health() must not hang where the disk does.
    std::optional<std::uint64_t> disk_free_bytes;
    std::uint64_t refused_busy = 0;   // commits refused so far because a limit was reached
    std::uint64_t prepare_waits = 0;  // commits that had to prepare journal files themselves
    // Since opening: ticks' results that were graded alarm, and change sets that an invariant
    // refused. See validation.h.
    std::uint64_t invariant_alarms = 0;

    std::uint64_t drains = 0;        // transactions applied to the store
    std::uint64_t rows_drained = 0;  // after coalescing
    std::uint64_t journal_groups = 0;
    std::uint64_t journal_bytes_written = 0;
    std::uint64_t journal_bytes_prepared = 0;
    std::uint64_t flush_us_last = 0;  // the last journal write and flush
    std::string store;                // "sqlite 3.40.1"
};
// Several lines: the state, how far each part is and behind by how much, what is used of what.
[[nodiscard]] std::string to_text(const Health& health);

}  // namespace perdure
