// Replay: applies what a journal's recovery finds to a store, as an owner's drain would.
//
// Groups are gathered, coalesced and applied many at a time; a definition is applied by itself.
//
// Thread rule: one thread. Lifetime: the catalog that recovery fills, and the store, outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/checksum.h"
#include "journal/recovery.h"
#include "model/change_set.h"
#include "store/store.h"

namespace perdure::jobs {

class Replay {
public:
    // Takes the store over: it must be a private copy.
    static Result<Replay> begin(store::Store& store);

    // A group behind all before it.
    Status take(journal::GroupFound&& group);
    // Applies what is left. The store's watermark is then the last group's, tick and content hash
    // included.
    Status finish();

private:
    Replay(store::Store& store, const Watermark& from)
        : store_(store), reached_(from), applied_(from) {}

    void note_tick(const ChangeSet& set);
    Status apply_gathered();
    Result<Hash128> tick_content() const;

    store::Store& store_;
    Watermark reached_;  // by what was taken
    Watermark applied_;
    std::vector<journal::GroupFound> gathered_;
    std::uint64_t gathered_bytes_ = 0;
    // Of the last tick: what each batch adds to the content hash.
    std::optional<std::vector<std::pair<const TableDefinition*, Hash128>>> last_tick_;
};

}  // namespace perdure::jobs
