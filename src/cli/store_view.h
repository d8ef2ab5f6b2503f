// StoreView: asks a world's store in SQL and changes nothing in the world, beside a running owner
// and at rest.
//
// A running owner's store is asked as it is: the files that SQLite keeps beside it are there. A
// store at rest is read as it lies there; if it has a log, through a private copy, because opening
// a log makes files beside it.
//
// Thread rule: one thread. Lifetime: the world's directory must outlive it.
#pragma once

#include <optional>
#include <string>

#include "cli/scratch.h"
#include "engine/world_directory.h"
#include "io/file_system.h"
#include "perdure/status.h"
#include "store/sqlite/query.h"

namespace perdure::cli {

class StoreView {
public:
    static Result<StoreView> open(io::FileSystem& files, const engine::WorldDirectory& directory);

    // As run_query(); a failure names the world's own file, never the copy.
    [[nodiscard]] Result<store::sqlite::QueryAnswer> ask(const std::string& sql) const;

private:
    explicit StoreView(const engine::WorldDirectory& directory) : directory_(directory) {}

    const engine::WorldDirectory& directory_;
    bool at_rest_ = false;
    std::optional<Scratch> scratch_;
    std::string copy_;  // empty: none
};

}  // namespace perdure::cli
