// Staging: the changes of a transaction before its commit: rows by table and key, and the
// conditions on them.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/proposal.h"

namespace perdure::engine {

class Engine;

// Rows that one transaction may stage: beyond it, load in several. Keeps a mistake from eating all
// memory.
inline constexpr std::size_t staged_rows_max = 4'000'000;

class Staging {
public:
    Staging(Engine& engine, bool is_tick, std::size_t rows_max = staged_rows_max)
        : engine_(engine), is_tick_(is_tick), rows_max_(rows_max) {}
    ~Staging();
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;

    Status put(std::string_view table, std::span<const Cell> row, const Condition& condition);
    Status erase(std::string_view table, std::span<const Cell> key, const Condition& condition);
    Status append(std::string_view table, std::span<const Cell> row);
    Status put_structs(std::string_view table, const StructShape& shape,
                       std::span<const std::byte> rows, std::size_t stride);
    // How far it has come. Back to there: for those who stage many rows, or none. A tick's keys
    // stay reserved.
    struct Mark {
        std::size_t rows = 0;
        std::size_t checks = 0;
    };
    [[nodiscard]] Mark mark() const noexcept { return {rows_.size(), checks_.size()}; }
    void back_to(const Mark& mark) { unstage(mark.rows, mark.checks); }
    Result<std::optional<Batch>> find(std::string_view table, std::span<const Cell> key);
    Status prefetch(std::string_view table, std::span<const Row> keys);

    Result<Token> commit(const CommitOptions& options);

    // Adds what is staged to a proposal, one batch per table and operation, the last change of a
    // key winning.
    Status propose(Proposal& proposal);
    // What was proposed has been accepted: nothing is staged any more.
    void clear();
    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

private:
    struct StagedRow {
        const TableDefinition* table;
        std::string key;
        Batch row;       // one row
        Lsn new_at = 0;  // see TouchedKey
    };

    Result<const TableDefinition*> user_table(std::string_view name, bool append) const;
    Status stage(const TableDefinition& table, Operation operation, std::span<const Cell> cells,
                 const Condition& condition);
    Status judge_now(Check& check);
    [[nodiscard]] Status check_room() const;
    [[nodiscard]] const StagedRow* find_staged(const TableDefinition& table, std::string_view key);
    void unstage(std::size_t rows, std::size_t checks);

    Engine& engine_;
    const bool is_tick_;
    const std::size_t rows_max_;
    std::vector<StagedRow> rows_;  // in the order in which they were staged
    std::vector<Check> checks_;
    // Where in rows_ the newest row of a key is, of the first so many rows.
    std::map<std::pair<TableId, std::string>, std::size_t> newest_;
    std::size_t indexed_ = 0;
    std::map<std::pair<TableId, std::string>, Check> prefetched_;  // ticks: what the store had
};

}  // namespace perdure::engine
