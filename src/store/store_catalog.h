// StoreCatalog: every definition that the store holds, in the order in which they were applied, so
// that each snapshot finds the ones of its time.
//
// Thread rule: any thread. Lifetime: definitions live as long as the catalog.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "perdure/status.h"
#include "perdure/table.h"

namespace perdure::store {

class StoreCatalog {
public:
    // Whether this is news: false if the very same is known. `incompatible` names what a table
    // cannot become: another name or key, a column of another type under its number, a version that
    // is past.
    Result<bool> is_new(const TableDefinition& definition) const;
    // Whether rows of this table, and in this version of it, can be taken: `incompatible` if it is
    // unknown.
    Status check_known(const TableDefinition& table) const;
    // Takes the next one. Nobody sees it who looks at a smaller count.
    void add(const TableDefinition& definition);
    // Forgets all but the first `count`: their transaction was undone.
    void cut(std::uint64_t count);

    [[nodiscard]] std::uint64_t count() const;
    [[nodiscard]] std::vector<TableDefinition> all() const;
    // Among the first `count`: the last version of this table, or nullptr.
    [[nodiscard]] const TableDefinition* in_force(TableId id, std::uint64_t count) const;
    [[nodiscard]] const TableDefinition* find(TableId id, std::uint32_t version) const;
    [[nodiscard]] const TableDefinition* first(TableId id) const;

private:
    struct Entry {
        std::uint64_t sequence;  // 1, 2, …
        const TableDefinition* definition;
    };

    mutable std::mutex mutex_;
    std::deque<TableDefinition> definitions_;  // a deque: they do not move
    std::map<TableId, std::vector<Entry>> by_table_;
};

}  // namespace perdure::store
