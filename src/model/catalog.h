// Catalog: every version of every table definition a world has known, and which one is in force.
//
// What a newly declared definition means for a table that is there is decided in model/evolve.h.
//
// Thread rule: guarded by itself; definitions handed out live as long as the catalog.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "perdure/table.h"

namespace perdure {

// Names share SQL's one name space with views and indexes;
// listings and the heads of journal files stay short.
inline constexpr std::size_t tables_max = 10'000;

class Catalog {
public:
    Catalog() = default;

    // Takes a definition that has its id, version and numbers: from the journal or the store.
    // The same again is fine; another content under the same id and version is `corrupt`.
    Status add(const TableDefinition& definition);
    // What add() of all of these, one after the other, would answer; changes nothing.
    [[nodiscard]] Status try_all(std::span<const TableDefinition> definitions) const;

    // What declaring `wanted` would change, where nothing is said about older worlds: nullopt if
    // the table in force is just like it, else the definition to be committed. See model/evolve.h.
    Result<std::optional<TableDefinition>> evolve(const TableDefinition& wanted) const;
    // `no_space` at tables_max.
    Result<TableId> next_id() const;

    [[nodiscard]] const TableDefinition* find(TableId id) const;  // in force; nullptr if unknown
    [[nodiscard]] const TableDefinition* find(TableId id, std::uint32_t version) const;
    [[nodiscard]] const TableDefinition* find(std::string_view name) const;  // any case
    // Numbers of columns that had this name, in any case, when they were removed.
    [[nodiscard]] std::vector<std::uint16_t> removed(TableId id, std::string_view column) const;
    // Those in force now, by name in lower case; stays as it is.
    using Names = std::map<std::string, const TableDefinition*, std::less<>>;
    [[nodiscard]] std::shared_ptr<const Names> names() const;
    // In force, by id.
    [[nodiscard]] std::vector<const TableDefinition*> tables() const;

private:
    // The definitions themselves are shared.
    Catalog(const Catalog& other);

    mutable std::mutex mutex_;
    // Guarded by mutex_. Definitions are never freed before the catalog.
    std::map<std::pair<TableId, std::uint32_t>, std::shared_ptr<const TableDefinition>> versions_;
    std::map<TableId, const TableDefinition*> in_force_;
    std::map<std::string, TableId> by_name_;      // of those in force, in lower case
    mutable std::shared_ptr<const Names> names_;  // null: to be made when it is asked for
};

// Equal as persisted.
[[nodiscard]] bool is_same_definition(const TableDefinition& one, const TableDefinition& other);

// `corrupt` unless it is one that a catalog can have given: valid, with an id, a version, and
// numbers that are distinct and below the next one.
Status check_catalogued(const TableDefinition& definition);

// Persisted form of one definition, a valid one: docs/format/definition.md.
void encode_definition(const TableDefinition& definition, std::vector<std::byte>& to);
// Reads one definition and moves `from` behind it. `corrupt` if it is not one, `unsupported` if it
// is written in a newer format.
Result<TableDefinition> decode_definition(ByteSpan& from);

}  // namespace perdure
