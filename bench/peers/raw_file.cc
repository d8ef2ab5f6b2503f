#include "peers/raw_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace perdure::bench {
namespace {

[[noreturn]] void fail(const char* action, const std::filesystem::path& path) {
    throw std::system_error(errno, std::generic_category(),
                            std::string(action) + " " + path.string());
}

int open_or_fail(const std::filesystem::path& path, int flags) {
    const int file = open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (file < 0) {
        fail("opening", path);
    }
    return file;
}

}  // namespace

RawFile::RawFile(const std::filesystem::path& path, std::uint64_t bytes, WriteMode mode)
    : path_(path), size_(round_up_to_block(bytes)) {
    file_ = open_or_fail(path_, O_RDWR | O_CREAT | O_TRUNC);
    BlockBuffer zeros(std::size_t{1} << 20);
    for (std::uint64_t offset = 0; offset < size_;) {
        const std::size_t length = std::min<std::uint64_t>(zeros.size(), size_ - offset);
        write(zeros.first(length), offset);
        offset += length;
    }
    if (fsync(file_) != 0) {
        fail("flushing", path_);
    }
    if (mode == WriteMode::direct) {
        // Pages left in the cache would have to be dropped by each direct write.
        posix_fadvise(file_, 0, 0, POSIX_FADV_DONTNEED);
        close(file_);
        file_ = open_or_fail(path_, O_RDWR | O_DIRECT);
    }
}

RawFile::~RawFile() {
    if (file_ >= 0) {
        close(file_);
    }
}

void RawFile::write(std::span<const std::byte> bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t written =
            pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written <= 0) {
            fail("writing", path_);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
}

void RawFile::flush() {
    if (fdatasync(file_) != 0) {
        fail("flushing", path_);
    }
}

void RawFile::read(std::span<std::byte> into, std::uint64_t offset) const {
    const int file = open_or_fail(path_, O_RDONLY);
    const ssize_t got = pread(file, into.data(), into.size(), static_cast<off_t>(offset));
    close(file);
    if (got != static_cast<ssize_t>(into.size())) {
        fail("reading all of a record from", path_);
    }
}

BlockBuffer::BlockBuffer(std::size_t bytes)
    : size_(round_up_to_block(bytes)),
      bytes_(static_cast<std::byte*>(std::aligned_alloc(block_bytes, size_))) {
    if (!bytes_) {
        throw std::bad_alloc();
    }
    std::memset(bytes_.get(), 0, size_);
}

}  // namespace perdure::bench
