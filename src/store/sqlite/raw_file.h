// RawFile: a file beside the database, by SQLite's VFS and without SQLite: the store makes no
// system calls of its own, and the disk may be a simulated one.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "perdure/status.h"

struct sqlite3_file;
struct sqlite3_vfs;

namespace perdure::store::sqlite {

// Of one read or write: SQLite never asks for more than its largest page, and its own VFS takes a
// write of 128 KiB for one of nothing, and the disk for full.
inline constexpr std::size_t raw_bytes_max = 65'536;

class RawFile {
public:
    // It is made if it is missing; then sync() makes its name durable, too.
    static Result<std::unique_ptr<RawFile>> open(sqlite3_vfs* vfs, const std::string& path);
    ~RawFile();
    RawFile(const RawFile&) = delete;
    RawFile& operator=(const RawFile&) = delete;

    Result<std::uint64_t> size();
    Status resize(std::uint64_t bytes);
    // All of `into` must be there.
    Status read_at(std::uint64_t offset, MutableByteSpan into);
    // As much of it as is there; what is not is zero.
    Result<std::size_t> read_some(std::uint64_t offset, MutableByteSpan into);
    Status write_at(std::uint64_t offset, ByteSpan bytes);
    Status sync();

private:
    RawFile(sqlite3_vfs* vfs, const std::string& path);
    [[nodiscard]] Status answer(int code, const char* doing) const;

    const std::string path_;
    const char* name_;  // the path as a VFS wants it
    std::unique_ptr<std::byte[]> memory_;
    sqlite3_file* const file_;
};

// `exists`: an empty file counts as missing.
Result<bool> raw_exists(sqlite3_vfs* vfs, const std::string& path);
// Removed for good: its directory is flushed.
Status raw_remove(sqlite3_vfs* vfs, const std::string& path);

}  // namespace perdure::store::sqlite
