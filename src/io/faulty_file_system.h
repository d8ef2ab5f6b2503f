// FaultyFileSystem: wraps another FileSystem, counts what is done to it, and makes chosen
// operations fail.
//
//     FaultyFileSystem faulty(disk);
//     faulty.inject({.kind = OperationKind::sync, .at = 3, .type = FaultType::fail_io});
//     faulty.on_operation = [&](const Operation&) { captured.push_back(disk.clone()); };
//
// To try every operation of a workload: run it once, ask operation_count(), then run it again with
// a crash_point at 1, 2, … that many.
//
// Thread rule: any thread, as FileSystem; on_operation is called from them all, and is set before
// the first. It must outlive its files, and the wrapped FileSystem must outlive it.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>

#include "io/file_system.h"

namespace perdure::io {

enum class OperationKind : unsigned char {
    open,
    exists,
    list,
    create_directory,
    rename,
    remove,
    sync_directory,
    lock,
    free_bytes,  // of names
    read,
    write,
    sync,
    size,
    resize,  // of a file
};

inline constexpr std::size_t operation_kind_count = 14;

[[nodiscard]] std::string_view operation_name(OperationKind kind) noexcept;

struct Operation {
    OperationKind kind;
    std::uint64_t index = 0;        // 1 for the first operation of this FaultyFileSystem
    std::string_view path = {};     // of a rename, the old one
    std::string_view path_to = {};  // of a rename, the new one
    std::uint64_t offset = 0;       // of a read or write
    std::uint64_t bytes = 0;        // of a read, write or resize
};

enum class FaultType : unsigned char {
    fail_io,        // `io`, and nothing is done
    fail_no_space,  // `no_space`, and nothing is done
    short_write,    // a write writes half of its bytes, then `io`; others as fail_io
    crash_point,    // the power is gone: this operation and all later ones are `io`, and nothing is
                    // done
    lost_write,     // a write is not done and OK; others are done
    misplaced_write,  // a write is done one block further on and OK; others are done
    cut_transfer,  // a read or write is done in two halves, the second an operation of its own, as
                   // a system call that was cut short and continued; others are done
};

struct Fault {
    std::optional<OperationKind> kind = std::nullopt;  // any if missing
    std::uint64_t at = 1;  // the how manyth operation of that kind and path, from inject() on
    FaultType type = FaultType::fail_io;
    bool from_then_on = false;   // that one and all later ones
    std::string path_part = {};  // only of paths that contain this
};

class FaultyFileSystem final : public FileSystem {
public:
    explicit FaultyFileSystem(FileSystem& inner) : inner_(inner) {}

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
    // SQLite's operations pass by here if the inner disk's VFS does not lead here.
    [[nodiscard]] std::string sqlite_vfs() const override { return inner_.sqlite_vfs(); }

    // Called before each operation, and before its faults are looked up; it may call inject().
    std::function<void(const Operation&)> on_operation;

    void inject(Fault fault);
    void clear_faults();
    void stop();  // the power is gone, now
    [[nodiscard]] bool stopped() const;

    [[nodiscard]] std::uint64_t operation_count() const;
    [[nodiscard]] std::uint64_t operation_count(OperationKind kind) const;

    // Every sync, of files and directories, takes this much longer. For benchmarks: it really
    // sleeps.
    void set_sync_delay_ns(std::uint64_t nanoseconds);

private:
    class FaultyFile;
    struct Armed {
        Fault fault;
        std::uint64_t seen;  // operations of its kind and path
    };
    enum class Way { straight, half, nowhere, misplaced, in_two };  // in which a transfer is done

    // Every operation passes here first.
    Result<Way> pass(Operation operation);
    std::optional<FaultType> find_fault(const Operation& operation);
    Status pass_name(OperationKind kind, std::string_view path, std::string_view path_to = {});
    void sleep_as_a_flush() const;

    FileSystem& inner_;
    std::atomic<std::uint64_t> sync_delay_ns_{0};

    // Guarded by mutex_.
    mutable std::mutex mutex_;
    std::vector<Armed> faults_;
    std::array<std::uint64_t, operation_kind_count> counts_{};
    std::uint64_t count_ = 0;
    bool stopped_ = false;
};

}  // namespace perdure::io
