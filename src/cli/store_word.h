// StoreWord: what a world's store says of its journal: up to where it needs it no more, and which
// category stands for which level.
//
// Thread rule: a value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "engine/world_directory.h"
#include "io/file_system.h"
#include "model/change_set.h"
#include "perdure/durability.h"
#include "perdure/status.h"

namespace perdure::cli {

struct StoreWord {
    Status trouble;                       // ok, or why the rest is empty
    std::optional<Lsn> lsn;               // the newest change set that it holds
    std::map<std::string, Level> levels;  // by category

    // Never fails: a store that cannot be asked must not hide a journal that can.
    static StoreWord ask(io::FileSystem& files, const engine::WorldDirectory& directory);

    // The strongest level among the tables of a change set, as commit() takes it unless told to
    // raise it; nullopt if it has no tables, or a category that is not known.
    [[nodiscard]] std::optional<Level> level_of(const ChangeSet& changes) const;
};

}  // namespace perdure::cli
