#include "simulation/disk_vfs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/text.h"
#include "simulation/disk_file.h"

namespace perdure::simulation {
namespace {

constexpr int path_bytes_max = 512;
constexpr sqlite3_int64 milliseconds_before_1970 = 210'866'760'000'000;  // since SQLite's beginning

}  // namespace

// The functions that SQLite calls.
struct DiskCalls {
    static DiskVfs& of(sqlite3_vfs* vfs) { return *static_cast<DiskVfs*>(vfs->pAppData); }

    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                    int* out_flags) {
        DiskVfs& disk = of(vfs);
        file->pMethods = nullptr;  // xClose is not to be called if this fails
        if (disk.ended_) return SQLITE_CANTOPEN;
        const bool temporary = path == nullptr;
        const std::string name =
            temporary ? text::format("temporary-{}", disk.temporary_files_++) : std::string(path);
        io::FileSystem& files = temporary ? disk.temporary_ : disk.files_;
        const bool create = (flags & SQLITE_OPEN_CREATE) != 0;
        auto opened = files.open(name, {.write = (flags & SQLITE_OPEN_READWRITE) != 0,
                                        .create = create,
                                        .exclusive = (flags & SQLITE_OPEN_EXCLUSIVE) != 0});
        if (!opened.ok()) return disk.answer(opened.status(), SQLITE_CANTOPEN);
        auto* const made = new (file) DiskFile;
        made->head.pMethods = &disk_file_methods;
        made->vfs = &disk;
        made->path = name;
        made->file = *std::move(opened);
        constexpr int named_when_synced =
            SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
        made->name_due = !temporary && create && (flags & named_when_synced) != 0;
        made->sharing = disk.sharing_[name].lock();
        if (!made->sharing) {
            made->sharing = std::make_shared<FileSharing>();
            disk.sharing_[name] = made->sharing;
        }
        if (out_flags != nullptr) *out_flags = flags;
        return SQLITE_OK;
    }

    static int remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
        DiskVfs& disk = of(vfs);
        if (disk.ended_) return SQLITE_IOERR_DELETE;
        const Status removed = disk.files_.remove(path);
        if (removed.code() == Code::not_found) {
            return disk.answer(removed, SQLITE_IOERR_DELETE_NOENT);
        }
        if (!removed.ok()) return disk.answer(removed, SQLITE_IOERR_DELETE);
        if (sync_directory == 0) return SQLITE_OK;
        return disk.answer(disk.files_.sync_directory(io::parent_path(path)),
                           SQLITE_IOERR_DIR_FSYNC);
    }

    // An empty file counts as missing, as for SQLite's own VFS.
    static int access(sqlite3_vfs* vfs, const char* path, int flags, int* found) {
        DiskVfs& disk = of(vfs);
        *found = 0;
        if (disk.ended_) return SQLITE_IOERR_ACCESS;
        const auto there = disk.files_.exists(path);
        if (!there.ok()) return disk.answer(there.status(), SQLITE_IOERR_ACCESS);
        if (!*there) return SQLITE_OK;
        if (flags != SQLITE_ACCESS_EXISTS) {
            *found = 1;
            return SQLITE_OK;
        }
        const auto opened = disk.files_.open(path, {});
        if (!opened.ok()) return disk.answer(opened.status(), SQLITE_IOERR_ACCESS);
        const auto bytes = (*opened)->size();
        if (!bytes.ok()) return disk.answer(bytes.status(), SQLITE_IOERR_ACCESS);
        *found = *bytes > 0 ? 1 : 0;
        return SQLITE_OK;
    }

    static int full_path(sqlite3_vfs*, const char* path, int bytes, char* into) {
        if (std::strlen(path) >= static_cast<std::size_t>(bytes)) return SQLITE_CANTOPEN;
        std::strcpy(into, path);
        return SQLITE_OK;
    }

    static int randomness(sqlite3_vfs* vfs, int bytes, char* into) {
        of(vfs).random_.fill({reinterpret_cast<std::byte*>(into), static_cast<std::size_t>(bytes)});
        return bytes;
    }

    // There is nobody to wait for.
    static int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

    static int time(sqlite3_vfs* vfs, sqlite3_int64* milliseconds) {
        *milliseconds = milliseconds_before_1970 + of(vfs).clock_.wall_us() / 1000;
        return SQLITE_OK;
    }

    static int time_in_days(sqlite3_vfs* vfs, double* days) {
        sqlite3_int64 milliseconds = 0;
        time(vfs, &milliseconds);
        *days = static_cast<double>(milliseconds) / 86'400'000.0;
        return SQLITE_OK;
    }

    static int last_error(sqlite3_vfs* vfs, int, char*) { return of(vfs).last_error_; }
};

DiskVfs::DiskVfs(io::FileSystem& files, const io::Clock& clock, std::uint64_t seed)
    : files_(files), clock_(clock), random_(seed), vfs_(std::make_unique<sqlite3_vfs>()) {
    static std::atomic<std::uint64_t> made{0};
    name_ = text::format("disk-{}", made.fetch_add(1));
    PERDURE_ASSERT(sqlite3_initialize() == SQLITE_OK);
    vfs_->iVersion = 2;
    vfs_->szOsFile = static_cast<int>(sizeof(DiskFile));
    vfs_->mxPathname = path_bytes_max;
    vfs_->zName = name_.c_str();
    vfs_->pAppData = this;
    vfs_->xOpen = DiskCalls::open;
    vfs_->xDelete = DiskCalls::remove;
    vfs_->xAccess = DiskCalls::access;
    vfs_->xFullPathname = DiskCalls::full_path;
    vfs_->xRandomness = DiskCalls::randomness;
    vfs_->xSleep = DiskCalls::sleep;
    vfs_->xCurrentTime = DiskCalls::time_in_days;
    vfs_->xGetLastError = DiskCalls::last_error;
    vfs_->xCurrentTimeInt64 = DiskCalls::time;
    PERDURE_ASSERT(sqlite3_vfs_register(vfs_.get(), 0) == SQLITE_OK);
}

DiskVfs::~DiskVfs() {
    const bool all_closed = std::all_of(sharing_.begin(), sharing_.end(),
                                        [](const auto& file) { return file.second.expired(); });
    PERDURE_ASSERT(all_closed);
    sqlite3_vfs_unregister(vfs_.get());
}

int DiskVfs::answer(const Status& status, int code) {
    if (status.ok()) return SQLITE_OK;
    switch (status.code()) {
        case Code::no_space: last_error_ = ENOSPC; break;
        case Code::not_found: last_error_ = ENOENT; break;
        default: last_error_ = EIO; break;
    }
    const bool full = status.code() == Code::no_space && code != SQLITE_CANTOPEN;
    return full ? SQLITE_FULL : code;
}

void seed_sqlite(std::uint64_t seed) {
    // 0 would give the choice back to SQLite.
    const auto number = static_cast<int>((seed ^ (seed >> 32)) & 0x7fffffff) | 1;
    const int outcome =
        sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, number, static_cast<sqlite3*>(nullptr));
    PERDURE_ASSERT(outcome == SQLITE_OK);
}

}  // namespace perdure::simulation
