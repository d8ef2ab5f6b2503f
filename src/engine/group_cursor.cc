#include "engine/group_cursor.h"

#include "base/assert.h"
#include "base/error.h"

namespace perdure::engine {

Result<const ChangeSet*> GroupCursor::find(const Entry& entry) {
    PERDURE_ASSERT(entry.let_go);
    PERDURE_ASSERT(entry.epoch != 0);  // the journal has it
    if (group_.empty() || address_.file != entry.address.file ||
        address_.offset != entry.address.offset) {
        group_.clear();  // if it cannot be read
        PERDURE_TAKE(group_, journal_.read(entry.address, catalog_));
        address_ = entry.address;
    }
    const Lsn lsn = entry.changes.lsn;
    PERDURE_ASSERT(!group_.empty());
    PERDURE_ASSERT(lsn >= group_.front().lsn);
    PERDURE_ASSERT(lsn <= group_.back().lsn);
    const ChangeSet& found = group_[lsn - group_.front().lsn];
    PERDURE_ASSERT(found.lsn == lsn);
    return &found;
}

}  // namespace perdure::engine
