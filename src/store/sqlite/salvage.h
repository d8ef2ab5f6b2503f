// Salvage: reads what can still be read of a damaged store: its world row, its catalog, and every
// row of every table that a page which is whole holds. Bad pages are met by the checksum VFS, so
// that nothing is believed that was not written.
//
//     auto salvage = Salvage::open(files, copy);
//     for (const TableDefinition& table : …) auto report = salvage->read(table, take);
//
// A table is read forwards until the first bad page and backwards until the last; what lies between
// is probed for islands. A bad page above the leaves hides what only it leads to, and page 1 hides
// everything.
//
// Thread rule: one thread. Works on a private copy, which SQLite may write its log to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "perdure/batch.h"
#include "perdure/status.h"
#include "perdure/table.h"
#include "store/sqlite/checksum_vfs.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/world_tables.h"

namespace perdure::store::sqlite {

// Keys, or hidden row numbers, between which nothing could be read: both ends belong to it. Where
// keys are no numbers both are zero, and all that is known is that rows are missing.
struct SalvageGap {
    std::int64_t first = 0;
    std::int64_t last = 0;
};

struct SalvagedTable {
    enum class By : std::uint8_t { key, row_number, nothing };  // what the gaps count

    std::uint64_t rows = 0;  // read
    By by = By::nothing;
    std::vector<SalvageGap> gaps;
    std::uint64_t refused = 0;  // rows that no program of ours can have written
    std::string why;            // the first failure; empty: all of the table was read

    [[nodiscard]] bool whole() const noexcept { return why.empty(); }
};

inline constexpr int salvage_probes_max = 4096;  // of one table: each may read a page

class Salvage {
public:
    // `invalid`, `unsupported` or `conflict`: it is no store of ours, or a newer one. A file of
    // which not even the list of tables can be read is opened; nothing is found in it.
    static Result<std::unique_ptr<Salvage>> open(const io::FileSystem& files,
                                                 const std::string& copy);

    [[nodiscard]] const std::optional<WorldRow>& world() const noexcept { return world_; }
    // In the order of applying, as far as they could be read one after the other.
    [[nodiscard]] const std::vector<TableDefinition>& definitions() const noexcept {
        return definitions_;
    }
    // Whether all definitions that the world row counts are there.
    [[nodiscard]] bool knows_tables() const noexcept {
        return world_ && definitions_.size() == world_->definitions;
    }

    // Gives the rows to `take`, each once, in no order. An error is the taker's; what cannot be
    // read is in the answer.
    Result<SalvagedTable> read(const TableDefinition& in_force,
                               const std::function<Status(Batch&&)>& take);

private:
    Salvage() = default;

    std::unique_ptr<ChecksumVfs> vfs_;
    Connection connection_;
    std::optional<WorldRow> world_;
    std::vector<TableDefinition> definitions_;
};

// Where a row lies on the scale that a table's gaps are counted on (By::key), as SQL orders it.
[[nodiscard]] std::optional<std::int64_t> salvage_position(const Batch& batch, std::uint32_t row);
// A position as the key's own value, for people.
[[nodiscard]] std::string salvage_key_text(const TableDefinition& table, std::int64_t position);

}  // namespace perdure::store::sqlite
