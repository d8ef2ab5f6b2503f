// Journal: the append-only log of change sets. What was acknowledged is still there after a crash,
// in order, and any damage is noticed. docs/format/journal.md is the format; its rules are numbered
// J-n.
//
// One group is in flight at a time: append() writes it, flushes, and returns. While it runs the
// next one forms at the caller's. Files are prepared ahead (zero-filled, synced) and recycled once
// trimmed.
//
// Thread rule: append() and attest() by one thread at a time (the leader); prepare_step(),
// prepare(), trim(), read() and the getters from any thread, beside the leader. After a failed
// write or flush nothing more is written: every call but read() answers `read_only`. FileSystem and
// Clock must outlive the journal; of the Catalog it takes a copy of what is in force.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/budget.h"
#include "io/clock.h"
#include "io/file_system.h"
#include "model/catalog.h"
#include "model/change_set.h"

namespace perdure::journal {

enum class GroupKind : std::uint8_t;

// A header, its copy, definitions, some groups.
inline constexpr std::uint64_t file_bytes_min = 32ULL << 10;
inline constexpr std::uint64_t file_bytes_max = 64ULL << 30;  // beyond is a slip of the pen
inline constexpr std::uint32_t files_ahead_max = 64;
// Of group_bytes_max: a group is held in memory.
inline constexpr std::uint32_t group_bytes_limit = 1U << 30;

struct Options {
    std::uint64_t file_bytes = 64ULL << 20;  // of one journal file
    std::uint64_t bytes_max = 4ULL << 30;    // of all journal files together: the budget
    // Of the first one; each is four times as large as the one before, until it is file_bytes. 0:
    // file_bytes. If it is less, nothing is prepared ahead until three quarters of a file are
    // used, so that a quiet world costs no disk.
    std::uint64_t first_file_bytes = 0;
    std::uint32_t files_ahead = 2;  // prepared before they are needed
    // Of a group; a larger change set has one to itself.
    std::uint32_t group_bytes_max = 4U << 20;
    Budget* budget = nullptr;  // that journals share on disk; outlives the journal

    [[nodiscard]] Status validate() const;
};

// Where a group lies.
struct GroupAddress {
    std::uint64_t file = 0;    // its sequence number
    std::uint64_t offset = 0;  // in the file
    std::uint64_t bytes = 0;   // header, frames and padding
};

struct Appended {
    std::size_t taken = 0;  // how many of the offered change sets are in the group
    Lsn last = 0;
    Hash128 chain;  // at the end of the group
    GroupAddress address;
};

// What a new writer goes on from: recovery's findings, or all zero for a new journal.
struct Start {
    Uuid world;
    std::uint64_t epoch = 1;      // ours: greater than any before
    std::uint64_t next_file = 1;  // sequence number of the file to begin
    std::uint64_t next_group = 1;
    Lsn last = 0;
    Hash128 chain;
    std::uint64_t previous_file = 0;   // the newest file that holds something; 0: none
    std::uint64_t previous_bytes = 0;  // where its valid part ends: the cut
};

struct Statistics {
    std::uint64_t groups = 0;
    std::uint64_t frames = 0;
    std::uint64_t bytes_written = 0;   // groups and headers, padding included
    std::uint64_t bytes_prepared = 0;  // zero-filled ahead
    std::uint64_t flushes = 0;
    std::uint64_t files = 0;  // in use now
    std::uint64_t files_recycled = 0;
    std::uint64_t bytes_on_disk = 0;               // in use and prepared
    std::optional<std::uint64_t> disk_free_bytes;  // before a file was last prepared
};

class Journal {
public:
    // Begins a new file under a new epoch; never writes into blocks that an older epoch may have
    // written. `catalog` is what is in force at start.last: what stands at the head of the file.
    // `invalid` if `start` is not what recovery found in this directory. A journal beyond its
    // budget, or on a full disk, is opened with a small file, so that it can be drained and
    // trimmed.
    static Result<std::unique_ptr<Journal>> open(io::FileSystem& files, const io::Clock& clock,
                                                 std::string directory, const Options& options,
                                                 const Start& start, const Catalog& catalog);
    ~Journal();

    // Writes a prefix of `changes` (LSNs follow the last one) as one group and flushes it. A change
    // set with definitions closes its group. Room must be there: see has_room(); `busy` if it is
    // not, `invalid` if the first change set is beyond what a frame can say, and then nothing
    // happened. Every batch is of the version of its table that is in force where it stands, or of
    // one that was earlier in the same file.
    Result<Appended> append(std::span<const ChangeSet* const> changes);
    // An empty group that carries the durable watermark; nothing if that was the last thing
    // written. `busy` if there is no room for it, which is no harm.
    Status attest();

    // Whether change sets of this many encoded bytes together, of which the largest has `largest`,
    // can be appended into what is prepared, however they fall into groups. Without `largest`, one
    // of them may be all.
    [[nodiscard]] bool has_room(std::uint64_t encoded_bytes) const;
    [[nodiscard]] bool has_room(std::uint64_t encoded_bytes, std::uint64_t largest) const;
    // Makes that room now, on the caller's thread: afterwards has_room(encoded_bytes), until
    // somebody appends. `busy` if the budget forbids, `no_space` if the disk does, `invalid` if no
    // budget of this size ever could.
    Status prepare(std::uint64_t encoded_bytes);
    // Prepares files ahead, a bounded piece at a time; true if there is more to do. `busy` and
    // `no_space` are not final: try again later.
    Result<bool> prepare_step();

    // True if prepare_step() has something to do, as far as can be told at once.
    [[nodiscard]] bool wants_files() const;
    // By the leader, when it has nothing to do: memory that only a burst needed.
    void give_back_memory();

    // Files whose every LSN is at or below `safe` are recycled or removed.
    Status trim(Lsn safe);
    // The change sets of one group, checked again. `not_found` if its file was trimmed.
    Result<std::vector<ChangeSet>> read(const GroupAddress& address, const Catalog& catalog);

    [[nodiscard]] Lsn last() const noexcept { return last_.load(std::memory_order_acquire); }
    [[nodiscard]] Statistics statistics() const;

private:
    struct State;
    explicit Journal(std::unique_ptr<State> state);

    Status begin_file(std::uint64_t group_bytes);
    Result<GroupAddress> write_group(GroupKind kind, std::size_t frames, bool definitions);
    Status check_writable() const;
    Status fail(const Status& cause);

    std::unique_ptr<State> state_;
    std::atomic<Lsn> last_{0};
};

// An upper bound of what a change set takes in a group, group header and padding included.
[[nodiscard]] std::uint64_t encoded_bytes_max(const ChangeSet& changes) noexcept;

}  // namespace perdure::journal
