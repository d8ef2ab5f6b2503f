#include "io/posix_file_system.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "io/posix_error.h"
#include "io/posix_file.h"

namespace perdure::io {

namespace {

// join_path("", name) is a name in the working directory; "" alone must then be that directory.
const char* directory_name(const std::string& path) { return path.empty() ? "." : path.c_str(); }

bool is_directory(const char* path) {
    struct stat found {};
    return ::stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

struct CloseDirectory {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

class PosixLock final : public FileLock {
public:
    explicit PosixLock(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
    // The file stays: were it removed, two processes could hold locks on two files of one name.
    // Without its text, so that nobody is told of an owner that has gone.
    ~PosixLock() override {
        if (::ftruncate(descriptor_.number(), 0) != 0) return;
    }

private:
    FileDescriptor descriptor_;
};

// Locks of the open file, not of the process: two worlds in one process exclude each other too. And
// they can be asked for without being taken, which those of flock() cannot.
struct flock whole_file() {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    return range;
}

std::string read_owner(int descriptor) {
    std::array<char, lock_owner_bytes_max> text{};
    const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
    return {text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

// Only for people: a full disk must not keep a world from opening.
void write_owner(int descriptor, std::string_view owner) {
    if (::ftruncate(descriptor, 0) != 0) return;
    if (::pwrite(descriptor, owner.data(), owner.size(), 0) < 0) return;
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path, OpenOptions options) {
    PERDURE_TRY(validate(options, path));
    int flags = options.write ? O_RDWR : O_RDONLY;
    if (options.create) flags |= O_CREAT;
    if (options.exclusive) flags |= O_EXCL;
    FileDescriptor descriptor = open_descriptor(path, flags);
    if (!descriptor.valid()) return path_error(errno, options.create ? "create" : "open", path);
    struct stat found {};
    if (::fstat(descriptor.number(), &found) != 0) return path_error(errno, "open", path);
    if (S_ISDIR(found.st_mode)) return path_error(EISDIR, "open", path);

    FileDescriptor direct;
    if (options.direct) {
        direct = open_descriptor(path, O_RDONLY | O_DIRECT);
        if (!direct.valid() && errno != EINVAL)
            return path_error(errno, "open for direct reading", path);
    }
    return std::unique_ptr<File>(
        std::make_unique<PosixFile>(path, std::move(descriptor), std::move(direct)));
}

Result<bool> PosixFileSystem::exists(const std::string& path) {
    struct stat found {};
    if (::stat(directory_name(path), &found) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return path_error(errno, "look for", path);
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
    const std::unique_ptr<DIR, CloseDirectory> opened(::opendir(directory_name(directory)));
    if (!opened) return path_error(errno, "list", directory);
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(opened.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return path_error(errno, "list", directory);
    std::sort(names.begin(), names.end());
    return names;
}

Status PosixFileSystem::create_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) == 0) return {};
    const int error_number = errno;
    if (error_number == EEXIST && is_directory(path.c_str())) return {};
    return path_error(error_number, "create the directory", path);
}

Status PosixFileSystem::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return posix_error(errno, text::format("cannot rename {} to {}", from, to));
}

Status PosixFileSystem::remove(const std::string& path) {
    if (::unlink(path.c_str()) == 0) return {};
    return path_error(errno, "remove", path);
}

Status PosixFileSystem::remove_directory(const std::string& path) {
    if (::rmdir(path.c_str()) == 0) return {};
    return path_error(errno, "remove the directory", path);
}

Status PosixFileSystem::sync_directory(const std::string& path) {
    const FileDescriptor directory = open_descriptor(directory_name(path), O_RDONLY | O_DIRECTORY);
    if (!directory.valid()) return path_error(errno, "open the directory", path);
    while (::fsync(directory.number()) != 0) {
        if (errno == EINTR) continue;
        return path_error(errno, "flush the directory", path);
    }
    return {};
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path,
                                                        std::string_view owner) {
    FileDescriptor descriptor = open_descriptor(path, O_RDWR | O_CREAT);
    if (!descriptor.valid()) return path_error(errno, "open the lock", path);
    struct flock whole = whole_file();
    while (::fcntl(descriptor.number(), F_OFD_SETLK, &whole) != 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EACCES) {
            return locked_error(path, read_owner(descriptor.number()));
        }
        return path_error(errno, "lock", path);
    }
    write_owner(descriptor.number(), owner);
    return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(std::move(descriptor)));
}

Status PosixFileSystem::probe_lock(const std::string& path) {
    const FileDescriptor descriptor = open_descriptor(path, O_RDONLY);
    if (!descriptor.valid()) {
        return errno == ENOENT ? Status() : path_error(errno, "open the lock", path);
    }
    struct flock whole = whole_file();
    if (::fcntl(descriptor.number(), F_OFD_GETLK, &whole) != 0) {
        return path_error(errno, "ask for the lock", path);
    }
    if (whole.l_type == F_UNLCK) return {};
    return locked_error(path, read_owner(descriptor.number()));
}

Result<std::uint64_t> PosixFileSystem::free_bytes(const std::string& directory) {
    struct statvfs found {};
    while (::statvfs(directory_name(directory), &found) != 0) {
        if (errno == EINTR) continue;
        return path_error(errno, "ask for the free space of", directory);
    }
    return std::uint64_t{found.f_bavail} * std::uint64_t{found.f_frsize};
}

}  // namespace perdure::io
