// LogMark: how far checkpoints have begun to copy the log into the file. Written and flushed, after
// the log up to there and before the first page is copied: docs/format/sqlite.md, "The mark".
//
// SQLite uses a log up to the last commit before its first bad frame, beside whatever is in the
// file. As long as none of the frames behind that were copied nothing is amiss: the journal has
// what they held. Once some were, rows of a newer state, or of half of one, lie beside older ones,
// and SQLite can not tell. The log alone can not either: whether its frames behind the bad one were
// ever flushed, and so may have been copied, nothing in it says.
//
// Thread rule: one thread, while nobody else writes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "io/file_system.h"
#include "perdure/status.h"
#include "store/sqlite/format.h"
#include "store/sqlite/log_survey.h"
#include "store/sqlite/page_checksum.h"
#include "store/sqlite/raw_file.h"

namespace perdure::store::sqlite {

struct LogMark {
    std::array<std::byte, wal_header_bytes> log_header{};
    std::uint64_t frames = 0;  // 0: there is no mark
    WalChecksum checksum;      // the last frame's

    friend bool operator==(const LogMark&, const LogMark&) = default;
};

// What must be true before a checkpoint may copy, in this order:
//
//     flush_log(); write(); flush();
class LogMarker {
public:
    // Of the database file `path`, on the VFS registered as `base`; the log's first frames, the
    // last of them a commit. If it is none there is nothing to mark.
    static Result<LogMarker> make(const std::string& base, const std::string& path,
                                  std::uint64_t frames);

    [[nodiscard]] const LogMark& mark() const noexcept { return mark_; }
    Status flush_log();
    Status write();
    Status flush();

private:
    LogMarker() = default;

    LogMark mark_;
    std::unique_ptr<RawFile> log_;
    std::unique_ptr<RawFile> file_;
};

// What is wrong with the log of a database file.
struct CutLog {
    std::string what;  // empty: nothing
    std::uint64_t offset = 0;
};
// Whether frames that a checkpoint may have copied cannot be used. `log` is what survey_log()
// found; `files` reads the database file, which only a log without its header asks for.
Result<CutLog> judge_cut(const LogSurvey& survey, const ReadAt& log, const ReadAt& mark,
                         const ReadAt& database);

// A file and what belongs to it, as io or SQLite's VFS shows them.
struct StoreAtRest {
    LogSurvey log;
    CutLog cut;
};
Result<StoreAtRest> look_at_log(io::FileSystem& files, const std::string& path);
Result<StoreAtRest> look_at_log(const std::string& base, const std::string& path);
// `corrupt`, with what to do, if the log is cut off before what the file has of it.
[[nodiscard]] Status refuse_cut(const StoreAtRest& found, const std::string& path);

}  // namespace perdure::store::sqlite
