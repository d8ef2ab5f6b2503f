// posix_error: the one place where an errno becomes a Status.
#pragma once

#include <string_view>

#include "perdure/status.h"

namespace perdure::io {

// ENOSPC and EDQUOT are `no_space`, ENOENT is `not_found`, everything else is `io`. `what` says
// what could not be done and where: "cannot write 4096 bytes at offset 8192 of
// shard7/journal/7.pdj".
[[nodiscard]] Status posix_error(int error_number, std::string_view what);
// The same of one path: "cannot open shard7/lock".
[[nodiscard]] Status path_error(int error_number, std::string_view verb, std::string_view path);

}  // namespace perdure::io
