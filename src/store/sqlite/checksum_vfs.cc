#include "store/sqlite/checksum_vfs.h"

#include <atomic>
#include <new>
#include <utility>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/error.h"
#include "store/sqlite/checked_file.h"

namespace perdure::store::sqlite {
namespace {

sqlite3_vfs* base_of(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

// `path` of a log is one that SQLite made, so that its database's file object can be asked for.
void link_log(CheckedFile& file) {
    sqlite3_file* const database = sqlite3_database_file_object(file.path);
    PERDURE_ASSERT(database != nullptr);
    PERDURE_ASSERT(database->pMethods == &checked_file_methods);
    file.database = checked_file(database);
    PERDURE_ASSERT(!file.database->is_log);
}

int vfs_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    const bool is_log = (flags & SQLITE_OPEN_WAL) != 0;
    if (!is_log && (flags & SQLITE_OPEN_MAIN_DB) == 0) {
        return base_of(vfs)->xOpen(base_of(vfs), path, file, flags, out_flags);
    }
    PERDURE_ASSERT(path != nullptr);  // only temporary files have none
    auto* const checked = new (file) CheckedFile;
    checked->path = path;
    checked->is_log = is_log;
    if (is_log) link_log(*checked);
    const int outcome = base_of(vfs)->xOpen(base_of(vfs), path, base_file(file), flags, out_flags);
    if (base_file(file)->pMethods == nullptr) {  // SQLite will not call xClose
        checked->~CheckedFile();
        file->pMethods = nullptr;
    } else {
        checked->head.pMethods = &checked_file_methods;
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
        return error(Code::invalid, "SQLite has no VFS \"{}\"; register it before opening a store",
                     base);
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
    const int registered = sqlite3_vfs_register(&vfs, 0);
    PERDURE_ASSERT(registered == SQLITE_OK);  // it refuses none once it is initialised
    PERDURE_ASSERT(sqlite3_vfs_find(vfs.zName) == &vfs);
    return std::unique_ptr<ChecksumVfs>(new ChecksumVfs(std::move(registration)));
}

ChecksumVfs::ChecksumVfs(std::unique_ptr<Registration> registration)
    : registration_(std::move(registration)) {}

ChecksumVfs::~ChecksumVfs() { sqlite3_vfs_unregister(&registration_->vfs); }

const char* ChecksumVfs::name() const noexcept { return registration_->name.c_str(); }

}  // namespace perdure::store::sqlite
