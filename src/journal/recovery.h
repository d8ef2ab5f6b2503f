// Recovery: reads a journal past the page cache, checks every byte it relies on, and judges its end
// by a decision table that is data (docs/format/journal.md, "The end of the journal").
//
// Thread rule: one thread, with nobody writing. Changes nothing on disk; cutting is a step of its
// own. An owner's recovery first flushes the directory and the newest file, so that it never builds
// on bytes that only the page cache holds; an onlooker's opens nothing for writing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace perdure::journal {

struct GroupFound {
    GroupAddress address;
    std::uint64_t epoch = 0;
    std::uint64_t group = 0;
    Lsn last = 0;
    Hash128 chain;
    std::vector<ChangeSet> changes;
};
using Visitor = std::function<Status(GroupFound&&)>;

enum class Ending : std::uint8_t { clean, torn };  // damage is an error, not an ending

struct Findings {
    bool empty = true;        // no journal file at all
    Lsn first = 0;            // the oldest LSN that is still there; last + 1 if none is
    Lsn last = 0;             // the newest valid one
    Lsn attested = 0;         // the highest durable watermark seen
    std::uint64_t epoch = 0;  // the highest seen
    std::uint64_t next_file = 1;
    std::uint64_t next_group = 1;
    Hash128 chain;  // at `last`
    Ending ending = Ending::clean;
    GroupAddress torn;              // what a torn ending left: to be copied to quarantine
    std::uint64_t newest_file = 0;  // that holds something; 0: none
    std::uint64_t valid_bytes = 0;  // where its valid part ends
    std::uint64_t bytes_read = 0;
    std::vector<std::string> remarks;  // plain words about everything unusual

    // From here a writer goes on, under the next epoch.
    [[nodiscard]] Start start(const Uuid& world) const;
};

// Scans the journal. Definitions found on the way are added to `catalog`; change sets above
// `from.lsn` are decoded and given to `visit` group by group, in order. `corrupt` names file,
// offset and LSN range when acknowledged data is damaged, when `from` is not in the journal's
// history (other chain, other epoch, ahead of its end), or when the LSN after `from.lsn` is no
// longer there; an empty journal is never an error here. A watermark of LSN 0 is before everything.
// `from` must end a group; its epoch may be newer than that group's. `unsupported`: a newer format.
// `io`: what matters cannot be read.
enum class Access : std::uint8_t { owner, onlooker };
Result<Findings> recover(io::FileSystem& files, const std::string& directory, const Uuid& world,
                         const Watermark& from, Catalog& catalog, const Visitor& visit,
                         Access access = Access::owner);

// Why a journal is refused, for those who offer remedies: the ending's verdict, or how the store
// does not fit it.
enum class Fault : std::uint8_t {
    none,
    newer,
    foreign,
    missing,
    damaged,
    unreadable,
    behind,  // the store: LSNs that it needs are no longer there
    ahead,   // the store: the journal ends before it
    apart,   // the store: another history
    other,   // the visitor's refusal, or the disk's: says nothing of the journal
};

struct Assessment {
    Status status;  // what recover() answers
    Fault fault = Fault::none;
    // After a refusal: up to where everything is valid (last, chain, next_group, newest_file,
    // valid_bytes; newest_file is 0 if not even the first file could be begun).
    Findings findings;
};
// As an onlooker's recover(), by the same code.
Assessment assess(io::FileSystem& files, const std::string& directory, const Uuid& world,
                  const Watermark& from, Catalog& catalog, const Visitor& visit);

// Copies what a torn ending left to `quarantine`, synced. The writer then begins a new file, whose
// header names the cut, so that the torn bytes are never read as data again.
Status quarantine_torn(io::FileSystem& files, const std::string& directory,
                       const std::string& quarantine, const Findings& findings);

}  // namespace perdure::journal
