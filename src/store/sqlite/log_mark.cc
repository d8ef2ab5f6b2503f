#include "store/sqlite/log_mark.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "store/sqlite/companions.h"

namespace perdure::store::sqlite {
namespace {

constexpr std::size_t salts_bytes = 8;
// How often a log may have been begun anew since the mark: once, or as often as a program did that
// knew of no marks. Of random numbers it is one in 4096 that is taken for a later one.
constexpr std::uint32_t uses_apart_max = std::uint32_t{1} << 20;

std::uint64_t frame_at(std::uint64_t index) { return wal_header_bytes + index * frame_bytes; }

sqlite3_vfs* mark_vfs(const std::string& base) {
    sqlite3_vfs* const vfs = sqlite3_vfs_find(base.c_str());
    PERDURE_ASSERT(vfs != nullptr);  // the store is, or is about to be, open through it
    return vfs;
}

struct Slot {
    std::uint64_t sequence = 0;  // 0: nothing was written there
    LogMark mark;
};

Slot decode_slot(ByteSpan bytes) {
    Slot slot;
    const std::byte* const at = bytes.data();
    if (load_le<std::uint64_t>(at + mark_magic_at) != mark_magic) return slot;
    const auto sum = load_le<std::uint64_t>(at + mark_checksum_at);
    if (sum != checksum64(bytes.first(mark_checksum_at))) return slot;
    slot.sequence = load_le<std::uint64_t>(at + mark_sequence_at);
    slot.mark.frames = load_le<std::uint64_t>(at + mark_frames_at);
    std::memcpy(slot.mark.log_header.data(), at + mark_log_header_at, wal_header_bytes);
    slot.mark.checksum = WalChecksum::load(at + mark_frame_checksum_at);
    return slot;
}

std::uint64_t slot_at(std::uint64_t sequence, std::size_t copy) {
    return copy * mark_copy_bytes + sequence % mark_slots * mark_slot_bytes;
}

// The newest slot that is whole in one of its copies. The other one is torn, older, or never was.
Result<Slot> newest_slot(const ReadAt& mark) {
    Slot newest;
    std::array<std::byte, mark_bytes> bytes{};
    for (std::size_t index = 0; index < mark_slots * mark_copies; ++index) {
        PERDURE_TAKE(const std::size_t read,
                     mark(slot_at(index % mark_slots, index / mark_slots), bytes));
        if (read < bytes.size()) continue;
        const Slot slot = decode_slot(bytes);
        if (slot.sequence > newest.sequence) newest = slot;
    }
    return newest;
}

Status write_copies(RawFile& file, std::uint64_t sequence, ByteSpan bytes) {
    for (std::size_t copy = 0; copy < mark_copies; ++copy) {
        PERDURE_TRY(file.write_at(slot_at(sequence, copy), bytes));
    }
    return {};
}

// Over the older slot.
Status write_slot(RawFile& file, const Slot& newest, const LogMark& mark) {
    std::array<std::byte, mark_bytes> bytes{};
    const std::uint64_t sequence = newest.sequence + 1;
    // From now on no mark needs more of the disk.
    if (newest.sequence == 0) PERDURE_TRY(write_copies(file, sequence + 1, bytes));
    store_le(bytes.data() + mark_magic_at, mark_magic);
    store_le(bytes.data() + mark_sequence_at, sequence);
    store_le(bytes.data() + mark_frames_at, mark.frames);
    std::memcpy(bytes.data() + mark_log_header_at, mark.log_header.data(), wal_header_bytes);
    store_le(bytes.data() + mark_frame_checksum_at, __builtin_bswap32(mark.checksum.first));
    store_le(bytes.data() + mark_frame_checksum_at + 4, __builtin_bswap32(mark.checksum.second));
    store_le(bytes.data() + mark_checksum_at, checksum64(ByteSpan(bytes).first(mark_checksum_at)));
    return write_copies(file, sequence, bytes);
}

ReadAt reader_of(RawFile* file) {
    return [file](std::uint64_t offset, MutableByteSpan into) -> Result<std::size_t> {
        if (file == nullptr) return std::size_t{0};
        return file->read_some(offset, into);
    };
}
ReadAt reader_of(io::File* file) {
    return [file](std::uint64_t offset, MutableByteSpan into) -> Result<std::size_t> {
        if (file == nullptr) return std::size_t{0};
        return file->read_at(offset, into);
    };
}

// Whether the file has the newest page of each that the marked frames hold: then a checkpoint was
// completed there, and it needs nothing of the log. Not if one of the frames is not what it was.
class Completeness {
public:
    Completeness(const LogMark& mark, const ReadAt& log, const ReadAt& database)
        : mark_(mark), log_(log), database_(database) {}

    Result<bool> judge() {
        PERDURE_TAKE(const bool all_there, find_newest());
        if (!all_there) return false;
        std::vector<std::byte> in_log(page_bytes);
        std::vector<std::byte> in_file(page_bytes);
        for (const auto& [page, index] : newest_) {
            if (page > pages_) continue;  // the file was made shorter
            PERDURE_TRY(log_(frame_at(index) + frame_header_bytes, in_log).status());
            PERDURE_TAKE(const std::size_t read,
                         database_(std::uint64_t{page - 1} * page_bytes, in_file));
            // The last bytes are the page's checksum in the file, and nothing in the log.
            const std::size_t judged = page_bytes - reserved_bytes;
            if (read < page_bytes || std::memcmp(in_log.data(), in_file.data(), judged) != 0) {
                return false;
            }
        }
        return true;
    }

private:
    Result<bool> find_newest() {
        WalChecksum checksum = WalChecksum::load(mark_.log_header.data() + wal_header_checksum_at);
        std::vector<std::byte> frame(frame_bytes);
        const ByteSpan bytes(frame);
        for (std::uint64_t index = 0; index < mark_.frames; ++index) {
            PERDURE_TAKE(const std::size_t read, log_(frame_at(index), frame));
            if (read < frame.size()) return false;
            checksum = frame_checksum(checksum, bytes.first(frame_header_bytes),
                                      bytes.subspan(frame_header_bytes));
            if (checksum != WalChecksum::load(frame.data() + frame_checksum_at)) return false;
            const std::uint32_t page = load_big_endian(frame.data() + frame_page_at);
            if (page == 0) return false;  // untaken: SQLite numbers pages from 1
            newest_[page] = index;
            pages_ = load_big_endian(frame.data() + frame_commit_at);
        }
        return checksum == mark_.checksum;
    }

    const LogMark& mark_;
    const ReadAt& log_;
    const ReadAt& database_;
    std::unordered_map<std::uint32_t, std::uint64_t> newest_;  // page to frame
    std::uint32_t pages_ = 0;  // how many the file has after the last frame
};

// Whether a log was begun anew since: SQLite counts the first salt up whenever it does.
bool is_of_later_use(const LogSurvey& survey, const LogMark& mark) {
    if (!survey.header_is_whole) return false;
    const std::uint32_t apart = load_big_endian(survey.header.data() + wal_header_salts_at) -
                                load_big_endian(mark.log_header.data() + wal_header_salts_at);
    return apart >= 1 && apart <= uses_apart_max;
}

// Of a log whose header is not the marked one: whether a frame of the marked use is there, where it
// was marked.
Result<bool> has_marked_frames(const LogMark& mark, const ReadAt& log) {
    std::array<std::byte, frame_header_bytes> frame{};
    for (std::uint64_t index = 0; index < mark.frames; ++index) {
        PERDURE_TAKE(const std::size_t read, log(frame_at(index), frame));
        if (read < frame.size()) return false;
        if (std::memcmp(frame.data() + frame_salts_at, mark.log_header.data() + wal_header_salts_at,
                        salts_bytes) == 0) {
            return true;
        }
    }
    return false;
}

Result<StoreAtRest> look(const ReadAt& log, const ReadAt& mark, const ReadAt& database) {
    StoreAtRest found;
    PERDURE_TAKE(found.log, survey_log(log));
    PERDURE_TAKE(found.cut, judge_cut(found.log, log, mark, database));
    return found;
}

}  // namespace

LogMarker::LogMarker(std::string base, std::string path, std::uint64_t frames)
    : base_(std::move(base)), path_(std::move(path)), frames_(frames), is_due_(frames > 0) {}

void LogMarker::committed(std::uint64_t frames) noexcept {
    frames_ = frames;
    is_due_ = frames > 0;
}

int LogMarker::before_copy() {
    if (!is_due_) return SQLITE_OK;
    failure_ = mark();
    is_due_ = !failure_.ok();
    if (!is_due_) return SQLITE_OK;
    if (flush_failed_) return SQLITE_IOERR_FSYNC;
    return failure_.code() == Code::no_space ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

Status LogMarker::take_failure() { return std::exchange(failure_, Status()); }

Status LogMarker::mark() {
    sqlite3_vfs* const vfs = mark_vfs(base_);
    PERDURE_TAKE(const auto log, RawFile::open(vfs, path_ + log_ending));
    LogMark next;
    PERDURE_TRY(log->read_at(0, next.log_header));
    std::array<std::byte, frame_header_bytes> last{};
    PERDURE_TRY(log->read_at(frame_at(frames_ - 1), last));
    // Another program has copied it all, and a transaction that came to nothing has begun it anew:
    // there is nothing to copy.
    const bool commits =
        load_big_endian(last.data() + frame_commit_at) != 0 &&
        std::memcmp(last.data() + frame_salts_at, next.log_header.data() + wal_header_salts_at,
                    salts_bytes) == 0;
    if (!commits) return {};
    next.frames = frames_;
    next.checksum = WalChecksum::load(last.data() + frame_checksum_at);

    if (!file_) {
        PERDURE_TAKE(file_, RawFile::open(vfs, path_ + mark_ending));
    }
    const auto flush = [&]() -> Status {
        Status flushed = file_->sync();
        flush_failed_ = !flushed.ok();
        return flushed;
    };
    PERDURE_TAKE(const Slot newest, newest_slot(reader_of(file_.get())));
    // A process that was killed, or a write that failed, may not have flushed it, and the one
    // before it is written over.
    const bool is_flushed = marked_.frames > 0 && newest.mark == marked_;
    if (newest.sequence > 0 && !is_flushed) PERDURE_TRY(flush());
    PERDURE_TRY(write_slot(*file_, newest, next));
    PERDURE_TRY(flush());
    marked_ = next;
    return {};
}

Result<CutLog> judge_cut(const LogSurvey& survey, const ReadAt& log, const ReadAt& mark,
                         const ReadAt& database) {
    CutLog cut;
    if (survey.is_empty) return cut;  // whoever removed it had copied it
    PERDURE_TAKE(const Slot slot, newest_slot(mark));
    if (slot.sequence == 0) return cut;
    const LogMark& marked = slot.mark;
    if (seeded_bug("sqlite: a log cut off behind its file is believed")) return cut;
    if (survey.header == marked.log_header && survey.header_is_whole) {
        if (survey.committed_frames >= marked.frames) return cut;
        cut.what = text::format(
            "of the {} frames that a checkpoint has begun to copy into the file, {} can be used: "
            "what the file has of the others is newer, or half of something newer",
            marked.frames, survey.committed_frames);
        cut.offset = frame_at(survey.committed_frames);
        return cut;
    }
    if (is_of_later_use(survey, marked)) return cut;
    PERDURE_TAKE(const bool same_use, has_marked_frames(marked, log));
    if (same_use) {
        PERDURE_TAKE(const bool complete, Completeness(marked, log, database).judge());
        if (!complete) {
            cut.what = text::format(
                "the header is not the one of the {} frames that a checkpoint has begun to copy "
                "into the file, so that none can be used",
                marked.frames);
            return cut;
        }
        cut.is_all_copied = true;
    }
    // Also if it is taken back already: that may have been no more than read.
    cut.mark_is_over = same_use || !survey.header_is_whole;
    return cut;
}

Result<StoreAtRest> look_at_log(io::FileSystem& files, const std::string& path) {
    std::array<std::unique_ptr<io::File>, 3> open;
    const std::array<std::string, 3> paths{path + log_ending, path + mark_ending, path};
    for (std::size_t index = 0; index < open.size(); ++index) {
        PERDURE_TAKE(const bool there, files.exists(paths[index]));
        if (!there) continue;
        PERDURE_TAKE(open[index], files.open(paths[index], {}));
    }
    PERDURE_TAKE(StoreAtRest found, look(reader_of(open[0].get()), reader_of(open[1].get()),
                                         reader_of(open[2].get())));
    // The log is not what it will be: an opening writes it anew, and judges it then.
    PERDURE_TAKE(const bool is_noted, files.exists(path + renewal_ending));
    if (is_noted) found.cut = {};
    return found;
}

Result<StoreAtRest> look_at_log(const std::string& base, const std::string& path) {
    sqlite3_vfs* const vfs = mark_vfs(base);
    std::array<std::unique_ptr<RawFile>, 2> open;
    const std::array<std::string, 2> paths{path + log_ending, path + mark_ending};
    for (std::size_t index = 0; index < open.size(); ++index) {
        PERDURE_TAKE(const bool there, raw_exists(vfs, paths[index]));
        if (!there) continue;
        PERDURE_TAKE(open[index], RawFile::open(vfs, paths[index]));
    }
    // Closing a file ends the process's locks on it: the database's is only opened when asked for.
    std::unique_ptr<RawFile> database;
    const auto read_database = [&](std::uint64_t offset,
                                   MutableByteSpan into) -> Result<std::size_t> {
        if (!database) {
            PERDURE_TAKE(const bool there, raw_exists(vfs, path));
            if (!there) return std::size_t{0};
            PERDURE_TAKE(database, RawFile::open(vfs, path));
        }
        return database->read_some(offset, into);
    };
    return look(reader_of(open[0].get()), reader_of(open[1].get()), read_database);
}

Status refuse_cut(const StoreAtRest& found, const std::string& path) {
    if (found.cut.what.empty()) return {};
    return error(Code::corrupt,
                 "{}{} at {}: {}; see `perdure verify`, then what `perdure repair` offers", path,
                 log_ending, found.cut.offset, found.cut.what);
}

Status forget_mark(const std::string& base, const std::string& path, bool flushed) {
    if (seeded_bug("sqlite: a mark outlives its log")) return {};
    PERDURE_TAKE(const auto file, RawFile::open(mark_vfs(base), path + mark_ending));
    PERDURE_TAKE(const Slot newest, newest_slot(reader_of(file.get())));
    PERDURE_TRY(write_slot(*file, newest, {}));
    return flushed ? file->sync() : Status();
}

}  // namespace perdure::store::sqlite
