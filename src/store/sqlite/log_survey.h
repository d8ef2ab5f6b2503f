// What a write-ahead log holds, judged frame by frame without SQLite: docs/format/sqlite.md, "The
// log".
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "io/file_system.h"
#include "perdure/status.h"

namespace perdure::store::sqlite {

struct LogSurvey {
    std::uint64_t bytes = 0;
    std::uint64_t committed_frames = 0;  // those that SQLite will use
    std::uint64_t stale_frames = 0;      // of an earlier use of the file: they mean nothing
    std::uint64_t tail_frames = 0;       // of this use, after the last good commit
    bool tail_is_torn = false;  // a frame of the tail is not whole: cut off by a crash, or damaged
    // Not empty: frames that were committed cannot be used. What, and where.
    std::string damage;
    std::uint64_t damage_offset = 0;
    std::unordered_set<std::uint32_t> pages;  // whose newest content is in the log
    std::uint32_t database_pages = 0;  // how many there are after the last commit; 0: no commit
};

// An absent log is an empty one.
Result<LogSurvey> survey_log(io::FileSystem& files, const std::string& path);

}  // namespace perdure::store::sqlite
