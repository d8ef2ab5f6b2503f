// StoreCatalog: every definition that the store holds, in the order in which they were applied, so
// that each snapshot finds the ones of its time.
//
// Thread rule: any thread. Lifetime: definitions live as long as the catalog.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "perdure/status.h"
#include "perdure/table.h"

namespace perdure::store {

class StoreCatalog {
public:
    // Whether this is news: false if the very same is known. `incompatible` names what a table
    // cannot become: another key, a name that another table has, a column under its number that is
    // no wider one, a version that is past.
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

// Whether rows of the version in force can be read as `wanted`: not where that is narrower.
Status check_readable(const TableDefinition& wanted, const TableDefinition& in_force);
// `invalid` if the version in force has a column of one of these numbers.
Status check_removed(const TableDefinition& in_force, std::span<const std::uint16_t> numbers);

}  // namespace perdure::store
