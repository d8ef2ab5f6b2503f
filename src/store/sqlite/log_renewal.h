// Log renewal: what a failed flush asks for before SQLite may read its log again.
//
// After a failed flush a file system may go on showing bytes that never reached the disk, and take
// them for flushed (ext4 and XFS do). SQLite, opened again, would find its log whole, flush it,
// which does nothing, and copy it into the file; a power failure in the middle leaves pages of
// which the log on the disk knows nothing. So who sees a flush fail leaves a note beside the file,
// and whoever opens it next writes the log anew, byte for byte, before SQLite looks at it. A power
// failure makes that needless, so that the note need not survive one. docs/format/sqlite.md.
//
// Thread rule: one thread, while nobody else writes.
#pragma once

#include <string>

#include "perdure/status.h"

namespace perdure::store::sqlite {

// Of the database file `path`, on the VFS registered as `base`.
Status leave_renewal_note(const std::string& base, const std::string& path);
// Nothing, if there is no note. Afterwards the log is on the disk as it can be read, or it is `io`,
// `no_space`, and as it was: then it must not be opened.
Status renew_log(const std::string& base, const std::string& path);

}  // namespace perdure::store::sqlite
