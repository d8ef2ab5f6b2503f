#include "engine/coalesce.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/error.h"
#include "engine/key_set.h"
#include "model/batch_builder.h"
#include "model/key.h"

namespace perdure::engine {
namespace {

std::uint64_t prefix_of(std::string_view key) {
    std::uint64_t prefix = 0;
    std::memcpy(&prefix, key.data(), std::min<std::size_t>(8, key.size()));
    return __builtin_bswap64(prefix);
}

// Rows of one operation, in the order in which they were gathered, with their keys for sorting.
class Gathered {
public:
    Gathered(const TableDefinition& table, Operation operation) : builder_(table, operation) {}

    void add(const Batch& batch, std::uint32_t row, std::uint64_t prefix, std::string_view key) {
        builder_.add(batch, row);
        prefixes_.push_back(prefix);
        if (key.size() > 8) {
            long_keys_.resize(prefixes_.size());
            long_keys_.back() = key;
        }
    }
    [[nodiscard]] bool empty() const { return builder_.rows() == 0; }

    Status finish_sorted(const TableDefinition& table, Operation operation,
                         std::vector<Batch>& to) {
        if (empty()) return {};
        const std::uint32_t rows = builder_.rows();
        PERDURE_TAKE(Batch gathered, builder_.finish());
        long_keys_.resize(long_keys_.empty() ? 0 : rows);
        std::vector<std::uint32_t> order(rows);
        std::iota(order.begin(), order.end(), 0U);
        const auto before = [&](std::uint32_t left, std::uint32_t right) {
            if (prefixes_[left] != prefixes_[right]) return prefixes_[left] < prefixes_[right];
            if (long_keys_.empty()) return false;
            return long_keys_[left] < long_keys_[right];
        };
        if (std::is_sorted(order.begin(), order.end(), before)) {
            to.push_back(std::move(gathered));
            return {};
        }
        std::sort(order.begin(), order.end(), before);
        BatchBuilder sorted(table, operation);
        for (const std::uint32_t row : order) sorted.add(gathered, row);
        PERDURE_TAKE(Batch batch, sorted.finish());
        to.push_back(std::move(batch));
        return {};
    }

private:
    BatchBuilder builder_;
    std::vector<std::uint64_t> prefixes_;
    std::vector<std::string>
        long_keys_;  // as long as prefixes_ as soon as one key is longer than 8 bytes
};

}  // namespace

class Coalescer::Table {
public:
    explicit Table(const TableDefinition& table)
        : table_(table),
          by_id_(table.key_columns == 1 && table.columns[0].type.kind == ColumnKind::id),
          upserted_(table, Operation::upsert),
          erased_(table, Operation::erase) {}

    std::uint64_t add(const Batch& batch) {
        PERDURE_ASSERT(batch.table().id == table_.id && batch.table().version == table_.version);
        if (table_.append_only) {
            appended_.push_back(&batch);
            return batch.rows();
        }
        Gathered& to = batch.operation() == Operation::upsert ? upserted_ : erased_;
        std::uint64_t kept = 0;
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            if (by_id_) {
                const auto id = batch.fixed<std::uint64_t>(0, row);
                if (!ids_.insert(id)) continue;
                to.add(batch, row, id, {});
            } else {
                key_.clear();
                encode_key(batch, row, key_);
                const std::uint64_t prefix = prefix_of(key_);
                const bool fresh =
                    key_.size() == 8 ? short_keys_.insert(prefix) : other_keys_.insert(key_).second;
                if (!fresh) continue;
                to.add(batch, row, prefix, key_);
            }
            ++kept;
        }
        return kept;
    }

    Status finish(store::Change& change) {
        change.table = &table_;
        PERDURE_TRY(erased_.finish_sorted(table_, Operation::erase, change.erased));
        PERDURE_TRY(upserted_.finish_sorted(table_, Operation::upsert, change.upserted));
        if (!appended_.empty()) {
            BatchBuilder all(table_, Operation::upsert);
            for (auto batch = appended_.rbegin(); batch != appended_.rend(); ++batch) {
                for (std::uint32_t row = 0; row < (*batch)->rows(); ++row) all.add(**batch, row);
            }
            PERDURE_TAKE(Batch rows, all.finish());
            change.upserted.push_back(std::move(rows));
        }
        return {};
    }

private:
    const TableDefinition& table_;
    const bool by_id_;
    IdSet ids_;
    FlatSet short_keys_;  // of exactly eight bytes
    std::unordered_set<std::string> other_keys_;
    Gathered upserted_;
    Gathered erased_;
    std::vector<const Batch*> appended_;  // newest first; they stay where they are until finish()
    std::string key_;
};

Coalescer::Coalescer() = default;
Coalescer::~Coalescer() = default;

void Coalescer::add(const ChangeSet& changes, Which which) {
    // Upserts come after erases in a change set, so they are newer.
    for (auto batch = changes.ephemeral.rbegin(); batch != changes.ephemeral.rend(); ++batch) {
        add_batch(*batch);
    }
    for (auto batch = changes.batches.rbegin(); batch != changes.batches.rend(); ++batch) {
        if (which == Which::resident && !batch->table().resident) continue;
        add_batch(*batch);
    }
}

void Coalescer::add_batch(const Batch& batch) {
    if (batch.bytes() == 0 || batch.rows() == 0) return;
    auto& table = tables_[batch.table().id];
    if (!table) table = std::make_unique<Table>(batch.table());
    rows_ += table->add(batch);
}

Result<std::vector<store::Change>> Coalescer::finish() {
    std::vector<store::Change> changes;
    for (auto& [id, table] : tables_) {
        PERDURE_TRY(table->finish(changes.emplace_back()));
    }
    tables_.clear();
    rows_ = 0;
    return changes;
}

}  // namespace perdure::engine
