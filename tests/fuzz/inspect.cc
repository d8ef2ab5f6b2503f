// Inspection of a whole journal made of the input (journal_directory.h), which must agree with
// recovery about what is damaged.
#include "journal/inspect.h"

#include "base/assert.h"
#include "fuzz/journal_directory.h"
#include "fuzz/target.h"
#include "journal/recovery.h"

namespace perdure::fuzz {
namespace {

struct Inspected {
    std::size_t files = 0;
    std::size_t groups = 0;
    std::vector<Code> damages;
};

Inspected inspect_all(io::FileSystem& disk) {
    Inspected seen;
    journal::Inspection inspection;
    inspection.file = [&](const journal::FileFound& file, const std::vector<TableDefinition>&) {
        PERDURE_ASSERT(journal::state_name(file.state) != "unknown");
        ++seen.files;
        return Status();
    };
    inspection.group = [&](const journal::GroupSeen& group) {
        PERDURE_ASSERT(group.changes.size() == group.frame_bytes.size());
        PERDURE_ASSERT(group.changes.size() <= group.header.frames);
        ++seen.groups;
        return Status();
    };
    inspection.damage = [&](const Status& status) {
        refused(status, {Code::corrupt, Code::unsupported, Code::io});
        seen.damages.push_back(status.code());
        return Status();
    };
    const Status status = journal::inspect(disk, journal_path, inspection);
    PERDURE_ASSERT(status.ok());  // what is wrong is damage, not a failure to look
    return seen;
}

// Inspection sees no damage where recovery sees none, and none less, but for what only recovery
// knows: which world it is (here the first file's), and what the store has.
void check_agreement(const JournalDirectory& directory, io::FileSystem& disk,
                     const Inspected& seen) {
    Catalog catalog;
    Watermark from;
    std::size_t used = 0;
    bool first_is_skipped = false;  // recovery begins with the newest file that begins there
    bool some_are_prepared = false;
    journal::Inspection headers;
    headers.file = [&](const journal::FileFound& file, const std::vector<TableDefinition>&) {
        some_are_prepared |= file.state == journal::FileFound::State::prepared;
        if (file.state != journal::FileFound::State::used) return Status();
        if (used == 0) from = {file.header.epoch, file.before(), file.header.chain, {}, {}};
        if (used == 1) first_is_skipped = file.before() <= from.lsn;
        ++used;
        return Status();
    };
    PERDURE_ASSERT(journal::inspect(disk, journal_path, headers).ok());
    const auto found = journal::recover(
        disk, journal_path, directory.world(), from, catalog,
        [](journal::GroupFound&&) { return Status(); }, journal::Access::onlooker);
    if (found.ok()) {
        PERDURE_ASSERT(seen.damages.empty() || first_is_skipped);
    } else if (used > 0 && seen.damages.empty()) {
        const std::string_view why = found.status().message();
        PERDURE_ASSERT(
            why.find("another world") != std::string_view::npos ||
            why.find("the journal is foreign") != std::string_view::npos ||
            why.find("can read but not write") != std::string_view::npos ||
            (some_are_prepared && why.find("the journal is damaged") != std::string_view::npos));
    }
}

Outcome inspect_and_compare(const JournalDirectory& directory) {
    const auto disk = directory.disk();
    const Inspected seen = inspect_all(*disk);
    check_agreement(directory, *disk, seen);
    return seen.damages.empty() && seen.groups > 0 ? Outcome::taken : Outcome::refused;
}

}  // namespace

Outcome inspect(ByteSpan input) {
    JournalDirectory directory(input);
    const Outcome as_it_is = inspect_and_compare(directory);
    directory.seal();
    static_cast<void>(inspect_and_compare(directory));
    return as_it_is;
}

}  // namespace perdure::fuzz
