// Between structs and batches: gathering structs into columns, scattering columns into structs.
//
// A StructPlan says, column by column, which field a
// table's column is; made once per component and schema.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/batch_builder.h"
#include "perdure/batch.h"
#include "perdure/component.h"

namespace perdure {

class BlockPool;

struct StructPlan {
    // For columns key_columns..end of the table: the field, or nullptr for a column that this
    // struct does not have (its default is written).
    std::vector<const FieldShape*> fields;
};

// The columns a struct asks for, under a key of the caller's choosing.
[[nodiscard]] TableDefinition definition_of(const StructShape& shape, std::string_view key_name,
                                            ColumnType key_type);
// The same under a key of two entities, `from` and `to`: a relation's.
[[nodiscard]] TableDefinition pair_definition_of(const StructShape& shape);
// `shape` must outlive the plan. Columns match fields by name, in any case; `table` is the version
// that the catalog accepted for this shape, so that types are the same.
[[nodiscard]] StructPlan plan_structs(const StructShape& shape, const TableDefinition& table);

// An upsert batch of ids (the single key column, 64 bits) and the structs at `rows`, which may be
// empty if the plan has no fields. `invalid` names the entity and field whose text is not UTF-8
// without NUL, or whose id has more than 63 bits.
Result<Batch> gather_structs(const TableDefinition& table, const StructPlan& plan,
                             std::span<const std::uint64_t> ids,
                             std::span<const std::byte* const> rows, BlockPool* pool);

// The same from an array for each field of the shape: row i is what lies at positions[i] of each.
// `shape` is the plan's.
Result<Batch> gather_fields(const TableDefinition& table, const StructPlan& plan,
                            const StructShape& shape, std::span<const std::uint64_t> ids,
                            std::span<const std::uint32_t> positions,
                            std::span<const FieldArray> arrays, BlockPool* pool);
// The same of pairs of ids, the two key columns.
Result<Batch> gather_pairs(const TableDefinition& table, const StructPlan& plan,
                           std::span<const std::uint64_t> from, std::span<const std::uint64_t> to,
                           std::span<const std::byte* const> rows, BlockPool* pool);

// Writes one row of a batch over a live struct.
void scatter_struct(const Batch& batch, const StructPlan& plan, std::uint32_t row, std::byte* to);

// Writes `count` rows beginning at `first` over structs that lie `stride` bytes apart.
void scatter_structs(const Batch& batch, const StructPlan& plan, std::uint32_t first,
                     std::uint32_t count, std::byte* to, std::size_t stride);

}  // namespace perdure
