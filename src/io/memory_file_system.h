// MemoryFileSystem: a disk in memory that knows what was synced. For tests, simulation and
// "memory:".
//
// Bytes written, and names created, changed or removed, are on this disk only once their file or
// directory was synced. A crash keeps what was synced and decides about the rest; everything is
// deterministic.
//
//     MemoryFileSystem disk;
//     auto captured = disk.clone();              // cheap: pages are shared until written
//     captured->crash(random);                   // the power fails here
//     recover(*captured);
//
// Thread rule: any thread; one mutex. Files and locks may outlive the MemoryFileSystem.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "io/crash_plan.h"
#include "io/file_system.h"

namespace perdure::io {

struct MemoryDisk;

// One thing that a power failure may keep or lose by itself.
struct UnsyncedPart {
    enum class Kind : unsigned char { name, length, sector };
    Kind kind;
    std::string name;      // of the file, without its directory
    std::uint64_t offset;  // of the sector; of a length, the length
};

class MemoryFileSystem final : public FileSystem {
public:
    static constexpr std::uint64_t capacity_bytes_default = std::uint64_t{1} << 40;
    static constexpr std::uint64_t file_bytes_max = std::uint64_t{1}
                                                    << 35;  // 16 B of memory a page, holes too

    MemoryFileSystem();
    ~MemoryFileSystem() override;

    Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Status create_directory(const std::string& path) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    Status remove_directory(const std::string& path) override;
    Status sync_directory(const std::string& path) override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path,
                                           std::string_view owner) override;
    Status probe_lock(const std::string& path) override;
    Result<std::uint64_t> free_bytes(const std::string& directory) override;

    // Writes that need more pages than this fail with `no_space`, having written what fits.
    void set_capacity_bytes(std::uint64_t bytes);

    // The same disk once more, with what is synced and what is not; no files are open and no locks
    // held.
    [[nodiscard]] std::unique_ptr<MemoryFileSystem> clone() const;

    // The power fails and comes back. What remains is synced. Locks are released; files that were
    // open answer `io` from now on.
    void crash(Random& random);  // as CrashPlan::draw likes
    void crash(Random& random, const CrashPlan& plan);
    void crash_losing_everything();   // all that was not synced
    void crash_keeping_everything();  // but not what lose_unsynced took
    // What may be kept or lost: changes of names, lengths, and the sectors that would change.
    [[nodiscard]] std::vector<UnsyncedPart> unsynced_parts() const;
    // Keeps just those of unsynced_parts() that are chosen; a name brings along what it needs.
    void crash_keeping(const std::vector<bool>& chosen);

    // The disk misbehaves. The file must be there and have those bytes, or the assertion fails: a
    // test that damages nothing proves nothing.
    void flip_bit(const std::string& path, std::uint64_t offset, unsigned bit);
    void write_at_rest(const std::string& path, std::uint64_t offset, ByteSpan bytes);
    void truncate_at_rest(const std::string& path, std::uint64_t bytes);
    // What a failed flush leaves behind: readers still see the unsynced bytes, no later sync brings
    // them to the disk, reading with `direct` shows that they are not there.
    void lose_unsynced(const std::string& path);

    // What a crash that loses everything would leave in this file.
    [[nodiscard]] std::vector<std::byte> read_at_rest(const std::string& path) const;

private:
    explicit MemoryFileSystem(std::shared_ptr<MemoryDisk> disk);

    std::shared_ptr<MemoryDisk> disk_;
};

}  // namespace perdure::io
