#include "store/sqlite/log_survey.h"

#include <array>
#include <cstring>
#include <limits>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "store/sqlite/page_checksum.h"

namespace perdure::store::sqlite {
namespace {

constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

using Salts = std::array<std::byte, 8>;

Salts salts_at(const std::byte* from) {
    Salts salts;
    std::memcpy(salts.data(), from, salts.size());
    return salts;
}

// Goes through the frames in order. The first one that does not go on from the one before it ends
// what SQLite will use; the rest is from an earlier use of the file, or a tail that was never
// committed, unless a commit of this use is found there.
class FrameJudge {
public:
    FrameJudge(const std::byte* header, LogSurvey& survey)
        : salts_(salts_at(header + wal_header_salts_at)),
          checksum_(WalChecksum::load(header + wal_header_checksum_at)),
          survey_(survey) {}

    void judge(std::uint64_t offset, ByteSpan frame) {
        PERDURE_ASSERT(frame.size() == frame_bytes);
        PERDURE_ASSERT((offset - wal_header_bytes) % frame_bytes == 0);
        const std::uint32_t commit = load_big_endian(frame.data() + frame_commit_at);
        const bool is_of_this_use = salts_at(frame.data() + frame_salts_at) == salts_;
        ++(is_of_this_use ? survey_.tail_frames : survey_.stale_frames);
        if (end_ == nowhere && is_of_this_use && is_next(frame)) {
            return add(load_big_endian(frame.data() + frame_page_at), commit);
        }
        if (end_ == nowhere) {
            end_ = offset;
            survey_.tail_is_torn = is_of_this_use;
        } else if (is_of_this_use && commit != 0 && survey_.damage.empty()) {
            survey_.damage =
                "this frame is not what was written, and commits follow it; after a power "
                "failure they may never have been flushed: then opening the world takes "
                "them from the journal";
            survey_.damage_offset = end_;
        }
    }

private:
    bool is_next(ByteSpan frame) {
        const WalChecksum wanted = frame_checksum(checksum_, frame.first(frame_header_bytes),
                                                  frame.subspan(frame_header_bytes));
        if (wanted != WalChecksum::load(frame.data() + frame_checksum_at)) return false;
        checksum_ = wanted;
        return true;
    }
    void add(std::uint32_t page, std::uint32_t commit) {
        open_.push_back(page);
        PERDURE_ASSERT(open_.size() == survey_.tail_frames);
        if (commit == 0) return;
        survey_.pages.insert(open_.begin(), open_.end());
        survey_.committed_frames += open_.size();
        survey_.tail_frames = 0;
        survey_.database_pages = commit;
        open_.clear();
    }

    const Salts salts_;
    WalChecksum checksum_;
    LogSurvey& survey_;
    std::vector<std::uint32_t> open_;  // pages of a transaction whose commit was not met yet
    std::uint64_t end_ = nowhere;      // the first frame that cannot be used
};

bool header_is_whole(ByteSpan header) {
    if (load_big_endian(header.data()) != wal_magic) return false;
    WalChecksum checksum;
    checksum.add(header.first(wal_header_checksum_at));
    return checksum == WalChecksum::load(header.data() + wal_header_checksum_at);
}

}  // namespace

Result<LogSurvey> survey_log(const ReadAt& log) {
    LogSurvey survey;
    PERDURE_TAKE(const std::size_t header_read, log(0, survey.header));
    survey.is_empty = header_read == 0;
    if (survey.is_empty) return survey;
    survey.header_is_whole = header_read == survey.header.size() && header_is_whole(survey.header);
    if (!survey.header_is_whole) {
        survey.damage =
            "the log's header is not what was written, so that none of its frames can be used";
        return survey;
    }
    FrameJudge judge(survey.header.data(), survey);
    std::uint64_t frames = 0;
    std::vector<std::byte> frame(frame_bytes);
    for (std::uint64_t offset = wal_header_bytes;; offset += frame_bytes) {
        PERDURE_TAKE(const std::size_t read, log(offset, frame));
        if (read < frame.size()) {  // cut off: a crash while the file grew
            survey.tail_is_torn = survey.tail_is_torn || read > 0;
            break;
        }
        judge.judge(offset, frame);
        ++frames;
    }
    PERDURE_ASSERT(survey.committed_frames + survey.tail_frames + survey.stale_frames == frames);
    PERDURE_ASSERT(survey.pages.size() <= survey.committed_frames);
    return survey;
}

}  // namespace perdure::store::sqlite
