// State digest and content hash: what is in the tables, whatever holds them and in whatever order.
//
// docs/format/digest.md has the exact bytes. The digest of a state is the sum modulo 2^128 of its
// rows' hashes; the content hash of a tick is the same sum over its changes, erases told apart.
#pragma once

#include <cstdint>

#include "base/checksum.h"
#include "model/change_set.h"
#include "perdure/batch.h"

namespace perdure {

// Of one row of an upsert batch: XXH3-128 over key and non-null columns by number, seeded by the
// table's name. A column whose value equals its default is hashed like any other.
[[nodiscard]] Hash128 row_digest(const Batch& batch, std::uint32_t row);
// The sum over all rows of an upsert batch.
[[nodiscard]] Hash128 batch_digest(const Batch& batch);
// Of a change set, order of batches and rows left out. Ephemeral rows do not count.
[[nodiscard]] Hash128 content_hash(const ChangeSet& changes);
// What one of its batches adds to that.
[[nodiscard]] Hash128 content_hash(const Batch& batch);

}  // namespace perdure
