// The file store.sqlite as a whole: making it, refusing what is not ours, its settings and sizes.
#pragma once

#include <cstdint>

#include "perdure/status.h"
#include "perdure/value.h"
#include "store/sqlite/connection.h"

namespace perdure::store::sqlite {

// Makes an empty file ours if `create`; refuses one that is not; then sets what the connection
// needs, and reads every setting back. `corrupt`, `invalid` (another program's) or `unsupported` (a
// newer format): the file is as it was.
Status prepare_file(Connection& writer, const Uuid& world, bool create);
// Refuses a file that is not a store in a format we know. For readers too.
Status check_file(Connection& connection);

struct FileSizes {
    std::uint64_t database = 0;
    std::uint64_t log = 0;
};
Result<FileSizes> file_sizes(Connection& connection);

// The last connection to close may remove the log, once it is copied.
void let_close_remove_log(Connection& writer);

}  // namespace perdure::store::sqlite
