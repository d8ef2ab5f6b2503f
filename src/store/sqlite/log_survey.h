// What a write-ahead log holds, judged frame by frame without SQLite: docs/format/sqlite.md, "The
// log".
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>

#include "base/bytes.h"
#include "perdure/status.h"
#include "store/sqlite/format.h"

namespace perdure::store::sqlite {

// A file of either kind of disk, io's or SQLite's. Less than was asked for: it ends there. An
// absent one is empty.
using ReadAt = std::function<Result<std::size_t>(std::uint64_t offset, MutableByteSpan into)>;

struct LogSurvey {
    bool is_empty = true;
    std::array<std::byte, wal_header_bytes> header{};
    bool header_is_whole = false;
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

Result<LogSurvey> survey_log(const ReadAt& log);

}  // namespace perdure::store::sqlite
