// SQLite's write-ahead log, judged without SQLite: as it is, and again with its checksums put
// right. Input: the log's header (32 bytes), then frames: header (24 bytes), a piece (its length,
// its bytes) with which its page begins; the rest of the page is zeros. A last frame that is cut
// off stays so.
#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "fuzz/target.h"
#include "io/memory_file_system.h"
#include "store/sqlite/format.h"
#include "store/sqlite/log_survey.h"
#include "store/sqlite/page_checksum.h"

namespace perdure::fuzz {
namespace {

namespace sqlite = store::sqlite;

constexpr std::size_t log_frames_max = 16;

std::vector<std::byte> log_of(ByteSpan bytes) {
    Input input(bytes);
    std::vector<std::byte> log = copy_of(input.take(sqlite::wal_header_bytes));
    for (std::size_t count = 0; !input.empty() && count < log_frames_max; ++count) {
        const ByteSpan header = input.take(sqlite::frame_header_bytes);
        log.insert(log.end(), header.begin(), header.end());
        if (header.size() < sqlite::frame_header_bytes) break;
        const ByteSpan page = input.short_piece();
        log.insert(log.end(), page.begin(), page.end());
        log.resize(log.size() + sqlite::page_bytes - page.size());
    }
    return log;
}

void store_big_endian(std::byte* to, const sqlite::WalChecksum& sum) {
    store_le(to, __builtin_bswap32(sum.first));
    store_le(to + 4, __builtin_bswap32(sum.second));
}

// Of frames of this use of the log only: others must stay what they are.
void seal_log(std::vector<std::byte>& log) {
    if (log.size() < sqlite::wal_header_bytes) return;
    store_le(log.data(), __builtin_bswap32(sqlite::wal_magic));
    sqlite::WalChecksum sum;
    sum.add(ByteSpan(log).first(sqlite::wal_header_checksum_at));
    store_big_endian(log.data() + sqlite::wal_header_checksum_at, sum);
    const std::byte* const salts = log.data() + sqlite::wal_header_salts_at;
    for (std::size_t at = sqlite::wal_header_bytes; at + sqlite::frame_bytes <= log.size();
         at += sqlite::frame_bytes) {
        const ByteSpan frame = ByteSpan(log).subspan(at, sqlite::frame_bytes);
        if (std::memcmp(frame.data() + sqlite::frame_salts_at, salts, 8) != 0) return;
        sum = sqlite::frame_checksum(sum, frame.first(sqlite::frame_header_bytes),
                                     frame.subspan(sqlite::frame_header_bytes));
        store_big_endian(log.data() + at + sqlite::frame_checksum_at, sum);
    }
}

Outcome survey_of(const std::vector<std::byte>& log) {
    io::MemoryFileSystem disk;
    const auto file = disk.open("store-wal", {.write = true, .create = true});
    PERDURE_ASSERT(file.ok() && (log.empty() || (*file)->write_at(0, log).ok()));
    const auto survey = sqlite::survey_log(
        [&](std::uint64_t offset, MutableByteSpan into) { return (*file)->read_at(offset, into); });
    PERDURE_ASSERT(survey.ok());
    const std::uint64_t frames =
        log.size() < sqlite::wal_header_bytes
            ? 0
            : (log.size() - sqlite::wal_header_bytes) / sqlite::frame_bytes;
    PERDURE_ASSERT(survey->committed_frames + survey->tail_frames + survey->stale_frames <= frames);
    PERDURE_ASSERT(survey->pages.size() <= survey->committed_frames);
    PERDURE_ASSERT((survey->committed_frames == 0) == (survey->database_pages == 0));
    PERDURE_ASSERT(survey->damage_offset < std::max<std::uint64_t>(1, log.size()));
    return survey->committed_frames > 0 && survey->damage.empty() ? Outcome::taken
                                                                  : Outcome::refused;
}

}  // namespace

Outcome store_log(ByteSpan input) {
    std::vector<std::byte> log = log_of(input);
    const Outcome as_it_is = survey_of(log);
    seal_log(log);
    static_cast<void>(survey_of(log));
    return as_it_is;
}

}  // namespace perdure::fuzz
