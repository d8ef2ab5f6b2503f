// Pending: the accepted change sets that the store does not hold yet, in LSN order, and an index
// from key to every version in them for tables that are read through it.
//
// Rows of resident tables (components) are only queued: a domain's memory has their newest. Their
// batches may be let go once they are durable and read back from the journal for the drain. Indexed
// and ephemeral rows stay in memory and count against the index's limit.
//
// Thread rule: guarded by the engine's acceptance lock, except where a function says otherwise.
// Entries do not move: pointers to them live until they are released.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "engine/key_index.h"
#include "journal/journal.h"
#include "model/change_set.h"

namespace perdure::engine {

struct Entry {
    ChangeSet changes;
    std::uint64_t resident_bytes = 0;  // of the batches that may be let go
    std::uint64_t kept_bytes = 0;      // of the others
    bool let_go = false;               // the resident batches are gone from memory
    // Set when its group is durable.
    std::uint64_t epoch = 0;
    journal::GroupAddress address;
};

// Where a durable group ends: a drain may end there, and nowhere else.
struct GroupEnd {
    Lsn last = 0;
    std::uint64_t epoch = 0;
    Hash128 chain;
    bool definition = false;  // it holds one change set, which defines tables
    std::uint64_t bytes = 0;  // of the journal
};

struct RowVersion {
    const Batch* batch = nullptr;  // nullptr: the key has no version here
    std::uint32_t row = 0;
    Lsn lsn = 0;
};

struct PendingLimits {
    std::uint64_t resident_bytes_max = 256ULL << 20;
    std::uint64_t index_bytes_max = 512ULL << 20;
};

class Pending {
public:
    Pending(const PendingLimits& limits, Lsn released) : limits_(limits), released_(released) {}

    // The next change set; its LSN follows the last. Returns the entry, which stays where it is.
    Entry& push(ChangeSet changes);
    // True if a change set with so many kept bytes and indexed rows would pass the index's limit.
    [[nodiscard]] bool is_full(std::uint64_t kept_bytes, std::uint64_t indexed_rows) const;

    // The group that ends with `last` is durable.
    void group_durable(Lsn last, std::uint64_t epoch, const Hash128& chain,
                       const journal::GroupAddress& address);
    // Durable groups that are not released yet, oldest first.
    [[nodiscard]] const std::deque<GroupEnd>& groups() const noexcept { return groups_; }
    // Lets go of resident batches, oldest first, until so many bytes are left: only durable ones
    // above `keep_through`.
    void let_go(Lsn durable, Lsn keep_through, std::uint64_t bytes_max);
    // Gives back memory that nothing needs.
    void rest();

    // The newest version of a key at or below `at`.
    [[nodiscard]] RowVersion find(TableId table, std::string_view key, Lsn at) const;
    [[nodiscard]] const KeyIndex* index(TableId table) const;
    [[nodiscard]] RowVersion resolve(const Version& newest, Lsn at, Lsn above) const;

    // Releases a slice of what is at or below `through`: at most some thousand rows. True if there
    // is more.
    bool release_slice(Lsn through);

    [[nodiscard]] Entry& entry(Lsn lsn);
    [[nodiscard]] const Entry& entry(Lsn lsn) const;
    [[nodiscard]] Lsn released() const noexcept { return released_; }  // the last that is gone
    // The last of which something is gone: of one change set a part may be.
    [[nodiscard]] Lsn releasing() const noexcept {
        return released_ + (released_batch_ != 0 || released_row_ != 0 ? 1 : 0);
    }
    [[nodiscard]] Lsn last() const noexcept { return released_ + entries_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] std::uint64_t resident_bytes() const noexcept { return resident_bytes_; }
    [[nodiscard]] std::uint64_t kept_bytes() const noexcept { return kept_bytes_; }
    // Of the indexes and of what they hold.
    [[nodiscard]] std::uint64_t index_bytes() const noexcept {
        return kept_bytes_ + own_index_bytes_;
    }

private:
    void index_batches(const std::vector<Batch>& batches, std::uint32_t first, Lsn lsn);
    bool release_rows(const Batch& batch, Lsn lsn, std::uint32_t& rows_left);
    [[nodiscard]] const Batch& batch_of(const Version& version) const;

    PendingLimits limits_;
    Lsn released_;
    std::deque<Entry> entries_;    // of LSNs released_ + 1, …
    std::deque<GroupEnd> groups_;  // durable ones with something left in entries_
    std::map<TableId, std::unique_ptr<KeyIndex>> indexes_;
    std::uint64_t resident_bytes_ = 0;
    std::uint64_t kept_bytes_ = 0;
    std::uint64_t own_index_bytes_ = 0;  // of all indexes, without the rows
    Lsn let_go_through_ = 0;             // entries up to here hold no resident batches
    // How far releasing the front entry has come.
    std::uint32_t released_batch_ = 0;
    std::uint32_t released_row_ = 0;
    std::string key_;  // scratch
};

// Bytes of memory of one indexed row besides its cells: a slot and a version at typical fill.
inline constexpr std::uint64_t index_bytes_per_row = 72;

}  // namespace perdure::engine
