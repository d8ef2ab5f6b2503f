#include "store/sqlite/checked_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "store/sqlite/checksum_vfs.h"
#include "store/sqlite/page_checksum.h"

namespace perdure::store::sqlite {
namespace {

thread_local std::optional<BadPage> bad_page;

using Frame = CheckedFile::Frame;

const sqlite3_io_methods* methods_below(sqlite3_file* file) { return base_file(file)->pMethods; }

int read_below(sqlite3_file* file, std::byte* into, std::size_t bytes, std::uint64_t offset) {
    return methods_below(file)->xRead(base_file(file), into, static_cast<int>(bytes),
                                      static_cast<sqlite3_int64>(offset));
}

int report_bad_page(const CheckedFile& file, std::uint64_t page, std::uint64_t offset) {
    bad_page = BadPage{file.path, page, offset, file.is_log};
    return SQLITE_IOERR_DATA;
}

int judge_page(const CheckedFile& file, ByteSpan page, std::uint64_t offset) {
    PERDURE_ASSERT(offset % page_bytes == 0);
    const std::uint64_t number = offset / page_bytes + 1;
    PERDURE_ASSERT(number != lock_page);  // SQLite never reads it
    if (page_is_whole(page, number)) return SQLITE_OK;
    return report_bad_page(file, number, offset);
}

// SQLite takes what a file lacks for zeros, and a cell of zeros for a row. A page of ours that is
// not all there is as bad as one that is not what was written.
int judge_outcome(const CheckedFile& file, int outcome, std::uint64_t offset) {
    if (outcome != SQLITE_IOERR_SHORT_READ || !file.checked) return outcome;
    return report_bad_page(file, offset / page_bytes + 1, offset / page_bytes * page_bytes);
}

// A part of a page, as SQLite reads overflow pages past its cache: the whole page is judged.
int read_part(sqlite3_file* file, std::byte* into, std::size_t bytes, std::uint64_t offset) {
    CheckedFile& checked = *checked_file(file);
    const std::uint64_t page_at = offset / page_bytes * page_bytes;
    PERDURE_ASSERT(offset - page_at + bytes <= page_bytes);
    const int outcome = read_below(file, checked.scratch->data(), page_bytes, page_at);
    if (outcome != SQLITE_OK) return judge_outcome(checked, outcome, offset);
    std::memcpy(into, checked.scratch->data() + (offset - page_at), bytes);
    return judge_page(checked, ByteSpan(*checked.scratch).first(page_bytes), page_at);
}

int read_database(sqlite3_file* file, std::byte* into, std::size_t bytes, std::uint64_t offset) {
    CheckedFile& checked = *checked_file(file);
    const std::uint64_t in_page = offset % page_bytes;
    if (checked.checked && offset >= page_bytes && bytes < page_bytes &&
        in_page + bytes <= page_bytes) {
        return read_part(file, into, bytes, offset);
    }
    const int outcome = read_below(file, into, bytes, offset);
    if (outcome != SQLITE_OK) return judge_outcome(checked, outcome, offset);
    if (offset == 0 && !checked.checked) checked.checked = has_page_checksums({into, bytes});
    if (!checked.checked || bytes != page_bytes || in_page != 0) return SQLITE_OK;
    return judge_page(checked, {into, bytes}, offset);
}

// A page from the log. Its frame's checksum goes on from the one in the header before it.
int read_log(sqlite3_file* file, std::byte* into, std::size_t bytes, std::uint64_t offset) {
    CheckedFile& checked = *checked_file(file);
    PERDURE_ASSERT(checked.database != nullptr);
    const std::uint64_t in_frame = (offset - wal_header_bytes) % frame_bytes;
    const bool is_page = checked.database->checked && offset > wal_header_bytes &&
                         bytes == page_bytes && in_frame == frame_header_bytes &&
                         offset < checked.database->open_transaction;
    if (!is_page) return read_below(file, into, bytes, offset);

    const std::uint64_t frame_at = offset - frame_header_bytes;
    PERDURE_ASSERT(frame_at >= wal_header_bytes);
    PERDURE_ASSERT((frame_at - wal_header_bytes) % frame_bytes == 0);
    Frame& frame = *checked.scratch;
    if (const int outcome = read_below(file, frame.data(), frame.size(), frame_at);
        outcome != SQLITE_OK) {
        return outcome;
    }
    const bool is_first = frame_at == wal_header_bytes;
    const std::uint64_t before_at =
        is_first ? wal_header_checksum_at : frame_at - frame_bytes + frame_checksum_at;
    std::array<std::byte, 8> before{};
    if (const int outcome = read_below(file, before.data(), before.size(), before_at);
        outcome != SQLITE_OK) {
        return outcome;
    }
    std::memcpy(into, frame.data() + frame_header_bytes, page_bytes);
    const WalChecksum wanted =
        frame_checksum(WalChecksum::load(before.data()), ByteSpan(frame).first(frame_header_bytes),
                       ByteSpan(frame).subspan(frame_header_bytes));
    if (wanted == WalChecksum::load(frame.data() + frame_checksum_at)) return SQLITE_OK;
    return report_bad_page(checked, (frame_at - wal_header_bytes) / frame_bytes + 1, offset);
}

int file_close(sqlite3_file* file) {
    const int outcome = methods_below(file)->xClose(base_file(file));
    checked_file(file)->~CheckedFile();
    return outcome;
}

int file_read(sqlite3_file* file, void* into, int bytes, sqlite3_int64 offset) {
    PERDURE_ASSERT(bytes >= 0);
    PERDURE_ASSERT(offset >= 0);
    auto* const to = static_cast<std::byte*>(into);
    const auto size = static_cast<std::size_t>(bytes);
    const auto at = static_cast<std::uint64_t>(offset);
    return checked_file(file)->is_log ? read_log(file, to, size, at)
                                      : read_database(file, to, size, at);
}

int write_below(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    return methods_below(file)->xWrite(base_file(file), from, bytes, offset);
}

int file_write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    PERDURE_ASSERT(bytes >= 0);
    PERDURE_ASSERT(offset >= 0);
    CheckedFile& checked = *checked_file(file);
    const auto at = static_cast<std::uint64_t>(offset);
    if (checked.is_log) {
        PERDURE_ASSERT(checked.database != nullptr);
        checked.database->open_transaction = std::min(checked.database->open_transaction, at);
        return write_below(file, from, bytes, offset);
    }
    if (checked.before_copy) {
        if (const int outcome = checked.before_copy(); outcome != SQLITE_OK) return outcome;
    }
    const ByteSpan written(static_cast<const std::byte*>(from), static_cast<std::size_t>(bytes));
    if (at == 0 && !checked.checked) checked.checked = has_page_checksums(written);
    if (!checked.checked || written.size() != page_bytes || at % page_bytes != 0) {
        return write_below(file, from, bytes, offset);
    }
    MutableByteSpan page(checked.scratch->data(), page_bytes);
    std::memcpy(page.data(), written.data(), page_bytes);
    seal_page(page, at / page_bytes + 1);
    return write_below(file, page.data(), bytes, offset);
}

// Rolled back to nothing, by the journal of a first transaction that was cut short: what is read
// next is of no page.
int file_truncate(sqlite3_file* file, sqlite3_int64 bytes) {
    PERDURE_ASSERT(bytes >= 0);
    if (bytes == 0) checked_file(file)->checked = false;
    return methods_below(file)->xTruncate(base_file(file), bytes);
}

int file_sync(sqlite3_file* file, int flags) {
    return methods_below(file)->xSync(base_file(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* bytes) {
    return methods_below(file)->xFileSize(base_file(file), bytes);
}

int file_lock(sqlite3_file* file, int level) {
    return methods_below(file)->xLock(base_file(file), level);
}

int file_unlock(sqlite3_file* file, int level) {
    return methods_below(file)->xUnlock(base_file(file), level);
}

int file_check_reserved_lock(sqlite3_file* file, int* reserved) {
    return methods_below(file)->xCheckReservedLock(base_file(file), reserved);
}

int file_control(sqlite3_file* file, int operation, void* argument) {
    return methods_below(file)->xFileControl(base_file(file), operation, argument);
}

int file_sector_size(sqlite3_file* file) {
    return methods_below(file)->xSectorSize(base_file(file));
}

int file_characteristics(sqlite3_file* file) {
    int characteristics = methods_below(file)->xDeviceCharacteristics(base_file(file));
#ifdef SQLITE_IOCAP_SUBPAGE_READ
    characteristics &= ~SQLITE_IOCAP_SUBPAGE_READ;
#endif
    return characteristics;
}

int file_shm_map(sqlite3_file* file, int page, int bytes, int extend, void volatile** mapped) {
    return methods_below(file)->xShmMap(base_file(file), page, bytes, extend, mapped);
}

// The first lock byte is the writer's: held for as long as its transaction is open.
int file_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    const int outcome = methods_below(file)->xShmLock(base_file(file), offset, count, flags);
    PERDURE_ASSERT(!checked_file(file)->is_log);
    const bool is_writers = offset == 0 && (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if (outcome == SQLITE_OK && is_writers)
        checked_file(file)->open_transaction = CheckedFile::nowhere;
    return outcome;
}

void file_shm_barrier(sqlite3_file* file) { methods_below(file)->xShmBarrier(base_file(file)); }

int file_shm_unmap(sqlite3_file* file, int remove) {
    return methods_below(file)->xShmUnmap(base_file(file), remove);
}

// Mapped pages would not be judged.
int file_fetch(sqlite3_file*, sqlite3_int64, int, void** page) {
    *page = nullptr;
    return SQLITE_OK;
}

int file_unfetch(sqlite3_file*, sqlite3_int64, void*) { return SQLITE_OK; }

}  // namespace

const sqlite3_io_methods checked_file_methods = {
    3,
    file_close,
    file_read,
    file_write,
    file_truncate,
    file_sync,
    file_size,
    file_lock,
    file_unlock,
    file_check_reserved_lock,
    file_control,
    file_sector_size,
    file_characteristics,
    file_shm_map,
    file_shm_lock,
    file_shm_barrier,
    file_shm_unmap,
    file_fetch,
    file_unfetch,
};

void ask_before_copying(sqlite3* connection, std::function<int()> ask) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    PERDURE_ASSERT(file != nullptr);
    PERDURE_ASSERT(file->pMethods == &checked_file_methods);
    PERDURE_ASSERT(!checked_file(file)->is_log);
    checked_file(file)->before_copy = std::move(ask);
}

std::optional<BadPage> take_bad_page() { return std::exchange(bad_page, std::nullopt); }

}  // namespace perdure::store::sqlite
