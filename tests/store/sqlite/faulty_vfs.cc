#include "store/sqlite/faulty_vfs.h"

#include <new>

#include "base/assert.h"

namespace perdure::store {
namespace {

FaultyVfs* the_one = nullptr;

struct FaultyFile {
    sqlite3_file head{};
};

sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<FaultyFile*>(file) + 1);
}
const sqlite3_io_methods& methods(sqlite3_file* file) { return *below(file)->pMethods; }

int close_file(sqlite3_file* file) { return methods(file).xClose(below(file)); }
int read_file(sqlite3_file* file, void* into, int bytes, sqlite3_int64 offset) {
    const int code = the_one->meet(DiskOperation::read);
    return code != SQLITE_OK ? code : methods(file).xRead(below(file), into, bytes, offset);
}
// A failed write may have written a part.
int write_file(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    const int code = the_one->meet(DiskOperation::write);
    if (code == SQLITE_OK) return methods(file).xWrite(below(file), from, bytes, offset);
    methods(file).xWrite(below(file), from, bytes / 2, offset);
    return code;
}
int truncate_file(sqlite3_file* file, sqlite3_int64 bytes) {
    const int code = the_one->meet(DiskOperation::truncate);
    return code != SQLITE_OK ? code : methods(file).xTruncate(below(file), bytes);
}
int sync_file(sqlite3_file* file, int flags) {
    const int code = the_one->meet(DiskOperation::sync);
    return code != SQLITE_OK ? code : methods(file).xSync(below(file), flags);
}
int size_of_file(sqlite3_file* file, sqlite3_int64* bytes) {
    return methods(file).xFileSize(below(file), bytes);
}
int lock_file(sqlite3_file* file, int level) { return methods(file).xLock(below(file), level); }
int unlock_file(sqlite3_file* file, int level) { return methods(file).xUnlock(below(file), level); }
int check_lock(sqlite3_file* file, int* reserved) {
    return methods(file).xCheckReservedLock(below(file), reserved);
}
int control(sqlite3_file* file, int operation, void* argument) {
    return methods(file).xFileControl(below(file), operation, argument);
}
int sector_size(sqlite3_file* file) { return methods(file).xSectorSize(below(file)); }
int characteristics(sqlite3_file* file) {
    return methods(file).xDeviceCharacteristics(below(file));
}
int shm_map(sqlite3_file* file, int page, int bytes, int extend, void volatile** mapped) {
    return methods(file).xShmMap(below(file), page, bytes, extend, mapped);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return methods(file).xShmLock(below(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) { methods(file).xShmBarrier(below(file)); }
int shm_unmap(sqlite3_file* file, int remove) {
    return methods(file).xShmUnmap(below(file), remove);
}

constexpr sqlite3_io_methods faulty_methods = {
    2,         close_file,  read_file,  write_file, truncate_file, sync_file,       size_of_file,
    lock_file, unlock_file, check_lock, control,    sector_size,   characteristics, shm_map,
    shm_lock,  shm_barrier, shm_unmap,  nullptr,    nullptr,
};

sqlite3_vfs* unix_vfs() { return sqlite3_vfs_find("unix"); }

int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    auto* const faulty = new (file) FaultyFile;
    const int outcome = unix_vfs()->xOpen(unix_vfs(), path, below(file), flags, out_flags);
    if (below(file)->pMethods != nullptr) faulty->head.pMethods = &faulty_methods;
    return outcome;
}

}  // namespace

FaultyVfs::FaultyVfs() {
    PERDURE_ASSERT(the_one == nullptr);
    the_one = this;
    sqlite3_initialize();
    vfs_ = *unix_vfs();
    vfs_.pNext = nullptr;
    vfs_.zName = "faulty";
    vfs_.szOsFile += static_cast<int>(sizeof(FaultyFile));
    vfs_.xOpen = open_file;
    sqlite3_vfs_register(&vfs_, 0);
}

FaultyVfs::~FaultyVfs() {
    sqlite3_vfs_unregister(&vfs_);
    the_one = nullptr;
}

void FaultyVfs::fail(DiskOperation operation, std::uint64_t number, int code, bool for_ever) {
    operation_ = operation;
    left_ = number;
    code_ = code;
    for_ever_ = for_ever;
    has_failed_ = false;
}

int FaultyVfs::meet(DiskOperation operation) {
    if (code_ == SQLITE_OK || operation != operation_) return SQLITE_OK;
    if (left_ > 0) --left_;
    if (left_ > 0) return SQLITE_OK;
    has_failed_ = true;
    const int code = code_;
    if (!for_ever_) code_ = SQLITE_OK;
    return code;
}

}  // namespace perdure::store
