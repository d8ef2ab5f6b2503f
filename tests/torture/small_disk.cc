#include "torture/small_disk.h"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/error.h"

namespace perdure::torture {

namespace {

// Only the kernel's own table of who is who in the new namespace: this user is its root.
void become_root_of_namespace(uid_t user, gid_t group) {
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
}

}  // namespace

Result<SmallDisk> SmallDisk::mount(const std::string& directory, std::uint64_t bytes) {
    const uid_t user = geteuid();
    const gid_t group = getegid();
    const int namespaces = CLONE_NEWNS | (user == 0 ? 0 : CLONE_NEWUSER);
    const auto refused = [&](const char* what) {
        return error(Code::unsupported,
                     "{}: {}; the full disk needs a file system of its own: run it as root, or "
                     "leave it out (--fillings 0)",
                     what, std::generic_category().message(errno));
    };
    if (unshare(namespaces) != 0) return refused("cannot have a mount namespace");
    if (user != 0) become_root_of_namespace(user, group);
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return refused("cannot make mounts private");
    }
    const std::string size = text::format("size={}", bytes);
    if (::mount("none", directory.c_str(), "tmpfs", 0, size.c_str()) != 0) {
        return refused("cannot mount a tmpfs");
    }
    return SmallDisk(directory);
}

SmallDisk::~SmallDisk() {
    if (!directory_.empty()) umount2(directory_.c_str(), MNT_DETACH);
}

Status fill_disk(const std::string& path) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) {
        return error(Code::io, "cannot create {}: {}", path,
                     std::generic_category().message(errno));
    }
    const std::vector<char> block(64 << 10, 'x');
    ssize_t written = 0;
    while ((written = write(file, block.data(), block.size())) > 0) {
    }
    const int reason = errno;
    close(file);
    if (written < 0 && reason == ENOSPC) return {};
    return error(Code::io, "cannot fill the disk with {}: {}", path,
                 std::generic_category().message(reason));
}

}  // namespace perdure::torture
