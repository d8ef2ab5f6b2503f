// JournalEnd: what somebody who has read docs/format/journal.md and nothing else can say about the
// end of a journal: where its last group is, and which LSN its headers attest. Shares no code with
// the journal's but the hash function.
//
// Thread rule: pure functions on a disk that nobody writes to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "io/memory_file_system.h"
#include "model/change_set.h"

namespace perdure::simulation {

struct GroupPlace {
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;  // whole blocks
    Lsn first = 0;
    Lsn last = 0;
};

// The data group that begins with this LSN; of several the one of the newest epoch. Nothing: there
// is none, at its own place.
[[nodiscard]] std::optional<GroupPlace> find_group(io::MemoryFileSystem& disk, Lsn first);

// The highest durable LSN in any header, of a file or a group, whose checksum is right.
[[nodiscard]] Lsn highest_attested(io::MemoryFileSystem& disk);

}  // namespace perdure::simulation
