// CheckedFile: an open database file or log, beneath SQLite and above the base VFS, that seals and
// judges pages. Only checksum_vfs.cc makes them.
//
// Thread rule: one connection, and so one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include <sqlite3.h>

#include "store/sqlite/format.h"

namespace perdure::store::sqlite {

// The base's part of the open file lies behind this, in the same memory.
struct CheckedFile {
    static constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();
    using Frame = std::array<std::byte, frame_bytes>;

    sqlite3_file head{};  // first: SQLite sees a CheckedFile as this
    const char* path = nullptr;
    bool is_log = false;
    // Database file: its header says that pages carry our checksums. Never set back.
    bool checked = false;
    // Log: the database file it belongs to, which is open for longer.
    CheckedFile* database = nullptr;
    // Database file: where in the log the writer's open transaction begins. SQLite may write frames
    // of it again and only sets their checksums right at the commit, so that they cannot be judged
    // yet.
    std::uint64_t open_transaction = nowhere;
    // Database file: asked before a page is written, which only a checkpoint does once there is a
    // log. What it answers instead of SQLITE_OK is what becomes of the write.
    std::function<int()> before_copy;
    std::unique_ptr<Frame> scratch = std::make_unique<Frame>();
};

[[nodiscard]] inline CheckedFile* checked_file(sqlite3_file* file) {
    return reinterpret_cast<CheckedFile*>(file);
}
[[nodiscard]] inline sqlite3_file* base_file(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(checked_file(file) + 1);
}

extern const sqlite3_io_methods checked_file_methods;

// Of the database file of a connection by our VFS: CheckedFile::before_copy.
void ask_before_copying(sqlite3* connection, std::function<int()> ask);

}  // namespace perdure::store::sqlite
