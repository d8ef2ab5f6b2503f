// FaultyVfs: SQLite's own VFS, whose n-th operation fails.
#pragma once

#include <cstdint>
#include <string>

#include <sqlite3.h>

namespace perdure::store {

enum class DiskOperation { read, write, sync, truncate };

// Registered as "faulty" for as long as it lives; one at a time.
class FaultyVfs {
public:
    FaultyVfs();
    ~FaultyVfs();
    FaultyVfs(const FaultyVfs&) = delete;
    FaultyVfs& operator=(const FaultyVfs&) = delete;

    // From now on the `number`-th operation of this kind (1: the next) answers `code`; and all
    // after it, if `for_ever`.
    void fail(DiskOperation operation, std::uint64_t number, int code, bool for_ever = false);
    void heal() { code_ = SQLITE_OK; }
    // Whether an operation has failed since fail().
    [[nodiscard]] bool has_failed() const { return has_failed_; }

    // What the operation answers; SQLITE_OK: do it.
    int meet(DiskOperation operation);

private:
    DiskOperation operation_ = DiskOperation::read;
    std::uint64_t left_ = 0;
    int code_ = SQLITE_OK;
    bool for_ever_ = false;
    bool has_failed_ = false;
    sqlite3_vfs vfs_{};
};

}  // namespace perdure::store
