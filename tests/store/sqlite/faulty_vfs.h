// FaultyVfs: SQLite's own VFS, whose n-th operation fails.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <sqlite3.h>

namespace perdure::store {

enum class DiskOperation { read, write, sync, truncate, open, size, remove, look, lock, map };

// Registered as "faulty", or in the place of SQLite's own if that is the name,
// for as long as it lives; one at a time.
class FaultyVfs {
public:
    explicit FaultyVfs(const char* name = "faulty");
    ~FaultyVfs();
    FaultyVfs(const FaultyVfs&) = delete;
    FaultyVfs& operator=(const FaultyVfs&) = delete;

    // From now on the `number`-th operation of this kind (1: the next) answers
    // `code`; and all after it, if `for_ever`.
    void fail(DiskOperation operation, std::uint64_t number, int code, bool for_ever = false);
    // The same for the `number`-th operation of any kind, each with the code that
    // is its own.
    void fail_any(std::uint64_t number, bool for_ever = false);
    void heal() { code_ = SQLITE_OK; }
    // Whether an operation has failed since fail().
    [[nodiscard]] bool has_failed() const { return has_failed_; }

    // What SQLite answers when this pragma is asked for, as another build of it
    // might.
    void answer_pragma(std::string name, std::string answer);
    // Called once, before the next operation of this kind is done.
    void before_next(DiskOperation operation, std::function<void()> what);

    // Files that are open through it.
    [[nodiscard]] int open_files() const { return open_files_; }

    // What the operation answers; SQLITE_OK: do it.
    int meet(DiskOperation operation);

private:
    friend struct FaultyCalls;

    sqlite3_vfs* const base_;
    std::string pragma_;
    std::string pragma_answer_;
    DiskOperation before_ = DiskOperation::read;
    std::function<void()> what_before_;
    int open_files_ = 0;
    bool any_ = false;
    DiskOperation operation_ = DiskOperation::read;
    std::uint64_t left_ = 0;
    int code_ = SQLITE_OK;
    bool for_ever_ = false;
    bool has_failed_ = false;
    sqlite3_vfs vfs_{};
};

}  // namespace perdure::store
