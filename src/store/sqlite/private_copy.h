// Copies of a store for those who only look, so that looking changes nothing: no recovery, no new
// files, no lock that a writer meets.
//
// Thread rule: any thread.
#pragma once

#include <string>

#include "io/file_system.h"
#include "perdure/status.h"

namespace perdure::store::sqlite {

// Byte for byte, the file and its log, into `directory`, which exists. The caller holds the world's
// lock: nobody writes meanwhile. Returns the copy's path.
Result<std::string> copy_files(io::FileSystem& files, const std::string& path,
                               const std::string& directory);
// The state of one moment, while the owner goes on writing. Through SQLite: from and to the real
// disk.
Result<std::string> copy_beside_owner(const std::string& path, const std::string& directory);

}  // namespace perdure::store::sqlite
