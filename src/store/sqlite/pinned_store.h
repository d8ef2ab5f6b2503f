// PinnedStore: the state of one moment of a store, held while its owner goes on writing, to be
// copied.
//
// It is a read transaction of SQLite's own, so it may be opened in the owner's process too: there
// nobody may open the file by other means, since closing it would drop SQLite's locks. While it is
// held, no checkpoint of the owner completes: the owner's safe watermark stays at or below this
// one's, its journal keeps everything after it, and the store's log grows. So hold it shortly.
//
// Thread rule: one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "perdure/status.h"
#include "perdure/table.h"
#include "store/sqlite/checksum_vfs.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/world_tables.h"

namespace perdure::store::sqlite {

class PinnedStore {
public:
    // `not_found` if there is no store yet: no file, or one that its owner has only just begun.
    static Result<PinnedStore> open(const io::FileSystem& files, const std::string& path);

    [[nodiscard]] const WorldRow& row() const noexcept { return row_; }
    // Every version of every definition at that moment, oldest first.
    [[nodiscard]] const std::vector<TableDefinition>& definitions() const noexcept {
        return definitions_;
    }
    // All pages of that moment into a new file, each judged by its checksum: `corrupt` names a bad
    // one. `go_on` is asked every few megabytes; its failure ends the copying and is returned. The
    // copy is not flushed.
    Status copy_to(const std::string& path, const std::function<Status()>& go_on);

private:
    PinnedStore() = default;
    Status read();

    std::unique_ptr<ChecksumVfs> vfs_;  // first: connections go before it
    Connection source_;
    WorldRow row_;
    std::vector<TableDefinition> definitions_;
};

}  // namespace perdure::store::sqlite
