#include "io/posix_file.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "io/posix_error.h"

namespace perdure::io {

namespace {

constexpr std::uint64_t offset_max = std::numeric_limits<off_t>::max();
// Large enough for the device to be busy, small enough to sit in the cache of a core.
constexpr std::size_t bounce_bytes_max = std::size_t{1} << 20;

struct FreeAligned {
    void operator()(std::byte* bytes) const noexcept {
        ::operator delete[](bytes, std::align_val_t{block_bytes});
    }
};
using AlignedBytes = std::unique_ptr<std::byte[], FreeAligned>;

AlignedBytes allocate_aligned(std::size_t bytes) {
    return AlignedBytes(new (std::align_val_t{block_bytes}) std::byte[bytes]);
}

ssize_t read_once(int descriptor, std::byte* into, std::size_t bytes,
                  std::uint64_t offset) noexcept {
    for (;;) {
        const ssize_t got = ::pread(descriptor, into, bytes, static_cast<off_t>(offset));
        if (got >= 0 || errno != EINTR) return got;
    }
}

Status check_range(std::string_view verb, const std::string& path, std::uint64_t offset,
                   std::uint64_t bytes) {
    if (offset <= offset_max && bytes <= offset_max - offset) return {};
    return error(Code::invalid, "cannot {} {} bytes at offset {} of {}: no file is that long", verb,
                 bytes, offset, path);
}

Status transfer_error(int error_number, std::string_view verb, const std::string& path,
                      std::uint64_t offset, std::uint64_t bytes) {
    return posix_error(error_number, text::format("cannot {} {} bytes at offset {} of {}", verb,
                                                  bytes, offset, path));
}

}  // namespace

FileDescriptor::~FileDescriptor() {
    if (number_ >= 0) ::close(number_);  // never again after EINTR: Linux has closed it by then
}

FileDescriptor open_descriptor(const std::string& path, int flags) noexcept {
    for (;;) {
        const int number = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
        if (number >= 0 || errno != EINTR) return FileDescriptor(number);
    }
}

PosixFile::PosixFile(std::string path, FileDescriptor descriptor, FileDescriptor direct)
    : path_(std::move(path)), descriptor_(std::move(descriptor)), direct_(std::move(direct)) {}

Result<std::size_t> PosixFile::read_at(std::uint64_t offset, MutableByteSpan into) {
    PERDURE_TRY(check_range("read", path_, offset, into.size()));
    return direct_.valid() ? read_direct(offset, into) : read_buffered(offset, into);
}

Result<std::size_t> PosixFile::read_buffered(std::uint64_t offset, MutableByteSpan into) {
    std::size_t done = 0;
    while (done < into.size()) {
        const MutableByteSpan rest = into.subspan(done);
        const ssize_t got =
            read_once(descriptor_.number(), rest.data(), rest.size(), offset + done);
        if (got < 0) return transfer_error(errno, "read", path_, offset + done, rest.size());
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

// O_DIRECT takes only whole blocks into aligned memory. Where the caller's memory is so, it is read
// into directly: recovery asks for megabytes that way. What is left is read around what is asked
// for, into an aligned buffer, and copied out of it.
Result<std::size_t> PosixFile::read_direct(std::uint64_t offset, MutableByteSpan into) {
    AlignedBytes bounce;
    std::size_t done = 0;
    while (done < into.size()) {
        const MutableByteSpan rest = into.subspan(done);
        const std::size_t skip = (offset + done) % block_bytes;
        const std::uint64_t start = offset + done - skip;
        const bool in_place = skip == 0 && rest.size() >= block_bytes &&
                              reinterpret_cast<std::uintptr_t>(rest.data()) % block_bytes == 0;
        if (!in_place && !bounce) bounce = allocate_aligned(bounce_bytes_max);
        const std::size_t wanted =
            in_place ? rest.size() / block_bytes * block_bytes
                     : std::min<std::size_t>(bounce_bytes_max,
                                             round_up(skip + rest.size(), block_bytes));
        std::byte* const target = in_place ? rest.data() : bounce.get();
        const ssize_t result = read_once(direct_.number(), target, wanted, start);
        if (result < 0 && errno == EINVAL) {  // some file systems only say so when read
            PERDURE_TAKE(const std::size_t more, read_buffered(offset + done, rest));
            return done + more;
        }
        if (result < 0) return transfer_error(errno, "read", path_, start, wanted);
        const std::size_t got = static_cast<std::size_t>(result);
        if (got <= skip) break;
        const std::size_t useful = std::min(got - skip, rest.size());
        if (!in_place) std::memcpy(rest.data(), bounce.get() + skip, useful);
        done += useful;
        // Behind an odd length only the end can follow: asking on from there would be no whole
        // block.
        if (in_place && got % block_bytes != 0) break;
    }
    if (done < into.size()) {
        // A device that fails in the middle may answer with a short read; that must not pass for
        // the end.
        PERDURE_TAKE(const std::uint64_t bytes, size());
        if (offset + done < bytes) {
            return transfer_error(EIO, "read", path_, offset + done, into.size() - done);
        }
    }
    return done;
}

Status PosixFile::write_at(std::uint64_t offset, ByteSpan bytes) {
    PERDURE_TRY(check_range("write", path_, offset, bytes.size()));
    while (!bytes.empty()) {
        const ssize_t put =
            ::pwrite(descriptor_.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            return transfer_error(put < 0 ? errno : EIO, "write", path_, offset, bytes.size());
        }
        offset += static_cast<std::uint64_t>(put);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

Status PosixFile::sync() {
    if (sync_failed_.load()) {
        return error(Code::io,
                     "cannot flush {}: an earlier flush failed, and what it held may be lost; "
                     "open the world again to recover",
                     path_);
    }
    while (::fdatasync(descriptor_.number()) != 0) {
        if (errno == EINTR) continue;
        const int error_number = errno;
        sync_failed_.store(true);
        return posix_error(error_number, text::format("cannot flush {}", path_));
    }
    return {};
}

Result<std::uint64_t> PosixFile::size() {
    struct stat found {};
    if (::fstat(descriptor_.number(), &found) != 0) {
        return posix_error(errno, text::format("cannot ask for the size of {}", path_));
    }
    return static_cast<std::uint64_t>(found.st_size);
}

Status PosixFile::resize(std::uint64_t bytes) {
    PERDURE_TRY(check_range("resize to", path_, 0, bytes));
    while (::ftruncate(descriptor_.number(), static_cast<off_t>(bytes)) != 0) {
        if (errno == EINTR) continue;
        return posix_error(errno, text::format("cannot resize {} to {} bytes", path_, bytes));
    }
    return {};
}

}  // namespace perdure::io
