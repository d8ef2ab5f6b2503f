#include "store/sqlite/faulty_vfs.h"

#include <cerrno>
#include <new>
#include <string_view>
#include <utility>

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

int code_of(DiskOperation operation) {
    switch (operation) {
        case DiskOperation::read: return SQLITE_IOERR_READ;
        case DiskOperation::write: return SQLITE_IOERR_WRITE;
        case DiskOperation::sync: return SQLITE_IOERR_FSYNC;
        case DiskOperation::truncate: return SQLITE_IOERR_TRUNCATE;
        case DiskOperation::open: return SQLITE_CANTOPEN;
        case DiskOperation::size: return SQLITE_IOERR_FSTAT;
        case DiskOperation::remove: return SQLITE_IOERR_DELETE;
        case DiskOperation::look: return SQLITE_IOERR_ACCESS;
        case DiskOperation::lock: return SQLITE_IOERR_LOCK;
        case DiskOperation::map: return SQLITE_IOERR_SHMMAP;
    }
    return SQLITE_IOERR;
}

}  // namespace

struct FaultyCalls {
    static int close_file(sqlite3_file* file) {
        --the_one->open_files_;
        return methods(file).xClose(below(file));
    }
    static int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags,
                         int* out_flags);
    static int remove_file(sqlite3_vfs*, const char* path, int) {
        const int code = the_one->meet(DiskOperation::remove);
        return code != SQLITE_OK ? code : base()->xDelete(base(), path, 0);
    }
    static int look(sqlite3_vfs*, const char* path, int flags, int* answer) {
        const int code = the_one->meet(DiskOperation::look);
        return code != SQLITE_OK ? code : base()->xAccess(base(), path, flags, answer);
    }
    static int control(sqlite3_file* file, int operation, void* argument) {
        if (operation == SQLITE_FCNTL_PRAGMA && !the_one->pragma_.empty()) {
            auto** const words = static_cast<char**>(argument);
            if (words[2] == nullptr && the_one->pragma_ == words[1]) {
                words[0] = sqlite3_mprintf("%s", the_one->pragma_answer_.c_str());
                return SQLITE_OK;
            }
        }
        return methods(file).xFileControl(below(file), operation, argument);
    }
    static sqlite3_vfs* base() { return the_one->base_; }
};

namespace {

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
// Nothing here is to survive a power failure.
int sync_file(sqlite3_file*, int) { return the_one->meet(DiskOperation::sync); }
int size_of_file(sqlite3_file* file, sqlite3_int64* bytes) {
    const int code = the_one->meet(DiskOperation::size);
    return code != SQLITE_OK ? code : methods(file).xFileSize(below(file), bytes);
}
int lock_file(sqlite3_file* file, int level) {
    const int code = the_one->meet(DiskOperation::lock);
    return code != SQLITE_OK ? code : methods(file).xLock(below(file), level);
}
int unlock_file(sqlite3_file* file, int level) { return methods(file).xUnlock(below(file), level); }
int check_lock(sqlite3_file* file, int* reserved) {
    return methods(file).xCheckReservedLock(below(file), reserved);
}
int sector_size(sqlite3_file* file) { return methods(file).xSectorSize(below(file)); }
int characteristics(sqlite3_file* file) {
    return methods(file).xDeviceCharacteristics(below(file));
}
int shm_map(sqlite3_file* file, int page, int bytes, int extend, void volatile** mapped) {
    const int code = the_one->meet(DiskOperation::map);
    return code != SQLITE_OK ? code
                             : methods(file).xShmMap(below(file), page, bytes, extend, mapped);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    const bool is_lock = (flags & SQLITE_SHM_LOCK) != 0;
    const int code = is_lock ? the_one->meet(DiskOperation::lock) : SQLITE_OK;
    return code != SQLITE_OK ? code : methods(file).xShmLock(below(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) { methods(file).xShmBarrier(below(file)); }
int shm_unmap(sqlite3_file* file, int remove) {
    return methods(file).xShmUnmap(below(file), remove);
}

constexpr sqlite3_io_methods faulty_methods = {
    2,
    FaultyCalls::close_file,
    read_file,
    write_file,
    truncate_file,
    sync_file,
    size_of_file,
    lock_file,
    unlock_file,
    check_lock,
    FaultyCalls::control,
    sector_size,
    characteristics,
    shm_map,
    shm_lock,
    shm_barrier,
    shm_unmap,
    nullptr,
    nullptr,
};

}  // namespace

int FaultyCalls::open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags,
                           int* out_flags) {
    auto* const faulty = new (file) FaultyFile;
    if (const int code = the_one->meet(DiskOperation::open); code != SQLITE_OK) return code;
    const int outcome = base()->xOpen(base(), path, below(file), flags, out_flags);
    if (below(file)->pMethods != nullptr) {
        faulty->head.pMethods = &faulty_methods;
        ++the_one->open_files_;
    }
    return outcome;
}

FaultyVfs::FaultyVfs(const char* name)
    : base_(sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find("unix") : nullptr) {
    PERDURE_ASSERT(the_one == nullptr && base_ != nullptr);
    the_one = this;
    vfs_ = *base_;
    vfs_.pNext = nullptr;
    vfs_.zName = name;
    vfs_.szOsFile += static_cast<int>(sizeof(FaultyFile));
    vfs_.xOpen = FaultyCalls::open_file;
    vfs_.xDelete = FaultyCalls::remove_file;
    vfs_.xAccess = FaultyCalls::look;
    sqlite3_vfs_register(&vfs_, std::string_view(name) == base_->zName ? 1 : 0);
}

FaultyVfs::~FaultyVfs() {
    PERDURE_ASSERT(open_files_ == 0);
    sqlite3_vfs_unregister(&vfs_);
    the_one = nullptr;
}

void FaultyVfs::fail(DiskOperation operation, std::uint64_t number, int code, bool for_ever) {
    any_ = false;
    operation_ = operation;
    left_ = number;
    code_ = code;
    for_ever_ = for_ever;
    has_failed_ = false;
}

void FaultyVfs::fail_any(std::uint64_t number, bool for_ever) {
    fail(DiskOperation::read, number, SQLITE_IOERR, for_ever);
    any_ = true;
}

void FaultyVfs::answer_pragma(std::string name, std::string answer) {
    pragma_ = std::move(name);
    pragma_answer_ = std::move(answer);
}

void FaultyVfs::before_next(DiskOperation operation, std::function<void()> what) {
    before_ = operation;
    what_before_ = std::move(what);
}

int FaultyVfs::meet(DiskOperation operation) {
    if (what_before_ && operation == before_) std::exchange(what_before_, nullptr)();
    if (code_ == SQLITE_OK || (!any_ && operation != operation_)) return SQLITE_OK;
    if (left_ > 0) --left_;
    if (left_ > 0) return SQLITE_OK;
    has_failed_ = true;
    const int code = any_ ? code_of(operation) : code_;
    if (!for_ever_) code_ = SQLITE_OK;
    errno = EIO;  // what SQLite asks for after a failure
    return code;
}

}  // namespace perdure::store
