// ChangeSet: the batches that one commit makes atomic. One LSN, one frame.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/checksum.h"
#include "perdure/batch.h"
#include "perdure/durability.h"

namespace perdure {

// The position of a change set in the world's one order: 1, 2, 3, …; 0 is before everything.
using Lsn = std::uint64_t;

struct ChangeSet {
    Lsn lsn = 0;                        // given at acceptance
    std::optional<std::uint64_t> tick;  // the tick that this change set ends
    // Rows for the journal and the store. At most one batch per table and operation; erases come
    // before upserts of the same table.
    std::vector<Batch> batches;
    // Rows of ephemeral tables: left out of the frame, drained with the LSN.
    std::vector<Batch> ephemeral;
    // Tables that come to be, or change, with this change set. Nothing else is in it then.
    std::vector<TableDefinition> definitions;

    [[nodiscard]] std::uint64_t bytes() const noexcept;  // of all batches
};

// "LSN 17, tick 5: 2 batches", and below it the text of each batch and definition.
[[nodiscard]] std::string to_text(const ChangeSet& changes, const TextLimits& limits = {});

// How far a sink is. Two watermarks with the same epoch and LSN and other chains are two histories.
struct Watermark {
    std::uint64_t epoch = 0;
    Lsn lsn = 0;
    Hash128 chain;                      // over group headers, at the group that ends with lsn
    std::optional<std::uint64_t> tick;  // the last tick at or before lsn
    Hash128 tick_content;               // content hash of that tick, see digest.h

    friend bool operator==(const Watermark&, const Watermark&) = default;
};

}  // namespace perdure
