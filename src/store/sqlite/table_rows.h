// RowGatherer: rows of a SELECT, column by column, into one batch. The way back of cell_view.h.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "model/batch_builder.h"
#include "perdure/batch.h"
#include "perdure/status.h"
#include "store/sqlite/connection.h"

namespace perdure::store::sqlite {

// Gathers the columns of `wanted`, then `_exact` if it has reals: what column_list() selects.
class RowGatherer {
public:
    explicit RowGatherer(const TableDefinition& wanted) : RowGatherer(wanted, wanted) {}
    // `in_force`: the version that the SQL table has; `wanted` is not narrower.
    RowGatherer(const TableDefinition& wanted, const TableDefinition& in_force);

    // Adds the row that the statement stands on. `corrupt` names a cell that no batch could have
    // given; then nothing was added.
    Status add(Statement& row);
    [[nodiscard]] std::uint32_t rows() const noexcept { return rows_; }  // added
    // The rows added, as a batch of `wanted` (the same, or an equal one). Empties the gatherer,
    // even if they are more than a batch holds.
    Result<Batch> finish(const TableDefinition& wanted);
    void clear() noexcept;  // forgets the rows added

private:
    struct Gathered {
        std::string name;
        ColumnType type;
        std::uint16_t number = 0;
        bool is_key = false;
        bool nullable = false;
        bool null_is_default = false;         // NULL is the default, not null
        bool stored_as_f32 = false;           // and wanted as f64
        std::vector<std::byte> default_cell;  // what NULL is then
        std::vector<std::byte> data;          // bools: a byte each
        std::vector<std::uint32_t> ends;      // of variable cells
        std::vector<std::byte> present;       // one per row; empty while no row is null

        [[nodiscard]] std::uint32_t width() const noexcept;
    };

    void check(const Gathered& column) const;
    void fill(BatchFrame& frame, std::span<const ColumnNeed> needs) const;
    Status add_cells(Statement& row);
    void take_back();
    bool add_cell(Gathered& column, Statement& row, int index);
    void add_missing(Gathered& column);
    void add_default(Gathered& column);
    bool add_integer(Gathered& column, std::int64_t value);
    bool add_exact(ByteSpan entries);
    Status refuse(const Gathered& column) const;

    std::string table_;
    std::vector<Gathered> columns_;
    bool has_reals_ = false;
    std::uint32_t rows_ = 0;
};

}  // namespace perdure::store::sqlite
