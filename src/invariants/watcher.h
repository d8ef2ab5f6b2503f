// Watcher: what the invariants of a world add up to, kept as rows change: a shadow of each watched
// table, and from it the totals and the references to nothing.
//
//     watcher.take(batch);              // opening: the store's rows, then what is pending
//     watcher.change(batch);            // a change set that may be refused: batch by batch
//     watcher.keep();  or  watcher.undo();
//
// It knows batches, not what made them: components, relations and tables are the same here. A row
// that comes to be what it was is no change.
//
// Thread rule: one thread at a time. Lifetime: the catalog must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "invariants/row_shadow.h"
#include "invariants/total.h"
#include "model/catalog.h"
#include "perdure/validation.h"

namespace perdure::invariants {

class Watcher {
public:
    // Of invariants that check_invariant() accepted, and tables that are in force.
    Watcher(std::span<const Invariant> invariants, const Catalog& catalog);

    [[nodiscard]] bool watches(TableId table) const { return by_id_.count(table) != 0; }
    // The tables that an invariant looks at.
    [[nodiscard]] std::vector<const TableDefinition*> tables_of(std::size_t invariant) const;
    // As which it is known whatever its tables and columns are called: "+3.2 -5.2" is column 2 of
    // table 3 without column 2 of table 5, "3.4>7" column 4 of table 3, which refers to table 7.
    [[nodiscard]] const std::string& identity(std::size_t invariant) const {
        return watched_[invariant].identity;
    }

    // Rows as they are, for good. `corrupt` if they lack a column that is watched.
    Status take(const Batch& batch);
    // Rows as a change set would have them; tables that are not watched are passed over.
    void change(const Batch& batch);
    void keep() noexcept;
    void undo() noexcept;

    [[nodiscard]] bool is_real(std::size_t invariant) const;
    // The sum, or how many rows refer to nothing.
    [[nodiscard]] Amount found(std::size_t invariant) const;
    [[nodiscard]] std::uint64_t not_finite(std::size_t invariant) const;

    // For tests: all that is known is the same.
    [[nodiscard]] bool equals(const Watcher& other) const;
    [[nodiscard]] std::size_t rows_known() const;

private:
    // Where an invariant finds its number.
    struct Watched {
        Invariant::Kind kind;
        std::size_t at;  // in totals_ or references_
        std::string identity;
        std::vector<const TableDefinition*> tables;
    };
    struct Use {
        std::size_t total;
        bool minus;
    };
    struct Summed {  // a column, one word
        std::uint16_t number;
        ColumnKind kind;
        std::size_t word;
        std::vector<Use> uses;
    };
    struct Referring {  // a column, two words
        std::uint16_t number;
        std::size_t word;
        std::size_t reference;
        bool zero_is_none;
    };
    struct Table {
        const TableDefinition* definition;
        RowShadow shadow{0};
        std::size_t words = 0;
        std::vector<Summed> sums;
        std::vector<Referring> referring;
        std::vector<std::size_t> targeted;  // references to its rows
    };
    struct Reference {
        std::size_t target;   // in tables_
        RowShadow counts{1};  // how many rows refer to a key
        std::uint64_t to_nothing = 0;
    };
    struct Before {  // a row, as it was
        std::size_t table;
        RowKey key;
        bool there;
    };

    std::size_t table(const TableDefinition& definition);
    void add_sum(const Invariant& invariant, const Catalog& catalog);
    void add_reference(const Invariant& invariant, const Catalog& catalog);
    // Where the watched columns are in this batch. False: one is not.
    [[nodiscard]] bool find_columns(const Table& table, const Batch& batch);
    void read_row(const Table& table, const Batch& batch, std::uint32_t row);
    void put_rows(std::size_t at, const Batch& batch, bool remember);
    // The row comes to be what is in words_, or goes.
    void replace(std::size_t at, const RowKey& key, bool there, bool remember);
    void refer(const Referring& column, const std::uint64_t* words, bool comes);
    void target_came_or_went(const Table& table, const RowKey& key, bool came);

    std::vector<Watched> watched_;
    std::vector<Table> tables_;
    std::map<TableId, std::size_t> by_id_;
    std::vector<Total> totals_;
    std::vector<Reference> references_;

    // Of the change set under way: its rows as they were, in order, and their words.
    std::vector<Before> before_;
    std::vector<std::uint64_t> before_words_;

    // Scratch.
    std::vector<std::size_t> columns_;
    std::vector<std::uint64_t> words_;  // of one row
};

}  // namespace perdure::invariants
