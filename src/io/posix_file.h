// PosixFile: an open file of the operating system, and FileDescriptor, which closes itself.
//
// Thread rule: as File. After a failed sync every later sync fails too: the kernel forgets which
// pages it could not write, so a second fdatasync would report a success that never happened.
#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "io/file_system.h"

namespace perdure::io {

class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int number) noexcept : number_(number) {}
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~FileDescriptor();

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] bool valid() const noexcept { return number_ >= 0; }

private:
    int number_ = -1;
};

// open(2), always with O_CLOEXEC and mode 0600, continued after EINTR. Not valid: look at errno.
[[nodiscard]] FileDescriptor open_descriptor(const std::string& path, int flags) noexcept;

class PosixFile final : public File {
public:
    // `direct` is a second descriptor of the same file, opened with O_DIRECT, or not valid. Only
    // reads go through it, so writes need no alignment.
    PosixFile(std::string path, FileDescriptor descriptor, FileDescriptor direct);

    Result<std::size_t> read_at(std::uint64_t offset, MutableByteSpan into) override;
    Status write_at(std::uint64_t offset, ByteSpan bytes) override;
    Status sync() override;
    Result<std::uint64_t> size() override;
    Status resize(std::uint64_t bytes) override;

private:
    Result<std::size_t> read_buffered(std::uint64_t offset, MutableByteSpan into);
    Result<std::size_t> read_direct(std::uint64_t offset, MutableByteSpan into);

    const std::string path_;
    const FileDescriptor descriptor_;
    const FileDescriptor direct_;
    std::atomic<bool> sync_failed_{false};
};

}  // namespace perdure::io
