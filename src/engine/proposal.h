// Proposal: what a commit asks the engine to accept, as a whole or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/change_set.h"
#include "perdure/transaction.h"

namespace perdure::engine {

// A condition on one key, with what it compares made ready.
struct Check {
    const TableDefinition* table = nullptr;
    std::string key;
    Batch key_row;  // the key as a store is asked for it
    Condition::Kind kind = Condition::Kind::none;
    Batch expected;                    // of `equal`: one row
    std::vector<std::size_t> columns;  // of `equal`: which of its cells count

    // What was read from the store beforehand, and the store's watermark then: it stands as long as
    // nothing above read_at has been released from pending.
    bool read = false;
    Lsn read_at = 0;
    std::optional<Batch> stored;
};

// A key of a user table that the proposal changes.
struct TouchedKey {
    const TableDefinition* table = nullptr;
    std::string key;
    // Append-only: the key was beyond all others before this LSN was given; 0: it was looked for.
    Lsn new_at = 0;
    const Batch* row = nullptr;  // the staged row; alive for as long as the commit
};

struct Proposal {
    ChangeSet changes;
    std::vector<TouchedKey> touched;
    std::vector<Check> checks;
    bool from_tick = false;     // the keys that are reserved are its own
    bool from_program = false;  // passes the gate
    bool converts = false;      // rows of a table that is about to change, by the change itself
    // Set by Engine::commit(): this was the last tick once more, and what was captured is in no
    // change set: it stays marked.
    bool tick_again = false;
};

}  // namespace perdure::engine
