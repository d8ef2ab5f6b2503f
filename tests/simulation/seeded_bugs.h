// Seeded bugs: parts that break a promise on purpose. The simulator must notice every one of them
// soon; that is the proof that it can fail at all.
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "io/file_system.h"
#include "store/store.h"

namespace perdure::simulation {

enum class SeededBug : std::uint8_t {
    none,
    // Of the disk: what a careless journal, or a lying drive, would amount to.
    unsynced_files,         // flushing a file does nothing
    unsynced_directories,   // flushing a directory does nothing
    early_acknowledgement,  // flushing a journal file answers before it is done
    believed_cache,         // recovery reads what only the page cache has
    lost_writes,            // one write in twenty is not done
    kept_names,             // removing a file does nothing
    unchecked_groups,       // checksums of groups are not looked at
    swallowed_damage,       // a group that is damaged is taken for the journal's end
    // Of the store.
    lost_row,         // one apply in three leaves out a row
    lost_erase,       // one apply in three leaves out an erase
    early_safe,       // says that everything is safe before it is
    lost_range,       // one apply in three moves nothing but the watermark
    kept_ephemeral,   // does not empty ephemeral tables
    moving_snapshot,  // a snapshot shows what was applied after it was taken
    // Of SQLite's files, and of nothing else on the disk.
    store_unsynced_files,   // flushing one does nothing
    store_unsynced_names,   // flushing their directory does nothing
    store_lost_writes,      // one write in twenty is not done
    store_stale_page,       // one write in four of the file is an older one of that page again
    store_kept_names,       // removing one does nothing
    store_unseen_note,      // a failed flush leaves no note behind
    store_unchecked_pages,  // checksums of pages are not looked at
    count_,
};

// Of SQLite's files: there are none with the memory store.
[[nodiscard]] bool is_of_sqlite(SeededBug bug) noexcept;
[[nodiscard]] std::string_view bug_name(SeededBug bug) noexcept;
[[nodiscard]] std::optional<SeededBug> find_bug(std::string_view name) noexcept;
// The part with its bug, or as it is.
[[nodiscard]] std::unique_ptr<io::FileSystem> break_disk(SeededBug bug, io::FileSystem& disk);
[[nodiscard]] std::unique_ptr<store::Store> break_store(SeededBug bug,
                                                        std::unique_ptr<store::Store> store);

}  // namespace perdure::simulation
