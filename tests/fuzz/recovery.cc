// Recovery of a whole journal made of the input (journal_directory.h): as it is, and again with
// every checksum put right.
#include "journal/recovery.h"

#include <algorithm>

#include "base/assert.h"
#include "fuzz/journal_directory.h"
#include "fuzz/known_tables.h"
#include "fuzz/target.h"
#include "journal/file_name.h"
#include "journal/group.h"

namespace perdure::fuzz {
namespace {

using journal::Ending;
using journal::Findings;
using journal::GroupFound;

// What recovery gives must be what is on the disk, under checksums that hold.
void check_on_disk(const io::MemoryFileSystem& disk, const GroupFound& found) {
    const std::string path = io::join_path(journal_path, journal::file_name(found.address.file));
    const std::vector<std::byte> file = disk.read_at_rest(path);
    PERDURE_ASSERT(found.address.offset + found.address.bytes <= file.size());
    const ByteSpan bytes = ByteSpan(file).subspan(found.address.offset, found.address.bytes);
    const auto header = journal::read_group_header(bytes.data());
    PERDURE_ASSERT(header.has_value() && header->group == found.group);
    PERDURE_ASSERT(journal::payload_holds(*header, bytes));
    PERDURE_ASSERT(journal::chain_after(*header) == found.chain);
}

struct Recovered {
    Status status;
    Findings findings;
    Lsn last = 0;  // of what was given
    std::vector<std::vector<std::byte>> frames;
    std::vector<Watermark> ends;  // of each group
    Catalog catalog;
};

void recover_from(io::MemoryFileSystem& disk, const Uuid& world, const Watermark& from,
                  journal::Access access, Recovered& result) {
    result.last = from.lsn;
    auto findings = journal::recover(
        disk, journal_path, world, from, result.catalog,
        [&](GroupFound&& found) {
            check_on_disk(disk, found);
            for (const ChangeSet& changes : found.changes) {
                PERDURE_ASSERT(changes.lsn == ++result.last);  // in order, without a hole
                result.frames.push_back(frame_of(changes));
            }
            PERDURE_ASSERT(found.last == result.last);
            result.ends.push_back({found.epoch, found.last, found.chain, {}, {}});
            return Status();
        },
        access);
    result.status = findings.status();
    if (findings) result.findings = *std::move(findings);
}

void check_findings(const Findings& findings, Lsn last) {
    PERDURE_ASSERT(findings.empty || findings.last == last || findings.last < findings.first);
    PERDURE_ASSERT(findings.attested <= findings.last);
    PERDURE_ASSERT(findings.next_file > findings.newest_file);
    const bool torn = findings.ending == Ending::torn;
    PERDURE_ASSERT(torn == (findings.torn.bytes != 0));
    PERDURE_ASSERT(!torn || findings.torn.offset == findings.valid_bytes);
    const journal::Start start = findings.start({});
    PERDURE_ASSERT(start.epoch > findings.epoch && start.last == findings.last);
}

// From a watermark in the middle, recovery gives what comes after it, and nothing else.
void check_from_the_middle(io::MemoryFileSystem& disk, const Uuid& world, const Recovered& all,
                           const Watermark& middle) {
    Recovered rest;
    recover_from(disk, world, middle, journal::Access::onlooker, rest);
    PERDURE_ASSERT(rest.status.ok());
    PERDURE_ASSERT(rest.last == all.last && rest.findings.chain == all.findings.chain);
    PERDURE_ASSERT(rest.frames.size() <= all.frames.size());
    PERDURE_ASSERT(std::equal(rest.frames.rbegin(), rest.frames.rend(), all.frames.rbegin()));
}

Outcome recover_all(const JournalDirectory& directory) {
    const auto disk = directory.disk();
    const Uuid world = directory.world();
    Recovered owner;
    recover_from(*disk, world, {}, journal::Access::owner, owner);
    Recovered onlooker;
    recover_from(*disk, world, {}, journal::Access::onlooker, onlooker);
    PERDURE_ASSERT(owner.status.text() == onlooker.status.text());
    PERDURE_ASSERT(owner.frames == onlooker.frames);
    if (!owner.status.ok()) return refused(owner.status, {Code::corrupt, Code::unsupported});
    check_findings(owner.findings, owner.last);
    const Findings& found = owner.findings;
    if (!owner.ends.empty()) {
        check_from_the_middle(*disk, world, owner, owner.ends[owner.ends.size() / 2]);
        check_from_the_middle(*disk, world, owner, owner.ends.back());
    }
    PERDURE_ASSERT(journal::quarantine_torn(*disk, journal_path, "world/quarantine", found).ok());
    return found.empty ? Outcome::refused : Outcome::taken;
}

}  // namespace

Outcome recovery(ByteSpan input) {
    JournalDirectory directory(input);
    const Outcome as_it_is = recover_all(directory);
    directory.seal();
    static_cast<void>(recover_all(directory));
    return as_it_is;
}

}  // namespace perdure::fuzz
