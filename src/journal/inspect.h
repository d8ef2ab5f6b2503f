// Inspection: walks a journal and shows everything in it: files, definitions, groups, change sets,
// and what is odd about them. For people and for `perdure inspect`.
//
// It touches nothing, and tells apart what is odd from what is certainly damaged; recover() judges
// more: the world, the store's word, prepared files. Beside a running owner it shows what is there
// at the moment it looks: files may go while it walks, and the last group may be half written.
// Thread rule: one thread; the callbacks run on it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/format.h"
#include "journal/journal.h"
#include "journal/survey.h"

namespace perdure::journal {

struct GroupSeen {
    GroupAddress address;
    GroupHeader header;
    Hash128 chain;                           // behind it
    std::vector<ChangeSet> changes;          // empty for an attest group
    std::vector<std::uint64_t> frame_bytes;  // of each change set
};

// Where the journal ends: behind the last valid group of its newest file.
struct EndSeen {
    std::string path;  // of that file; empty: no file holds anything
    std::uint64_t offset = 0;
    Lsn last = 0;          // the last change set before it
    Lsn durable = 0;       // the highest that a header calls flushed
    std::string why;       // what is there instead of the next group: "zeros", …
    bool remains = false;  // something of a group is: unfinished, or damaged
    bool damaged = false;  // it is damage, and was told as such
};

// What to call for what is found, in the order of the files; leave out what is of no interest. A
// failure ends the walk and is returned.
struct Inspection {
    std::function<Status(const FileFound&, const std::vector<TableDefinition>&)> file;
    std::function<Status(const GroupSeen&)> group;
    std::function<Status(std::string_view)> remark;
    // What recover() would refuse, with its code; without this one it is a remark. The open end of
    // the newest file is none, nor is what an owner may have done while we looked.
    std::function<Status(const Status&)> damage;
    std::function<Status(const EndSeen&)> end;  // once, after all else
};

Status inspect(io::FileSystem& files, const std::string& directory, const Inspection& inspection);

[[nodiscard]] std::string_view state_name(
    FileFound::State state) noexcept;  // "used", "prepared", …

}  // namespace perdure::journal
