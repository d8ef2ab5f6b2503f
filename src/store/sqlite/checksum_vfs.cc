#include "store/sqlite/checksum_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/error.h"
#include "store/sqlite/page_checksum.h"

namespace perdure::store::sqlite {
namespace {

constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

thread_local std::optional<BadPage> bad_page;

using Frame = std::array<std::byte, frame_bytes>;

// Our part of an open file; the base's part lies behind it in the same memory.
struct CheckedFile {
    sqlite3_file head{};  // first: SQLite sees a CheckedFile as this
    const char* path = nullptr;
    bool is_log = false;
    // Database file: its header says that pages carry our checksums. Never set back.
    bool checked = false;
    // Log: the database file it belongs to.
    CheckedFile* database = nullptr;
    // Database file: where in the log the writer's open transaction begins. SQLite may write frames of
    // it again and only sets their checksums right at the commit, so that they cannot be judged yet.
    std::uint64_t open_transaction = nowhere;
    std::unique_ptr<Frame> scratch;
};

CheckedFile* ours(sqlite3_file* file) {
    return reinterpret_cast<CheckedFile*>(file);
}

sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(ours(file) + 1);
}

const sqlite3_io_methods* methods_below(sqlite3_file* file) {
    return below(file)->pMethods;
}

int read_below(sqlite3_file* file, std::byte* into, std::size_t bytes, std::uint64_t offset) {
    return methods_below(file)->xRead(below(file), into, static_cast<int>(bytes),
                                      static_cast<sqlite3_int64>(offset));
}

int report_bad_page(const CheckedFile& file, std::uint64_t page, std::uint64_t offset) {
    bad_page = BadPage{file.path, page, offset, file.is_log};
    return SQLITE_IOERR_DATA;
}

int judge_page(const CheckedFile& file, ByteSpan page, std::uint64_t offset) {
    const std::uint64_t number = offset / page_bytes + 1;
    if (number == lock_page || page_is_whole(page, number)) return SQLITE_OK;
    return report_bad_page(file, number, offset);
}

// A part of a page, as SQLite reads overflow pages past its cache: the whole page is judged.
int read_part(sqlite3_file* file, std::byte* into, std::size_t bytes, std::uint64_t offset) {
    CheckedFile& checked = *ours(file);
    const std::uint64_t page_at = offset / page_bytes * page_bytes;
    const int outcome = read_below(file, checked.scratch->data(), page_bytes, page_at);
    if (outcome != SQLITE_OK) return read_below(file, into, bytes, offset);
    std::memcpy(into, checked.scratch->data() + (offset - page_at), bytes);
    return judge_page(checked, ByteSpan(*checked.scratch).first(page_bytes), page_at);
}

int read_database(sqlite3_file* file, std::byte* into, std::size_t bytes, std::uint64_t offset) {
    CheckedFile& checked = *ours(file);
    const std::uint64_t in_page = offset % page_bytes;
    if (checked.checked && offset >= page_bytes && bytes < page_bytes && in_page + bytes <= page_bytes) {
        return read_part(file, into, bytes, offset);
    }
    const int outcome = read_below(file, into, bytes, offset);
    if (outcome != SQLITE_OK) return outcome;
    if (offset == 0 && !checked.checked) checked.checked = has_page_checksums({into, bytes});
    if (!checked.checked || bytes != page_bytes || in_page != 0) return SQLITE_OK;
    return judge_page(checked, {into, bytes}, offset);
}

// A page from the log. Its frame's checksum goes on from the one in the header before it.
int read_log(sqlite3_file* file, std::byte* into, std::size_t bytes, std::uint64_t offset) {
    CheckedFile& checked = *ours(file);
    const std::uint64_t in_frame = (offset - wal_header_bytes) % frame_bytes;
    const bool is_page = checked.database != nullptr && checked.database->checked &&
                         offset > wal_header_bytes && bytes == page_bytes &&
                         in_frame == frame_header_bytes && offset < checked.database->open_transaction;
    if (!is_page) return read_below(file, into, bytes, offset);

    const std::uint64_t frame_at = offset - frame_header_bytes;
    Frame& frame = *checked.scratch;
    if (const int outcome = read_below(file, frame.data(), frame.size(), frame_at); outcome != SQLITE_OK) {
        return outcome;
    }
    const bool is_first = frame_at == wal_header_bytes;
    const std::uint64_t before_at = is_first ? wal_header_checksum_at
                                             : frame_at - frame_bytes + frame_checksum_at;
    std::array<std::byte, 8> before{};
    if (const int outcome = read_below(file, before.data(), before.size(), before_at);
        outcome != SQLITE_OK) {
        return outcome;
    }
    std::memcpy(into, frame.data() + frame_header_bytes, page_bytes);
    const WalChecksum wanted = frame_checksum(WalChecksum::load(before.data()),
                                              ByteSpan(frame).first(frame_header_bytes),
                                              ByteSpan(frame).subspan(frame_header_bytes));
    if (wanted == WalChecksum::load(frame.data() + frame_checksum_at)) return SQLITE_OK;
    return report_bad_page(checked, (frame_at - wal_header_bytes) / frame_bytes + 1, offset);
}

int file_close(sqlite3_file* file) {
    const int outcome = methods_below(file)->xClose(below(file));
    ours(file)->~CheckedFile();
    return outcome;
}

int file_read(sqlite3_file* file, void* into, int bytes, sqlite3_int64 offset) {
    PERDURE_ASSERT(bytes >= 0 && offset >= 0);
    auto* const to = static_cast<std::byte*>(into);
    const auto size = static_cast<std::size_t>(bytes);
    const auto at = static_cast<std::uint64_t>(offset);
    return ours(file)->is_log ? read_log(file, to, size, at) : read_database(file, to, size, at);
}

int write_below(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    return methods_below(file)->xWrite(below(file), from, bytes, offset);
}

int file_write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    PERDURE_ASSERT(bytes >= 0 && offset >= 0);
    CheckedFile& checked = *ours(file);
    const auto at = static_cast<std::uint64_t>(offset);
    if (checked.is_log) {
        if (checked.database != nullptr) {
            checked.database->open_transaction = std::min(checked.database->open_transaction, at);
        }
        return write_below(file, from, bytes, offset);
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

int file_truncate(sqlite3_file* file, sqlite3_int64 bytes) {
    return methods_below(file)->xTruncate(below(file), bytes);
}

int file_sync(sqlite3_file* file, int flags) {
    return methods_below(file)->xSync(below(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* bytes) {
    return methods_below(file)->xFileSize(below(file), bytes);
}

int file_lock(sqlite3_file* file, int level) {
    return methods_below(file)->xLock(below(file), level);
}

int file_unlock(sqlite3_file* file, int level) {
    return methods_below(file)->xUnlock(below(file), level);
}

int file_check_reserved_lock(sqlite3_file* file, int* reserved) {
    return methods_below(file)->xCheckReservedLock(below(file), reserved);
}

int file_control(sqlite3_file* file, int operation, void* argument) {
    return methods_below(file)->xFileControl(below(file), operation, argument);
}

int file_sector_size(sqlite3_file* file) {
    return methods_below(file)->xSectorSize(below(file));
}

int file_characteristics(sqlite3_file* file) {
    int characteristics = methods_below(file)->xDeviceCharacteristics(below(file));
#ifdef SQLITE_IOCAP_SUBPAGE_READ
    characteristics &= ~SQLITE_IOCAP_SUBPAGE_READ;
#endif
    return characteristics;
}

int file_shm_map(sqlite3_file* file, int page, int bytes, int extend, void volatile** mapped) {
    return methods_below(file)->xShmMap(below(file), page, bytes, extend, mapped);
}

// The first lock byte is the writer's: held for as long as its transaction is open.
int file_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    const int outcome = methods_below(file)->xShmLock(below(file), offset, count, flags);
    const bool is_writers = offset == 0 && (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if (outcome == SQLITE_OK && is_writers) ours(file)->open_transaction = nowhere;
    return outcome;
}

void file_shm_barrier(sqlite3_file* file) {
    methods_below(file)->xShmBarrier(below(file));
}

int file_shm_unmap(sqlite3_file* file, int remove) {
    return methods_below(file)->xShmUnmap(below(file), remove);
}

// Mapped pages would not be judged.
int file_fetch(sqlite3_file*, sqlite3_int64, int, void** page) {
    *page = nullptr;
    return SQLITE_OK;
}

int file_unfetch(sqlite3_file*, sqlite3_int64, void*) {
    return SQLITE_OK;
}

constexpr sqlite3_io_methods file_methods = {
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

sqlite3_vfs* base_of(sqlite3_vfs* vfs) {
    return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

// `path` of a log is one that SQLite made, so that its database's file object can be asked for.
void link_log(CheckedFile& file) {
    sqlite3_file* const database = sqlite3_database_file_object(file.path);
    if (database != nullptr && database->pMethods == &file_methods) file.database = ours(database);
}

int vfs_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    const bool is_log = (flags & SQLITE_OPEN_WAL) != 0;
    if (path == nullptr || (!is_log && (flags & SQLITE_OPEN_MAIN_DB) == 0)) {
        return base_of(vfs)->xOpen(base_of(vfs), path, file, flags, out_flags);
    }
    auto* const checked = new (file) CheckedFile;
    checked->path = path;
    checked->is_log = is_log;
    checked->scratch = std::make_unique<Frame>();
    if (is_log) link_log(*checked);
    const int outcome = base_of(vfs)->xOpen(base_of(vfs), path, below(file), flags, out_flags);
    if (below(file)->pMethods == nullptr) {  // SQLite will not call xClose
        checked->~CheckedFile();
        file->pMethods = nullptr;
    } else {
        checked->head.pMethods = &file_methods;
    }
    return outcome;
}

int vfs_delete(sqlite3_vfs* vfs, const char* path, int sync_directory) {
    return base_of(vfs)->xDelete(base_of(vfs), path, sync_directory);
}

int vfs_access(sqlite3_vfs* vfs, const char* path, int flags, int* answer) {
    return base_of(vfs)->xAccess(base_of(vfs), path, flags, answer);
}

int vfs_full_path(sqlite3_vfs* vfs, const char* path, int bytes, char* into) {
    return base_of(vfs)->xFullPathname(base_of(vfs), path, bytes, into);
}

int vfs_randomness(sqlite3_vfs* vfs, int bytes, char* into) {
    return base_of(vfs)->xRandomness(base_of(vfs), bytes, into);
}

int vfs_sleep(sqlite3_vfs* vfs, int microseconds) {
    return base_of(vfs)->xSleep(base_of(vfs), microseconds);
}

int vfs_current_time(sqlite3_vfs* vfs, double* days) {
    return base_of(vfs)->xCurrentTime(base_of(vfs), days);
}

int vfs_last_error(sqlite3_vfs* vfs, int bytes, char* into) {
    return base_of(vfs)->xGetLastError(base_of(vfs), bytes, into);
}

int vfs_current_time_int64(sqlite3_vfs* vfs, sqlite3_int64* milliseconds) {
    if (base_of(vfs)->iVersion >= 2 && base_of(vfs)->xCurrentTimeInt64 != nullptr) {
        return base_of(vfs)->xCurrentTimeInt64(base_of(vfs), milliseconds);
    }
    double days = 0;
    const int outcome = vfs_current_time(vfs, &days);
    *milliseconds = static_cast<sqlite3_int64>(days * 86'400'000.0);
    return outcome;
}

}  // namespace

struct ChecksumVfs::Registration {
    std::string name;
    sqlite3_vfs vfs{};
};

Result<std::unique_ptr<ChecksumVfs>> ChecksumVfs::make(const std::string& base) {
    static std::atomic<std::uint64_t> made{0};
    if (sqlite3_initialize() != SQLITE_OK) return error(Code::io, "SQLite cannot be initialised");
    sqlite3_vfs* const found = sqlite3_vfs_find(base.c_str());
    if (found == nullptr) {
        return error(Code::invalid, "SQLite has no VFS \"{}\"; register it before opening a store", base);
    }
    auto registration = std::make_unique<Registration>();
    registration->name = text::format("perdure-{}-{}", base, made.fetch_add(1));
    sqlite3_vfs& vfs = registration->vfs;
    vfs.iVersion = 2;
    vfs.szOsFile = static_cast<int>(sizeof(CheckedFile)) + found->szOsFile;
    vfs.mxPathname = found->mxPathname;
    vfs.zName = registration->name.c_str();
    vfs.pAppData = found;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    vfs.xFullPathname = vfs_full_path;
    vfs.xRandomness = vfs_randomness;
    vfs.xSleep = vfs_sleep;
    vfs.xCurrentTime = vfs_current_time;
    vfs.xGetLastError = vfs_last_error;
    vfs.xCurrentTimeInt64 = vfs_current_time_int64;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) {
        return error(Code::io, "SQLite does not take the VFS {}", registration->name);
    }
    return std::unique_ptr<ChecksumVfs>(new ChecksumVfs(std::move(registration)));
}

ChecksumVfs::ChecksumVfs(std::unique_ptr<Registration> registration)
    : registration_(std::move(registration)) {}

ChecksumVfs::~ChecksumVfs() {
    sqlite3_vfs_unregister(&registration_->vfs);
}

const char* ChecksumVfs::name() const noexcept {
    return registration_->name.c_str();
}

std::optional<BadPage> take_bad_page() {
    return std::exchange(bad_page, std::nullopt);
}

}  // namespace perdure::store::sqlite
