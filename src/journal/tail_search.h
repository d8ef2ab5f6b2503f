// Tail search: what lies behind the last valid group, block by block. docs/format/journal.md, "The
// end of the journal" and rule J-12.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <string>

#include "journal/file_reader.h"
#include "journal/group_scanner.h"

namespace perdure::journal {

// The end to be judged, and the file that is searched for what should not be behind it.
struct TailQuery {
    std::uint64_t world_tag = 0;
    std::uint64_t epoch = 0;            // older ones are of a former life
    std::uint64_t last_group = 0;       // the last valid one
    const GroupScanner* end = nullptr;  // stands behind that one; null: there is none
    std::uint64_t file = 0;             // the one that is searched
};

struct TailFound {
    bool later = false;
    std::string where;  // the first of it, in words
    Lsn later_lsn = 0;  // the first LSN of that
    Lsn durable = 0;    // the highest durable LSN in any later header
    bool unreadable = false;
    std::uint64_t nonzero_end =
        0;  // behind the last block of this file that is not zero; 0: all are

    // Adds what was found in another file; nonzero_end stays.
    void add(const TailFound& other);
};

// Searches [from, to) of query.file.
Result<TailFound> search_tail(FileReader& reader, std::uint64_t from, std::uint64_t to,
                              const TailQuery& query);

}  // namespace perdure::journal
