// RelationTable: a relation type, its edges, and their passage to and from its table.
//
// Of a relation that the schema does not list it keeps the pairs without their data, so that they
// can be erased with their entities: a key of two columns must be known to be erased.
//
// Thread rule: the world's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/checksum.h"
#include "entities/interval.h"
#include "entities/relation_edges.h"
#include "model/structs.h"
#include "perdure/durability.h"
#include "perdure/schema.h"

namespace perdure::entities {

class RelationTable {
public:
    explicit RelationTable(const Schema::DeclaredRelation& declared);
    // One that is in force and that the schema does not list.
    explicit RelationTable(const TableDefinition& unlisted);
    RelationTable(const RelationTable&) = delete;
    RelationTable& operator=(const RelationTable&) = delete;

    // To be declared; then, once it is in force, what is.
    [[nodiscard]] TableDefinition wanted() const;
    void bind(const TableDefinition& in_force, const Category& category);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const TableDefinition& definition() const noexcept { return *definition_; }
    [[nodiscard]] bool is_listed() const noexcept { return listed_; }
    [[nodiscard]] bool is_ephemeral() const noexcept {
        return category_.durability == Level::ephemeral;
    }
    [[nodiscard]] RelationEdges& edges() noexcept { return edges_; }

    // Hydration, as of Registry. `highest`: raised to the highest id seen.
    Status load(const Batch& batch, std::uint64_t& highest);
    // Edges of entities that are not alive stay in the store, but are not seen here.
    void drop_orphans(const std::function<bool(std::uint64_t)>& alive,
                      std::vector<std::string>& remarks);

    // The program's code is replaced, and `from` is the same relation as it was known before.
    // `to`: what this one's definition will be, of which `evolve` makes rows.
    Status take_over(const RelationTable& from, const TableDefinition& to,
                     const std::function<Result<Batch>(const Batch&)>& evolve);
    // Rows of the store, for one that was not listed before; then what `from` has removed of them.
    Status load_stored(const Batch& rows);
    void remove_also(const RelationTable& from);
    // The pairs alone, for one that is listed no more.
    void take_over_pairs(const RelationTable& from);
    [[nodiscard]] bool is_like(const Schema::DeclaredRelation& declared) const;
    // Nothing has to go out.
    [[nodiscard]] bool is_clean() const noexcept {
        return edges_.changed().empty() && edges_.removed().empty();
    }

    // As of Registry. Adds an erase and an upsert batch, where there is something.
    Status capture(std::uint64_t now_ms, bool everything, BlockPool& pool, std::vector<Batch>& to);
    void captured(std::uint64_t now_ms);

    // Of the edges as they are now, without those that capture refuses.
    [[nodiscard]] Hash128 digest() const;

private:
    struct Gathered {  // kept between ticks
        std::vector<std::uint64_t> from;
        std::vector<std::uint64_t> to;
        std::vector<const std::byte*> values;

        void clear();
        void add(const RelationEdges& edges, std::uint32_t row);
    };

    void gather(const RowMarks& marks, bool values);
    Status load_upserts(const Batch& batch, std::uint64_t& highest);
    Status place(const Batch& rows, const StructPlan& plan, std::uint64_t& highest);
    Status load_erases(const Batch& batch, std::uint64_t& highest);

    const std::string name_;
    const bool listed_;
    const TypeNumber type_ = 0;
    const StructShape shape_;
    const RelationOptions options_;
    RelationEdges edges_;

    // Known once the definition is in force.
    const TableDefinition* definition_ = nullptr;
    StructPlan plan_;
    Category category_;

    Interval interval_;
    // Of the capture under way: whether changed rows are in it, or only fresh ones.
    bool capturing_changed_ = false;
    Gathered gathered_;
};

}  // namespace perdure::entities
