#include "io/posix_error.h"

#include <cerrno>
#include <system_error>

#include "base/error.h"

namespace perdure::io {

namespace {

Code code_of(int error_number) {
    switch (error_number) {
        case ENOSPC:
        case EDQUOT: return Code::no_space;
        case ENOENT: return Code::not_found;
        default: return Code::io;
    }
}

std::string_view advice_for(int error_number) {
    switch (error_number) {
        case ENOSPC: return "; free space on that file system";
        case EDQUOT: return "; raise the quota, or delete files that count against it";
        case EACCES:
        case EPERM: return "; check the owner and the permissions of the path";
        case EROFS:
            return "; the file system is mounted read-only: look for disk errors in the system log";
        case EIO: return "; the device failed: look in the system log and check the disk";
        case EMFILE: return "; raise the limit of open files of this process (ulimit -n)";
        case ENFILE: return "; raise the limit of open files of this machine (fs.file-max)";
        case ESTALE: return "; the network file system lost the file: mount it again";
        default: return "";
    }
}

}  // namespace

Status posix_error(int error_number, std::string_view what) {
    return error(code_of(error_number), "{}: {}{}", what,
                 std::generic_category().message(error_number), advice_for(error_number));
}

Status path_error(int error_number, std::string_view verb, std::string_view path) {
    return posix_error(error_number, text::format("cannot {} {}", verb, path));
}

}  // namespace perdure::io
