// JournalPlan: what of a journal can be kept, found by trying: the judging is recovery's own, on a
// view of the disk as it would be (pruned_files.h).
//
// Thread rule: one thread. Changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "jobs/touched.h"
#include "journal/recovery.h"
#include "journal/survey.h"
#include "model/catalog.h"
#include "model/change_set.h"

namespace perdure::jobs {

// Where the last file that stays is cut.
struct JournalCut {
    std::string path;
    std::uint64_t file = 0;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;       // of the file as it is
    std::uint64_t full_bytes = 0;  // as its header says: more if it was cut short
};

struct JournalPlan {
    enum class Way : std::uint8_t {
        none,  // nothing is wrong, or nothing of ours can be done (a newer format, the disk)
        drop_foreign,  // files of another world are in the way
        drop_covered,  // only files are damaged whose change sets the store has
        cut,           // everything from the first damage on is set aside
        start_anew,    // the journal cannot be used: go on from the store
    };
    Way way = Way::none;
    journal::Assessment found;         // of the journal as it is
    std::vector<std::string> foreign;  // to be set aside
    std::vector<std::string> covered;  // oldest first
    std::vector<std::string> beyond;   // behind the cut, newest first; all files if start_anew
    std::optional<JournalCut> cut;
    Watermark from;                   // where recovery begins
    journal::Start start;             // of the new file that names the cut, or the new beginning
    Lsn kept = 0;                     // the last LSN that is left, in the journal or in the store
    Lsn known = 0;                    // the highest that anything named
    Touched lost;                     // what can be read of (kept, known]
    std::uint64_t lost_readable = 0;  // change sets
    std::uint64_t nameless_bytes =
        0;  // gone or not to be read, and nothing behind them names an LSN

    [[nodiscard]] bool loses() const noexcept { return known > kept; }
};

// `from`: the store's watermark, or none if the store cannot say (then the journal's own beginning
// is taken). The journal's new epoch will be above `epoch_floor`. `definitions`: the store's, or
// none. An error only if the disk fails.
Result<JournalPlan> plan_journal(io::FileSystem& files, const std::string& directory,
                                 const Uuid& world, const std::optional<Watermark>& from,
                                 std::uint64_t epoch_floor,
                                 const std::vector<TableDefinition>& definitions);

// What is in force where the plan ends the journal: for the head of the file that begins there.
void learn_kept(io::FileSystem& files, const std::string& directory, const Uuid& world,
                const JournalPlan& plan, const std::vector<TableDefinition>& definitions,
                Catalog& catalog);

// Where the newest run of connected files begins: a store put there takes all that follows. None if
// no file can be used.
[[nodiscard]] std::optional<Watermark> journal_beginning(const journal::Survey& found);

}  // namespace perdure::jobs
