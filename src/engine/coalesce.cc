#include "engine/coalesce.h"

#include <algorithm>
#include <deque>
#include <span>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "engine/key_set.h"
#include "engine/stored_key.h"
#include "model/key.h"
#include "model/rows.h"

namespace perdure::engine {

// Which rows of one operation are kept, with their keys for sorting.
class Coalescer::KeptRows {
public:
    void add(const Batch& batch, std::uint32_t row, std::uint64_t prefix, std::string_view key) {
        rows_.push_back({&batch, row});
        prefixes_.push_back(prefix);
        if (key.size() > 8) {
            long_keys_.resize(prefixes_.size());
            long_keys_.back() = key;
        }
    }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

    // Copies the rows from `first` on together; they are read from the copy from now on.
    void copy_from(std::size_t first, const TableDefinition& table, Operation operation) {
        PERDURE_ASSERT(first < rows_.size());
        const std::span<RowOf> rows = std::span(rows_).subspan(first);
        Result<Batch> copy = gather_rows(table, operation, rows);
        PERDURE_ASSERT(copy.ok());  // they are of one batch, and no larger than it
        PERDURE_ASSERT(copy->rows() == rows.size());
        const Batch& kept = copies_.emplace_back(*std::move(copy));
        for (std::uint32_t row = 0; row < rows.size(); ++row) rows[row] = {&kept, row};
    }

    Status finish_sorted(const TableDefinition& table, Operation operation,
                         std::vector<Batch>& to) {
        if (rows_.empty()) return {};
        PERDURE_ASSERT(prefixes_.size() == rows_.size());
        PERDURE_ASSERT(long_keys_.size() <= rows_.size());
        long_keys_.resize(long_keys_.empty() ? 0 : rows_.size());
        std::vector<Place> order(rows_.size());
        for (std::uint32_t at = 0; at < order.size(); ++at) order[at] = {prefixes_[at], at};
        const auto before = [&](const Place& left, const Place& right) {
            if (left.prefix != right.prefix) return left.prefix < right.prefix;
            if (long_keys_.empty()) return false;
            return long_keys_[left.at] < long_keys_[right.at];
        };
        if (!std::is_sorted(order.begin(), order.end(), before)) {
            std::sort(order.begin(), order.end(), before);
        }
        std::vector<RowOf> sorted;
        sorted.reserve(order.size());
        for (const Place& place : order) sorted.push_back(rows_[place.at]);
        // A range of the drain has fewer bytes than one batch may: see range_bytes_max.
        PERDURE_TAKE(Batch batch, gather_rows(table, operation, sorted));  // untaken: 2 GiB of rows
        PERDURE_ASSERT(batch.rows() == rows_.size());
        to.push_back(std::move(batch));
        return {};
    }

private:
    struct Place {
        std::uint64_t prefix;
        std::uint32_t at;
    };
    std::vector<RowOf> rows_;
    std::deque<Batch> copies_;  // of some of them
    std::vector<std::uint64_t> prefixes_;
    // As long as prefixes_ as soon as one key is longer than 8 bytes.
    std::vector<std::string> long_keys_;
};

class Coalescer::Table {
public:
    explicit Table(const TableDefinition& table)
        : table_(table),
          by_id_(table.key_columns == 1 && table.columns[0].type.kind == ColumnKind::id) {}

    std::uint64_t add(const Batch& batch, bool stays) {
        PERDURE_ASSERT(batch.table().id == table_.id);
        // A definition has a drain of its own: no range holds batches of two versions.
        PERDURE_ASSERT(batch.table().version == table_.version);
        if (table_.append_only && !seeded_bug("engine: append-only rows are coalesced")) {
            PERDURE_ASSERT(stays);
            appended_.push_back(&batch);
            return batch.rows();
        }
        KeptRows& to = batch.operation() == Operation::upsert ? upserted_ : erased_;
        if (&to == &erased_ && seeded_bug("engine: coalescing drops erases")) return 0;
        const std::size_t before = to.size();
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            if (by_id_) {
                const auto id = batch.fixed<std::uint64_t>(0, row);
                if (ids_.insert(id)) to.add(batch, row, id, {});
                continue;
            }
            key_.clear();
            encode_key(batch, row, key_);
            const std::uint64_t prefix = prefix_of(key_);
            const bool fresh =
                key_.size() == 8 ? short_keys_.insert(prefix) : other_keys_.insert(key_).second;
            if (fresh) to.add(batch, row, prefix, key_);
        }
        const std::size_t kept = to.size() - before;
        // Many rows are copied together while their batch is at hand; single ones stay where they
        // are, if they may.
        if (kept > 0 && (!stays || kept >= copied_rows_min)) {
            to.copy_from(before, table_, batch.operation());
        }
        return kept;
    }

    Status finish(store::Change& change) {
        change.table = &table_;
        Status done = erased_.finish_sorted(table_, Operation::erase, change.erased);
        PERDURE_TRY(done);  // untaken: 2 GiB of rows
        done = upserted_.finish_sorted(table_, Operation::upsert, change.upserted);
        PERDURE_TRY(done);  // untaken: 2 GiB of rows
        if (appended_.empty()) return {};
        std::vector<RowOf> rows;
        for (auto batch = appended_.rbegin(); batch != appended_.rend(); ++batch) {
            for (std::uint32_t row = 0; row < (*batch)->rows(); ++row)
                rows.push_back({*batch, row});
        }
        PERDURE_TAKE(Batch all, gather_rows(table_, Operation::upsert, rows));  // untaken: as above
        PERDURE_ASSERT(all.rows() == rows.size());
        change.upserted.push_back(std::move(all));
        return {};
    }

private:
    static constexpr std::size_t copied_rows_min = 16;

    const TableDefinition& table_;
    const bool by_id_;
    IdSet ids_;
    FlatSet short_keys_;  // of exactly eight bytes
    std::unordered_set<std::string> other_keys_;
    KeptRows upserted_;
    KeptRows erased_;
    std::vector<const Batch*> appended_;  // newest first
    std::string key_;
};

Coalescer::Coalescer() = default;
Coalescer::~Coalescer() = default;

void Coalescer::add(const ChangeSet& changes) {
    // Upserts come after erases in a change set, so they are newer.
    for (auto batch = changes.ephemeral.rbegin(); batch != changes.ephemeral.rend(); ++batch) {
        add_batch(*batch, true);
    }
    for (auto batch = changes.batches.rbegin(); batch != changes.batches.rend(); ++batch) {
        add_batch(*batch, true);
    }
}

void Coalescer::add_resident(const ChangeSet& copy) {
    for (auto batch = copy.batches.rbegin(); batch != copy.batches.rend(); ++batch) {
        if (batch->table().resident) add_batch(*batch, false);
    }
}

void Coalescer::add_batch(const Batch& batch, bool stays) {
    if (batch.bytes() == 0 || batch.rows() == 0) return;
    auto& table = tables_[batch.table().id];
    if (!table) table = std::make_unique<Table>(batch.table());
    rows_ += table->add(batch, stays);
}

Result<std::vector<store::Change>> Coalescer::finish() {
    std::vector<store::Change> changes;
    std::uint64_t rows = 0;
    for (auto& [id, table] : tables_) {
        store::Change& change = changes.emplace_back();
        PERDURE_TRY(table->finish(change));  // untaken: 2 GiB of rows
        for (const auto* batches : {&change.erased, &change.upserted}) {
            for (const Batch& batch : *batches) rows += batch.rows();
        }
    }
    PERDURE_ASSERT(rows == rows_);  // what was kept is applied, all of it and once
    tables_.clear();
    rows_ = 0;
    return changes;
}

}  // namespace perdure::engine
