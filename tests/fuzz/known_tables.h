// The tables that frames of the fuzzers' inputs may name, and frames as bytes.
#pragma once

#include <vector>

#include "fuzz/target.h"
#include "model/catalog.h"
#include "model/change_set.h"

namespace perdure::fuzz {

// Every type of column, every type of key, and an append-only one: ids 1 to 3.
[[nodiscard]] const Catalog& known_tables();

// The frame that the journal writes for it.
[[nodiscard]] std::vector<std::byte> frame_of(const ChangeSet& changes);

// The same rows and definitions under the same LSN and tick.
[[nodiscard]] bool same_changes(const ChangeSet& one, const ChangeSet& other);

}  // namespace perdure::fuzz
