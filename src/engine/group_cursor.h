// GroupCursor: reads back from the journal what pending let go of. Entries are asked for one after
// the other, so the group read last is kept: it has most of the next ones.
//
// Thread rule: one thread. Lifetime: the journal and the catalog outlive it.
#pragma once

#include <vector>

#include "engine/pending.h"
#include "journal/journal.h"
#include "model/catalog.h"

namespace perdure::engine {

class GroupCursor {
public:
    GroupCursor(journal::Journal& journal, const Catalog& catalog)
        : journal_(journal), catalog_(catalog) {}

    // The journal's copy of an entry that was let go; good until the next call.
    Result<const ChangeSet*> find(const Entry& entry);
    void clear() { group_.clear(); }

private:
    journal::Journal& journal_;
    const Catalog& catalog_;
    journal::GroupAddress address_;  // of group_, unless that is empty
    std::vector<ChangeSet> group_;
};

}  // namespace perdure::engine
