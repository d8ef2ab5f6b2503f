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

// The newest slot that is whole. The other one is torn, older, or never was.
Result<Slot> newest_slot(const ReadAt& mark) {
    Slot newest;
    std::array<std::byte, mark_bytes> bytes{};
    for (std::size_t index = 0; index < mark_slots; ++index) {
        PERDURE_TAKE(const std::size_t read, mark(index * mark_slot_bytes, bytes));
        if (read < bytes.size()) continue;
        const Slot slot = decode_slot(bytes);
        if (slot.sequence > newest.sequence) newest = slot;
    }
    return newest;
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
            if (page == 0) return false;
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

// Of a log whose header is not the marked one: whether its frames are those of the marked use. Then
// the header is what is wrong, or it was being written: SQLite begins a log anew at its header,
// above frames that are all in the file.
Result<bool> has_marked_frames(const LogMark& mark, const ReadAt& log) {
    std::array<std::byte, frame_header_bytes> first{};
    PERDURE_TAKE(const std::size_t read, log(frame_at(0), first));
    return read == first.size() &&
           std::memcmp(first.data() + frame_salts_at, mark.log_header.data() + wal_header_salts_at,
                       salts_bytes) == 0;
}

Result<StoreAtRest> look(const ReadAt& log, const ReadAt& mark, const ReadAt& database) {
    StoreAtRest found;
    PERDURE_TAKE(found.log, survey_log(log));
    PERDURE_TAKE(found.cut, judge_cut(found.log, log, mark, database));
    return found;
}

}  // namespace

Result<LogMarker> LogMarker::make(const std::string& base, const std::string& path,
                                  std::uint64_t frames) {
    PERDURE_ASSERT(frames > 0);
    LogMarker marker;
    sqlite3_vfs* const vfs = mark_vfs(base);
    PERDURE_TAKE(marker.log_, RawFile::open(vfs, path + log_ending));
    PERDURE_TAKE(marker.file_, RawFile::open(vfs, path + mark_ending));
    PERDURE_TRY(marker.log_->read_at(0, marker.mark_.log_header));
    std::array<std::byte, frame_header_bytes> last{};
    PERDURE_TRY(marker.log_->read_at(frame_at(frames - 1), last));
    // Not a commit of this use: the log was begun anew by a transaction that came to nothing.
    const bool commits =
        load_big_endian(last.data() + frame_commit_at) != 0 &&
        std::memcmp(last.data() + frame_salts_at,
                    marker.mark_.log_header.data() + wal_header_salts_at, salts_bytes) == 0;
    if (!commits) return marker;
    marker.mark_.frames = frames;
    marker.mark_.checksum = WalChecksum::load(last.data() + frame_checksum_at);
    return marker;
}

Status LogMarker::flush_log() { return log_->sync(); }

Status LogMarker::write() {
    PERDURE_TAKE(const Slot before, newest_slot(reader_of(file_.get())));
    std::array<std::byte, mark_bytes> bytes{};
    const std::uint64_t sequence = before.sequence + 1;
    store_le(bytes.data() + mark_magic_at, mark_magic);
    store_le(bytes.data() + mark_sequence_at, sequence);
    store_le(bytes.data() + mark_frames_at, mark_.frames);
    std::memcpy(bytes.data() + mark_log_header_at, mark_.log_header.data(), wal_header_bytes);
    store_le(bytes.data() + mark_frame_checksum_at, __builtin_bswap32(mark_.checksum.first));
    store_le(bytes.data() + mark_frame_checksum_at + 4, __builtin_bswap32(mark_.checksum.second));
    store_le(bytes.data() + mark_checksum_at, checksum64(ByteSpan(bytes).first(mark_checksum_at)));
    return file_->write_at(sequence % mark_slots * mark_slot_bytes, bytes);
}

Status LogMarker::flush() { return file_->sync(); }

Result<CutLog> judge_cut(const LogSurvey& survey, const ReadAt& log, const ReadAt& mark,
                         const ReadAt& database) {
    CutLog nothing;
    if (survey.is_empty) return nothing;
    PERDURE_TAKE(const Slot slot, newest_slot(mark));
    if (slot.sequence == 0) return nothing;
    const LogMark& marked = slot.mark;
    if (seeded_bug("sqlite: a log cut off behind its file is believed")) return nothing;
    if (survey.header == marked.log_header) {
        if (survey.committed_frames >= marked.frames) return nothing;
        return CutLog{
            text::format("of the {} frames that a checkpoint has begun to copy into the file, "
                         "{} can be used: what the file has of the others is newer, or "
                         "half of something newer",
                         marked.frames, survey.committed_frames),
            frame_at(survey.committed_frames)};
    }
    PERDURE_TAKE(const bool same_use, has_marked_frames(marked, log));
    if (!same_use) return nothing;  // begun anew, and so copied to its end before
    PERDURE_TAKE(const bool complete, Completeness(marked, log, database).judge());
    if (complete) return nothing;
    return CutLog{text::format("the header is not the one of the {} frames that a checkpoint has "
                               "begun to copy into the file, so that none can be used",
                               marked.frames),
                  0};
}

Result<StoreAtRest> look_at_log(io::FileSystem& files, const std::string& path) {
    std::array<std::unique_ptr<io::File>, 3> open;
    const std::array<std::string, 3> paths{path + log_ending, path + mark_ending, path};
    for (std::size_t index = 0; index < open.size(); ++index) {
        PERDURE_TAKE(const bool there, files.exists(paths[index]));
        if (!there) continue;
        PERDURE_TAKE(open[index], files.open(paths[index], {}));
    }
    return look(reader_of(open[0].get()), reader_of(open[1].get()), reader_of(open[2].get()));
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

}  // namespace perdure::store::sqlite
