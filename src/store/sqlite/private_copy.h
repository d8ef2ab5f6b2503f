// Copies of a store for those who only look, so that looking changes nothing: no recovery, no new
// files, no lock that a writer meets.
//
// Thread rule: any thread.
#pragma once

#include <string>
#include <string_view>

#include "io/file_system.h"
#include "perdure/status.h"

namespace perdure::store::sqlite {

// Byte for byte, the file and what belongs to it (companions.h) but its shared memory, into
// `directory`, which exists. The caller holds the world's lock, or sees to it otherwise that nobody
// writes meanwhile (beside an owner: pinned_store.h). Returns the copy's path, as SQLite will call
// it if `directory` is absolute and without symbolic links.
Result<std::string> copy_files(io::FileSystem& files, const std::string& path,
                               const std::string& directory);

// What was said of a copy, with the original's path in its place: the copy is gone when somebody
// reads it.
[[nodiscard]] std::string told_of_original(std::string_view words, const std::string& copy,
                                           const std::string& original);
[[nodiscard]] Status told_of_original(const Status& status, const std::string& copy,
                                      const std::string& original);

}  // namespace perdure::store::sqlite
