// Everything that counts of a store: the rows of all tables that are not ephemeral, page by page,
// how many they are, and their digest. Copying a store is walking one and writing another: through
// Store alone, so from any back end to any other.
//
// Nobody may write to the store that is walked. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/checksum.h"
#include "model/change_set.h"
#include "perdure/batch.h"
#include "perdure/durability.h"
#include "perdure/status.h"
#include "store/store.h"

namespace perdure::jobs {

struct Contents {
    Hash128 digest;
    std::uint64_t rows = 0;
    std::map<std::string, std::uint64_t> tables;  // rows of each, empty ones too

    friend bool operator==(const Contents&, const Contents&) = default;
};

// Asked between steps. Its failure ends the job, and is what the job answers.
using GoOn = std::function<Status()>;

// The categories that the store knows, by name. A store without a table of them has none.
Result<std::map<std::string, Category>> stored_categories(store::Store& store);

// Visits every row that counts, table by table, in key order. A visit may
// borrow the page's batch, and puts it back.
Result<Contents> walk_tables(store::Store& store, const std::function<Status(Batch&)>& visit);

// Every definition and every row that counts, from one store into a new one, which then says that
// it is where `from` is, safely. The definitions' own LSNs are not kept: they are 0.
Result<Contents> copy_tables(store::Store& from, store::Store& to, const GoOn& go_on);

}  // namespace perdure::jobs
