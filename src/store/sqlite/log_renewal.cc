#include "store/sqlite/log_renewal.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/error.h"
#include "store/sqlite/companions.h"
#include "store/sqlite/format.h"
#include "store/sqlite/raw_file.h"

namespace perdure::store::sqlite {
namespace {

constexpr std::uint64_t piece_bytes = raw_bytes_max;

std::string note_of(const std::string& path) { return path + renewal_ending; }

// The pieces of a file up to `bytes`, copied to `to` if there is one; its checksum.
Result<std::uint64_t> go_through(RawFile& from, std::uint64_t bytes, RawFile* to) {
    std::vector<std::byte> buffer(std::min(bytes, piece_bytes));
    std::uint64_t sum = bytes;
    for (std::uint64_t at = 0; at < bytes;) {
        const MutableByteSpan piece =
            MutableByteSpan(buffer).first(std::min(bytes - at, piece_bytes));
        PERDURE_TRY(from.read_at(at, piece));
        sum = checksum64(piece, sum);
        if (to != nullptr) PERDURE_TRY(to->write_at(at, piece));
        at += piece.size();
        PERDURE_ASSERT(at <= bytes);
    }
    return sum;
}

// How many bytes of a log the note holds; none if it is not a whole copy.
Result<std::uint64_t> copied_bytes(RawFile& note) {
    PERDURE_TAKE(const std::uint64_t size, note.size());
    if (size <= renewal_end_bytes) return 0;
    const std::uint64_t bytes = size - renewal_end_bytes;
    std::array<std::byte, renewal_end_bytes> end{};
    PERDURE_TRY(note.read_at(bytes, end));
    if (load_le<std::uint64_t>(end.data() + renewal_magic_at) != renewal_magic) return 0;
    PERDURE_TAKE(const std::uint64_t sum, go_through(note, bytes, nullptr));
    return load_le<std::uint64_t>(end.data() + renewal_checksum_at) == sum ? bytes : 0;
}

// Flushed, before a byte of the log is touched: a power failure may damage what is being written.
Status copy_log(RawFile& log, std::uint64_t bytes, RawFile& note) {
    PERDURE_TRY(note.resize(sizeof renewal_magic));  // still a note: an empty file counts as none
    PERDURE_TAKE(const std::uint64_t sum, go_through(log, bytes, &note));
    std::array<std::byte, renewal_end_bytes> end{};
    store_le(end.data() + renewal_magic_at, renewal_magic);
    store_le(end.data() + renewal_checksum_at, sum);
    PERDURE_TRY(note.write_at(bytes, end));
    return note.sync();
}

Status renew(sqlite3_vfs* vfs, const std::string& path) {
    PERDURE_TAKE(const auto note, RawFile::open(vfs, note_of(path)));
    PERDURE_TAKE(const auto log, RawFile::open(vfs, path + log_ending));
    PERDURE_TAKE(std::uint64_t bytes, copied_bytes(*note));
    if (bytes == 0) {
        PERDURE_TAKE(bytes, log->size());
        PERDURE_TRY(copy_log(*log, bytes, *note));
    }
    PERDURE_TRY(log->resize(bytes));
    PERDURE_TRY(go_through(*note, bytes, log.get()).status());
    return log->sync();
}

sqlite3_vfs* vfs_called(const std::string& base) {
    sqlite3_vfs* const vfs = sqlite3_vfs_find(base.c_str());
    PERDURE_ASSERT(vfs != nullptr);  // the store is, or is about to be, open through it
    return vfs;
}

}  // namespace

Status leave_renewal_note(const std::string& base, const std::string& path) {
    PERDURE_TAKE(const auto note, RawFile::open(vfs_called(base), note_of(path)));
    std::array<std::byte, sizeof renewal_magic> text{};
    store_le(text.data(), renewal_magic);
    return note->write_at(0, text);
}

Status renew_log(const std::string& base, const std::string& path) {
    sqlite3_vfs* const vfs = vfs_called(base);
    PERDURE_TAKE(const bool is_noted, raw_exists(vfs, note_of(path)));
    if (!is_noted) return {};
    const Status renewed = renew(vfs, path);
    if (!renewed.ok()) return renewed.with_context("writing the log anew after a failed flush");
    return raw_remove(vfs, note_of(path));
}

}  // namespace perdure::store::sqlite
