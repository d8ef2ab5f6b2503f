// A new store file, written from the tables of another store and read back: what backup and restore
// have in common.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <string>

#include "io/clock.h"
#include "io/file_system.h"
#include "jobs/table_walk.h"
#include "perdure/status.h"
#include "perdure/value.h"
#include "store/store.h"

namespace perdure::jobs {

struct NewStore {
    std::string path;
    Uuid world;
    std::uint64_t pages_max = 0;  // 0: as many as the disk takes
};

// Copies, reads back, compares, and closes: the file is durable, and has no log beside it. Its name
// is not flushed.
Result<Contents> write_new_store(io::FileSystem& files, const io::Clock& clock, store::Store& from,
                                 const NewStore& made, const GoOn& go_on);

// perdure.toml, if there is one.
Status copy_settings(io::FileSystem& files, const std::string& from, const std::string& to);

}  // namespace perdure::jobs
