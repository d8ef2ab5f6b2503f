// Definitions one after the other, as they stand at the head of a file and in a frame; and those
// that the writer of a journal has in force.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "model/catalog.h"
#include "model/change_set.h"
#include "perdure/status.h"
#include "perdure/table.h"

namespace perdure::journal {

// `bytes` must hold exactly `count` definitions.
Result<std::vector<TableDefinition>> decode_definitions(ByteSpan bytes, std::uint32_t count);

// What a new file begins with, and which versions of tables the frames of the current one may name.
// Kept apart from the world's catalog, which may already know definitions that are accepted and not
// yet journaled: those must not stand at the head of a file, or a crash could bring back a table
// that never came to be.
class DefinitionsInForce {
public:
    explicit DefinitionsInForce(const Catalog& catalog);

    void apply(const std::vector<TableDefinition>& definitions);
    // A new file has begun: it knows only what is in force.
    void begin_file();

    // Whether the current file can decode all batches of this change set.
    [[nodiscard]] bool know(const ChangeSet& changes) const;
    [[nodiscard]] std::uint32_t count() const noexcept {
        return static_cast<std::uint32_t>(in_force_.size());
    }
    [[nodiscard]] ByteSpan encoded() const noexcept { return encoded_; }

private:
    struct Entry {
        std::uint32_t version;
        std::vector<std::byte> encoded;
    };

    void encode();

    std::map<TableId, Entry> in_force_;
    std::vector<std::byte> encoded_;                        // all of them, by table id
    std::vector<std::pair<TableId, std::uint32_t>> known_;  // in the current file; sorted
};

}  // namespace perdure::journal
