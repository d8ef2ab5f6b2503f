// Store: tables that change atomically; the sink of the journal that can be read. The same
// behaviour on every back end, proven by one conformance suite. No domain appears here.
//
// Every apply is one transaction that checks the fence, changes rows and moves the watermark, whole
// or not at all. One that answers an error did nothing, unless it was its commit that failed: then
// opening the store again says whether it is there. Applying is done by one thread at a time;
// snapshots may be taken and read by any thread, each snapshot by one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/change_set.h"
#include "perdure/batch.h"
#include "perdure/status.h"
#include "perdure/table.h"

namespace perdure::store {

// The coalesced changes of one table. Keys are distinct across `erased` and `upserted` and sorted,
// except for append-only tables, which have only `upserted`, in LSN order. A batch without rows is
// left out.
struct Change {
    const TableDefinition* table = nullptr;
    std::vector<Batch> erased;
    std::vector<Batch> upserted;
};

// What the store must be at before an apply: otherwise somebody else has written, and it is
// `conflict`.
struct Fence {
    std::uint64_t owner_epoch = 0;  // ours; a store that has seen a newer one answers `conflict`
    Watermark expected;             // epoch, LSN and chain must be the store's own
};

struct Watermarks {
    Watermark visible;              // what readers see
    Lsn safe = 0;                   // what survives the store's own power failure
    std::uint64_t owner_epoch = 0;  // of the owner that took it over last
};

struct Capabilities {
    bool sql = false;         // people can ask it questions
    bool persistent = false;  // outlives the process
    std::string name;         // "sqlite 3.40.1", "memory"
    std::string durability;   // in words, for benchmarks and status
};

// A consistent view at its watermark. After snapshot_age_ns_max every call answers `expired`. A
// table that the store did not know at that watermark has no rows; columns it did not have read as
// their default. Lifetime: snapshots go before their store.
class Snapshot {
public:
    virtual ~Snapshot() = default;
    [[nodiscard]] virtual const Watermark& watermark() const = 0;
    // The rows with these keys (an erase batch of the table), those that exist, in key order.
    virtual Result<Batch> find(const TableDefinition& table, const Batch& keys) = 0;
    // Up to `limit` rows in key order, after the key at row `after_row` of `after` (null: from the
    // start).
    virtual Result<Batch> scan(const TableDefinition& table, const Batch* after,
                               std::uint32_t after_row, std::uint32_t limit) = 0;
    // The row with the greatest key, or no row.
    virtual Result<Batch> last(const TableDefinition& table) = 0;
    // How many rows the table has.
    virtual Result<std::uint64_t> count(const TableDefinition& table) = 0;
};

// A held snapshot keeps a checkpoint from completing, and pending from letting go of rows.
inline constexpr std::uint64_t snapshot_age_ns_max = 30'000'000'000;
// Each may be a connection and its page cache. One more answers `busy`.
inline constexpr std::size_t snapshots_open_max = 16;

// For people who ask in SQL: every row of `base`, with the columns of the `joined` tables as
// Table_column, NULL where a joined table has no row of the same key. All keys have the same types.
struct View {
    std::string name;
    const TableDefinition* base = nullptr;
    std::vector<const TableDefinition*> joined;
};
inline constexpr std::size_t view_tables_max = 60;  // SQLite joins at most 64 tables

class Store {
public:
    virtual ~Store() = default;

    virtual Result<Watermarks> watermarks() = 0;
    // Every version of every definition applied so far, oldest first.
    virtual Result<std::vector<TableDefinition>> definitions() = 0;

    virtual Status apply(const Fence& fence, const Watermark& after,
                         std::span<const Change> changes) = 0;
    virtual Status apply(const Fence& fence, const Watermark& after,
                         std::span<const TableDefinition> definitions) = 0;
    // Removes all rows of these tables without moving the watermark: ephemeral tables, at open.
    virtual Status empty(const Fence& fence, std::span<const TableDefinition* const> tables) = 0;
    // What removed columns of these numbers still hold in this table goes for good, and nothing
    // else changes. `invalid` for one that the version in force has.
    virtual Status drop_removed(const Fence& fence, const TableDefinition& table,
                                std::span<const std::uint16_t> numbers) = 0;
    // A new owner: later applies must come with this epoch or a newer one. `conflict` if it is not
    // newer than the last.
    virtual Status take_over(std::uint64_t owner_epoch) = 0;

    virtual Result<std::unique_ptr<Snapshot>> snapshot() = 0;
    // Capability `sql`: these, and no others, are the views from now on. `unsupported` without it.
    virtual Status declare_views(const Fence& fence, std::span<const View> views) = 0;
    // Makes what is visible safe, by the thread that applies. Does a bounded piece of work; true if
    // there is more that can be done now: what an open snapshot holds up has to wait for a later
    // call.
    virtual Result<bool> checkpoint_step() = 0;
    // Why it will take nothing more until it is opened again; ok if it will. By the thread that
    // applies.
    [[nodiscard]] virtual Status broken() const { return {}; }
    // Bytes of memory that it keeps to be quicker. By the thread that applies, as is giving them
    // back: all that it can do without.
    [[nodiscard]] virtual std::uint64_t cache_bytes() const { return 0; }
    virtual void give_back_memory() {}
    // Bytes at rest now.
    virtual Result<std::uint64_t> bytes() = 0;
    [[nodiscard]] virtual Capabilities capabilities() const = 0;
};

}  // namespace perdure::store
