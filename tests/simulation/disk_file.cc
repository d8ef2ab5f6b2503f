#include "simulation/disk_file.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"

namespace perdure::simulation {
namespace {

// As SQLite's own VFS says of a disk that it knows nothing about.
constexpr int disk_sector_bytes = 4096;

DiskFile& disk_file(sqlite3_file* file) { return *reinterpret_cast<DiskFile*>(file); }

int close_disk_file(sqlite3_file* file) {
    DiskFile& open = disk_file(file);
    if (open.sharing) open.sharing->close(&open);
    open.~DiskFile();
    return SQLITE_OK;
}

// What is beyond the end reads as zeros, and SQLite wants to know.
int read_disk_file(sqlite3_file* file, void* into, int bytes, sqlite3_int64 offset) {
    DiskFile& open = disk_file(file);
    if (open.is_over()) return SQLITE_IOERR_READ;
    const MutableByteSpan wanted(static_cast<std::byte*>(into), static_cast<std::size_t>(bytes));
    const auto read = open.file->read_at(static_cast<std::uint64_t>(offset), wanted);
    if (!read.ok()) return open.answer(read.status(), SQLITE_IOERR_READ);
    if (*read == wanted.size()) return SQLITE_OK;
    const MutableByteSpan missing = wanted.subspan(*read);
    std::fill(missing.begin(), missing.end(), std::byte{0});
    return SQLITE_IOERR_SHORT_READ;
}

int write_disk_file(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    DiskFile& open = disk_file(file);
    if (open.is_over()) return SQLITE_IOERR_WRITE;
    const ByteSpan written(static_cast<const std::byte*>(from), static_cast<std::size_t>(bytes));
    return open.answer(open.file->write_at(static_cast<std::uint64_t>(offset), written),
                       SQLITE_IOERR_WRITE);
}

int truncate_disk_file(sqlite3_file* file, sqlite3_int64 bytes) {
    DiskFile& open = disk_file(file);
    if (open.is_over()) return SQLITE_IOERR_TRUNCATE;
    return open.answer(open.file->resize(static_cast<std::uint64_t>(bytes)), SQLITE_IOERR_TRUNCATE);
}

int sync_disk_file(sqlite3_file* file, int) { return disk_file(file).sync(); }

int size_disk_file(sqlite3_file* file, sqlite3_int64* bytes) {
    DiskFile& open = disk_file(file);
    if (open.is_over()) return SQLITE_IOERR_FSTAT;
    const auto size = open.file->size();
    if (!size.ok()) return open.answer(size.status(), SQLITE_IOERR_FSTAT);
    *bytes = static_cast<sqlite3_int64>(*size);
    return SQLITE_OK;
}

int lock_disk_file(sqlite3_file* file, int level) {
    DiskFile& open = disk_file(file);
    return open.sharing->lock(&open, level);
}

int unlock_disk_file(sqlite3_file* file, int level) {
    DiskFile& open = disk_file(file);
    open.sharing->unlock(&open, level);
    return SQLITE_OK;
}

int check_reserved_disk_file(sqlite3_file* file, int* reserved) {
    *reserved = disk_file(file).sharing->is_reserved() ? 1 : 0;
    return SQLITE_OK;
}

// Hints and questions that a disk need not understand.
int control_disk_file(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }

int sector_of_disk_file(sqlite3_file*) { return disk_sector_bytes; }

int characteristics_of_disk_file(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int map_disk_memory(sqlite3_file* file, int region, int bytes, int extend, void volatile** mapped) {
    DiskFile& open = disk_file(file);
    *mapped = open.sharing->region(&open, region, bytes, extend != 0);
    return SQLITE_OK;
}

int lock_disk_memory(sqlite3_file* file, int first, int count, int flags) {
    DiskFile& open = disk_file(file);
    return open.sharing->lock_memory(&open, first, count, flags);
}

void order_disk_memory(sqlite3_file*) {}  // one thread

int unmap_disk_memory(sqlite3_file* file, int remove) {
    DiskFile& open = disk_file(file);
    open.sharing->leave_memory(&open, remove != 0);
    return SQLITE_OK;
}

}  // namespace

int DiskFile::sync() {
    if (is_over()) return SQLITE_IOERR_FSYNC;
    if (const Status synced = file->sync(); !synced.ok()) return answer(synced, SQLITE_IOERR_FSYNC);
    if (!name_due) return SQLITE_OK;
    const Status named = vfs->files_.sync_directory(io::parent_path(path));
    if (!named.ok()) return answer(named, SQLITE_IOERR_DIR_FSYNC);
    name_due = false;
    return SQLITE_OK;
}

const sqlite3_io_methods disk_file_methods = {
    2,
    close_disk_file,
    read_disk_file,
    write_disk_file,
    truncate_disk_file,
    sync_disk_file,
    size_disk_file,
    lock_disk_file,
    unlock_disk_file,
    check_reserved_disk_file,
    control_disk_file,
    sector_of_disk_file,
    characteristics_of_disk_file,
    map_disk_memory,
    lock_disk_memory,
    order_disk_memory,
    unmap_disk_memory,
    nullptr,
    nullptr,
};

}  // namespace perdure::simulation
