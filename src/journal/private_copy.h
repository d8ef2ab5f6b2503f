// A copy of a journal's newer part, for those who want to read it at leisure while its owner goes
// on.
//
// An owner writes a group, flushes it, and only then writes the next one. A file that is copied
// from its end to its beginning therefore holds what some crash could have left, and so does a
// journal whose newest file is copied first; recover() judges the copy like any other journal.
// (Within one read the order is the disk's: a copy that recover() finds damaged is made again.)
//
// Thread rule: one thread; beside an owner, in its process too. Changes nothing in the journal.
#pragma once

#include <cstdint>
#include <string>

#include "io/file_system.h"
#include "model/change_set.h"
#include "perdure/status.h"
#include "perdure/value.h"

namespace perdure::journal {

// Copies the files that may hold change sets after `after` into `to`, an empty directory; returns
// how many bytes. The caller sees to it that those are not trimmed. Then flushes the newest of them
// where it is, so that what is in the copy is durable in the journal. `busy`: a file was trimmed
// meanwhile; `corrupt`: the files do not fit together, at rest for certain, beside an owner perhaps
// only while it makes or removes one: both are worth another look. `io` names a block that cannot
// be read, anywhere in these files.
Result<std::uint64_t> copy_after(io::FileSystem& files, const std::string& directory,
                                 const Uuid& world, Lsn after, const std::string& to);

}  // namespace perdure::journal
