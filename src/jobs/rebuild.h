// Rebuild: a new store from what an old one still shows and from what the journal has. For repair,
// and for verify, which says beforehand what it would lose.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "jobs/touched.h"
#include "model/catalog.h"
#include "model/change_set.h"
#include "perdure/value.h"
#include "store/sqlite/salvage.h"
#include "store/store.h"

namespace perdure::jobs {

// What the journal is to the store: it goes on from it, and its older part brings lost rows back;
// or it is older, or of another run, and can only be taken instead.
enum class JournalUse : std::uint8_t { goes_on, instead };

struct RebuildPlan {
    // The journal has every change set since the first: a new store takes them all when the world
    // is opened, and the old one is of no use.
    bool from_journal_alone = false;
    JournalUse use = JournalUse::goes_on;
    Watermark at;  // what the new store says that it holds
    std::uint64_t owner_epoch = 0;
    std::vector<TableDefinition> definitions;  // in the order of applying
    std::uint64_t rows = 0;                    // that the old store shows
    // Tables of which it does not show all, where, and how many rows of the missing places the
    // journal has.
    std::vector<TouchedTable> unreadable;
    std::uint64_t held_by_journal = 0;
    Lsn skipped_first = 0;  // LSNs that neither has; 0: none
    Lsn skipped_last = 0;
    bool says_where = true;  // the old store's own watermark could be read

    bool rows_unknown = false;  // there is no old store that could show any

    [[nodiscard]] bool loses() const noexcept {
        return !from_journal_alone &&
               (!unreadable.empty() || skipped_first != 0 || !says_where || rows_unknown);
    }
};

// `old`: the damaged store, or none. `known`: the watermark that the new one keeps; without it the
// new store begins where the journal does.
Result<RebuildPlan> plan_rebuild(io::FileSystem& files, const std::string& journal,
                                 const Uuid& world, store::sqlite::Salvage* old,
                                 const std::optional<Watermark>& known, JournalUse use);

// Makes the store at `path`, where nothing is; closed and flushed.
Status rebuild(io::FileSystem& files, const std::string& journal, const Uuid& world,
               store::sqlite::Salvage* old, const RebuildPlan& plan, const std::string& path);

}  // namespace perdure::jobs
