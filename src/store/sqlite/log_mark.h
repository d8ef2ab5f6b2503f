// LogMark: how far checkpoints have begun to copy the log into the file. Written and flushed after
// the log up to there, and before the first page is copied: docs/format/sqlite.md, "The mark".
//
// SQLite uses a log up to the last commit before its first bad frame, beside whatever is in the
// file. As long as none of the frames behind that were copied nothing is amiss: the journal has
// what they held. Once some were, rows of a newer state, or of half of one, lie beside older ones,
// and SQLite can not tell. The log alone can not either: whether its frames behind the bad one were
// ever flushed, and so may have been copied, nothing in it says.
//
// A mark speaks for one use of the log. That use is over once the file has all of it, flushed, and
// nothing needs to be written to say so: the log's next header does, which SQLite flushes before
// the first frame of the next use. Only while that header is being written is it torn above frames
// that are all there and all copied; that is judged by comparing them with the file.
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
    std::uint64_t frames = 0;  // 0: nothing is marked
    WalChecksum checksum;      // the last frame's

    friend bool operator==(const LogMark&, const LogMark&) = default;
};

// What SQLite tells and asks while it commits and checkpoints, and the mark that follows from it.
class LogMarker {
public:
    // Of the database file `path`, on the VFS registered as `base`; the frames that its log has
    // committed by now.
    LogMarker(std::string base, std::string path, std::uint64_t frames);

    // After each commit: how many frames the log has.
    void committed(std::uint64_t frames) noexcept;
    // Before each page that a checkpoint copies; the log is flushed. SQLite's code: unless it is
    // SQLITE_OK, nothing may be copied. That of a failed flush says what it says for any file.
    [[nodiscard]] int before_copy();
    // What went wrong in before_copy(), once.
    [[nodiscard]] Status take_failure();

private:
    Status mark();

    const std::string base_;
    const std::string path_;
    std::uint64_t frames_;  // committed ones
    bool is_due_;           // some of them are not marked
    LogMark marked_;        // what this object has flushed
    std::unique_ptr<RawFile> file_;
    bool flush_failed_ = false;
    Status failure_;
};

// What is wrong with the log of a database file.
struct CutLog {
    std::string what;  // empty: nothing
    std::uint64_t offset = 0;
    // Nothing is, and SQLite will begin the log anew with salts that say nothing of those before.
    // First the mark must be taken back: forget_mark().
    bool mark_is_over = false;
    // The header is not whole or another one, and the file holds what every frame below it had.
    bool is_all_copied = false;
};
// Whether frames that a checkpoint may have copied cannot be used. `log` is what survey_log()
// found; `database` reads the file, which only a log without its header asks for.
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

// Nothing is marked from now on: flushed, unless nothing of this store ever is.
Status forget_mark(const std::string& base, const std::string& path, bool flushed);

}  // namespace perdure::store::sqlite
