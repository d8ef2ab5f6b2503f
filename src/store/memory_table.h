// MemoryTable: rows of one table in the order of their keys, each in the version it was written in.
//
// Thread rule: a value; one thread at a time, or several that only read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "perdure/batch.h"
#include "perdure/status.h"

namespace perdure::store {

class MemoryTable {
public:
    // Whether a row of the batch has a key that is there already; the first such row.
    [[nodiscard]] std::optional<std::uint32_t> find_duplicate(const Batch& batch) const;
    // `version` lives as long as the table, and is equal to the batch's own.
    void upsert(const Batch& batch, const TableDefinition& version);
    void erase(const Batch& keys);
    void clear();
    // Every row in this version of the table, which is the one in force.
    Status rewrite(const TableDefinition& in_force);

    // As Snapshot's. A column that `in_force` does not have reads as its default.
    Result<Batch> find(const TableDefinition& wanted, const TableDefinition& in_force,
                       const Batch& keys) const;
    Result<Batch> scan(const TableDefinition& wanted, const TableDefinition& in_force,
                       const Batch* after, std::uint32_t after_row, std::uint32_t limit) const;
    Result<Batch> last(const TableDefinition& wanted, const TableDefinition& in_force) const;
    [[nodiscard]] std::uint64_t count() const { return rows_.size(); }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    struct Row {
        const TableDefinition* version;
        std::string cells;
    };
    using Rows = std::map<std::string, Row>;

    Rows rows_;  // by encoded key
    std::uint64_t bytes_ = 0;
};

}  // namespace perdure::store
