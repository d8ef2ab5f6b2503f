// FileSystem: the seam between Perdure and the disk. PosixFileSystem is the real one,
// MemoryFileSystem keeps synced and unsynced bytes apart and can crash, FaultyFileSystem wraps
// either and injects faults.
//
// Thread rule: a FileSystem may be used from any thread; a File from one thread at a time, except
// that read_at may run beside anything. Nothing here retries, except that short transfers and EINTR
// are continued.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "perdure/status.h"

namespace perdure::io {

inline constexpr std::uint64_t block_bytes = 4096;  // the unit of alignment of everything we flush

struct OpenOptions {
    bool write = false;      // read always; write only when asked
    bool create = false;     // make the file if it is missing (needs write)
    bool exclusive = false;  // with create: it must be missing
    bool direct = false;     // read past the page cache where the file system can (else as usual)
};

class File {
public:
    virtual ~File() = default;
    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    // Reads up to into.size() bytes at `offset`; returns how many there were before the end of the
    // file.
    virtual Result<std::size_t> read_at(std::uint64_t offset, MutableByteSpan into) = 0;
    // Writes all of `bytes` at `offset`, growing the file if need be. `no_space` or `io` on
    // failure.
    virtual Status write_at(std::uint64_t offset, ByteSpan bytes) = 0;
    // Returns when all bytes written so far are durable (fdatasync). A failure is final: do not
    // retry.
    virtual Status sync() = 0;
    virtual Result<std::uint64_t> size() = 0;
    virtual Status resize(std::uint64_t bytes) = 0;
};

// Held for as long as the object lives; released by the system when the process dies.
class FileLock {
public:
    virtual ~FileLock() = default;
};

class FileSystem {
public:
    virtual ~FileSystem() = default;

    virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) = 0;
    virtual Result<bool> exists(const std::string& path) = 0;
    // Names (not paths) of the entries of a directory, sorted.
    virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
    // Fine if it exists already. Parents must exist.
    virtual Status create_directory(const std::string& path) = 0;
    virtual Status rename(const std::string& from, const std::string& to) = 0;  // replaces `to`
    virtual Status remove(const std::string& path) = 0;                         // a file
    // One that is empty; `io` if it is not.
    virtual Status remove_directory(const std::string& path) = 0;
    // Makes creations, renames and removals in this directory durable.
    virtual Status sync_directory(const std::string& path) = 0;
    // Exclusive, never waits: `locked` if someone has it; the message says who, as written in the
    // file. `owner` is written into the file for others to read.
    virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path,
                                                   std::string_view owner) = 0;
    // `locked` if somebody has it, in the words of lock(); touches nothing and gets in nobody's
    // way.
    virtual Status probe_lock(const std::string& path) = 0;
    virtual Result<std::uint64_t> free_bytes(const std::string& directory) = 0;

    // How SQLite, which makes its own system calls, gets at this very disk: the name of a VFS.
    // Empty: not at all.
    [[nodiscard]] virtual std::string sqlite_vfs() const { return {}; }
};

// Reads a whole file. `limit` bounds what is believed: a larger file is `corrupt`.
Result<std::string> read_file(FileSystem& files, const std::string& path, std::uint64_t limit);

// Writes path.new, syncs it, renames it over `path`, syncs the directory: all or nothing.
Status replace_file(FileSystem& files, const std::string& directory, const std::string& name,
                    ByteSpan content);

[[nodiscard]] std::string join_path(std::string_view directory, std::string_view name);

// "shard7" for "shard7/lock"; "" (the working directory, for every FileSystem) for "shard7".
[[nodiscard]] std::string parent_path(std::string_view path);

// For those who implement FileSystem: the checks and words that all of them share.
inline constexpr std::size_t lock_owner_bytes_max =
    256;  // of the text in a lock file, when told to others
[[nodiscard]] Status validate(OpenOptions options, const std::string& path);
[[nodiscard]] Status locked_error(const std::string& path, std::string_view owner);

}  // namespace perdure::io
