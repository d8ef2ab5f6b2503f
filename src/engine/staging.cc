#include "engine/staging.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "engine/check.h"
#include "engine/engine.h"
#include "engine/read_view.h"
#include "model/field_value.h"
#include "model/key.h"
#include "model/rows.h"

namespace perdure::engine {
namespace {

Result<Batch> one_row(const TableDefinition& table, Operation operation,
                      std::span<const Cell> cells) {
    Result<Batch> row = make_row(table, operation, cells);
    if (row) return row;
    for (const Cell& cell : cells) {
        if (table.find_column(cell.column)) continue;
        return error(Code::not_found, "table '{}' has no column '{}'", table.name, cell.column);
    }
    return row;
}

}  // namespace

Staging::~Staging() { clear(); }

void Staging::clear() {
    if (is_tick_) engine_.release_reserved();
    unstage(0, 0);
    prefetched_.clear();
}

// Forgets what was staged behind the first so many rows and checks.
void Staging::unstage(std::size_t rows, std::size_t checks) {
    PERDURE_ASSERT(rows <= rows_.size());
    PERDURE_ASSERT(checks <= checks_.size());
    rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(rows), rows_.end());
    checks_.erase(checks_.begin() + static_cast<std::ptrdiff_t>(checks), checks_.end());
    newest_.clear();
    indexed_ = 0;
}

Result<const TableDefinition*> Staging::user_table(std::string_view name, bool append) const {
    PERDURE_TRY(InsideGate::refuse(engine_));
    const TableDefinition* table = engine_.catalog().find(name);
    if (!table) return error(Code::not_found, "there is no table '{}' in this world", name);
    if (table->resident) {
        return error(Code::invalid,
                     "'{}' is the table of a component: change it through entities()", name);
    }
    if (table->name.front() == '_') {
        return error(Code::invalid, "table '{}' is Perdure's own", name);
    }
    if (append && !table->append_only) {
        return error(Code::invalid, "table '{}' is not append-only: use put", name);
    }
    if (!append && table->append_only) {
        return error(Code::invalid, "table '{}' is append-only: use append", name);
    }
    return table;
}

Status Staging::put(std::string_view name, std::span<const Cell> row, const Condition& condition) {
    PERDURE_TAKE(const TableDefinition* table, user_table(name, false));
    return stage(*table, Operation::upsert, row, condition);
}

Status Staging::erase(std::string_view name, std::span<const Cell> key,
                      const Condition& condition) {
    PERDURE_TAKE(const TableDefinition* table, user_table(name, false));
    return stage(*table, Operation::erase, key, condition);
}

Status Staging::append(std::string_view name, std::span<const Cell> row) {
    PERDURE_TAKE(const TableDefinition* table, user_table(name, true));
    PERDURE_TRY(check_room());
    PERDURE_TAKE(Batch batch, one_row(*table, Operation::upsert, row));
    std::string key;
    encode_key(batch, 0, key);
    if (!rows_.empty() && find_staged(*table, key)) {
        return error(Code::conflict, "table '{}': key {} is appended twice in one commit", name,
                     key_text(batch, 0));
    }
    // A key beyond all others is new without looking; others must be looked for.
    Lsn new_at = 0;
    if (!engine_.is_beyond_all(*table, key, is_tick_, new_at)) {
        Check check;
        check.table = table;
        check.key = key;
        check.kind = Condition::Kind::absent;
        check.key_row = key_row(batch, 0);
        if (is_tick_) {
            PERDURE_TRY(judge_now(check));
        } else {
            checks_.push_back(std::move(check));
        }
    }
    rows_.push_back({table, std::move(key), std::move(batch), new_at});
    return {};
}

Status Staging::check_room() const {
    if (rows_.size() < rows_max_) return {};
    return error(Code::invalid, "more than {} rows in one transaction; commit in between",
                 rows_max_);
}

Status Staging::stage(const TableDefinition& table, Operation operation,
                      std::span<const Cell> cells, const Condition& condition) {
    PERDURE_TRY(check_room());
    PERDURE_TAKE(Batch row, one_row(table, operation, cells));
    std::string key;
    encode_key(row, 0, key);
    if (condition.kind != Condition::Kind::none) {
        PERDURE_TAKE(Check check, make_check(table, row, condition));
        if (is_tick_) {
            PERDURE_TRY(judge_now(check));
        } else if (const StagedRow* own = find_staged(table, key)) {
            // Judged against what this very transaction is about to write.
            const bool there = own->row.operation() == Operation::upsert;
            PERDURE_TRY(judge(check, there ? &own->row : nullptr, 0));
        } else {
            checks_.push_back(std::move(check));
        }
    }
    rows_.push_back({&table, std::move(key), std::move(row), 0});
    return {};
}

// In a tick: against what is staged, pending or prefetched, at once, and the key is reserved until
// the commit.
Status Staging::judge_now(Check& check) {
    PERDURE_ASSERT(is_tick_);
    if (const StagedRow* own = find_staged(*check.table, check.key)) {
        const bool there = own->row.operation() == Operation::upsert;
        PERDURE_TRY(judge(check, there ? &own->row : nullptr, 0));
        engine_.reserve(*check.table, check.key);
        return {};
    }
    const auto fetched = prefetched_.find({check.table->id, check.key});
    if (fetched != prefetched_.end()) {
        check.read = true;
        check.read_at = fetched->second.read_at;
        if (fetched->second.stored) {
            check.stored = single_row(*fetched->second.stored, 0);
        }
    }
    return engine_.judge_and_reserve(check);
}

const Staging::StagedRow* Staging::find_staged(const TableDefinition& table, std::string_view key) {
    // Most never ask: the index is brought up to date when somebody does.
    for (; indexed_ < rows_.size(); ++indexed_) {
        newest_[{rows_[indexed_].table->id, rows_[indexed_].key}] = indexed_;
    }
    const auto found = newest_.find({table.id, std::string(key)});
    PERDURE_ASSERT(found == newest_.end() || found->second < rows_.size());
    return found == newest_.end() ? nullptr : &rows_[found->second];
}

Status Staging::put_structs(std::string_view name, const StructShape& shape,
                            std::span<const std::byte> rows, std::size_t stride) {
    const TableDefinition* table = engine_.catalog().find(name);
    PERDURE_TAKE(table, user_table(name, table && table->append_only));
    PERDURE_ASSERT(stride > 0);
    PERDURE_ASSERT(rows.size() % stride == 0);
    const Mark before = mark();
    std::vector<Cell> cells(shape.fields.size());
    for (std::size_t at = 0; at < rows.size(); at += stride) {
        for (std::size_t i = 0; i < shape.fields.size(); ++i) {
            cells[i] = {shape.fields[i].name, field_value(shape.fields[i], rows.data() + at)};
        }
        Status staged =
            table->append_only ? append(name, cells) : stage(*table, Operation::upsert, cells, {});
        if (staged.ok()) continue;
        back_to(before);
        return staged;
    }
    return {};
}

Result<std::optional<Batch>> Staging::find(std::string_view name, std::span<const Cell> cells) {
    const TableDefinition* const now = rows_.empty() ? nullptr : engine_.catalog().find(name);
    if (now != nullptr) {
        PERDURE_TAKE(const std::string key, encode_key(*now, cells));
        if (const StagedRow* own = find_staged(*now, key)) {
            if (own->row.operation() == Operation::erase) return std::optional<Batch>();
            return std::optional<Batch>(single_row(own->row, 0));
        }
    }
    PERDURE_TAKE(const auto view, engine_.view(false));
    PERDURE_TAKE(const TableDefinition* table, view->table(name));
    PERDURE_TAKE(const std::string key, encode_key(*table, cells));
    return view->find(*table, key, cells);
}

Status Staging::prefetch(std::string_view name, std::span<const Row> keys) {
    if (!is_tick_)
        return error(Code::invalid, "prefetch is for ticks; transactions read at commit");
    const TableDefinition* table = engine_.catalog().find(name);
    if (!table) return error(Code::not_found, "there is no table '{}' in this world", name);
    for (const Row& cells : keys) {
        Check check;
        check.table = table;
        PERDURE_TAKE(check.key_row, key_batch(*table, cells));
        encode_key(check.key_row, 0, check.key);
        PERDURE_TRY(engine_.read_for(check));
        prefetched_[{table->id, check.key}] = std::move(check);
    }
    return {};
}

Status Staging::propose(Proposal& proposal) {
    // The last change of each key, grouped by table and operation.
    std::vector<const StagedRow*> order;
    order.reserve(rows_.size());
    for (const StagedRow& row : rows_) order.push_back(&row);
    if (order.size() > 1) {
        std::stable_sort(order.begin(), order.end(),
                         [](const StagedRow* left, const StagedRow* right) {
                             if (left->table->id != right->table->id)
                                 return left->table->id < right->table->id;
                             return left->key < right->key;
                         });
    }
    std::vector<RowOf> erased;
    std::vector<RowOf> upserted;
    const auto flush = [&](std::vector<RowOf>& group, Operation operation) -> Status {
        if (group.empty()) return {};
        const TableDefinition& table = group.front().batch->table();
        PERDURE_TAKE(Batch batch, gather_rows(table, operation, group));  // untaken: 2 GiB of rows
        proposal.changes.batches.push_back(std::move(batch));
        group.clear();
        return {};
    };
    for (std::size_t i = 0; i < order.size(); ++i) {
        const StagedRow* row = order[i];
        const StagedRow* next = i + 1 < order.size() ? order[i + 1] : nullptr;
        const bool same_table = next && next->table->id == row->table->id;
        if (same_table && next->table != row->table) {
            return error(Code::conflict,
                         "table '{}' has changed while rows for it were staged: stage them again "
                         "in a new transaction",
                         next->table->name);
        }
        if (same_table && next->key == row->key) {
            PERDURE_ASSERT(!row->table->append_only);  // append() has looked
            continue;
        }
        (row->row.operation() == Operation::erase ? erased : upserted).push_back({&row->row, 0});
        proposal.touched.push_back({row->table, row->key, row->new_at, &row->row});
        if (same_table) continue;
        PERDURE_TRY(flush(erased, Operation::erase));     // untaken: 2 GiB of rows
        PERDURE_TRY(flush(upserted, Operation::upsert));  // untaken: 2 GiB of rows
    }
    PERDURE_ASSERT(erased.empty());
    PERDURE_ASSERT(upserted.empty());
    PERDURE_ASSERT(proposal.touched.size() <= rows_.size());
    proposal.checks = std::exchange(checks_, {});
    proposal.from_tick = is_tick_;
    proposal.from_program = true;
    return {};
}

Result<Token> Staging::commit(const CommitOptions& options) {
    if (is_tick_) return error(Code::invalid, "a tick is committed by World::commit()");
    if (options.tick) return error(Code::invalid, "only World::commit() ends a tick");
    if (rows_.empty() && checks_.empty()) {
        return error(Code::invalid, "nothing is staged in this transaction");
    }
    PERDURE_TRY(InsideGate::refuse(engine_));
    Proposal proposal;
    PERDURE_TRY(propose(proposal));  // untaken: 2 GiB of rows
    auto token = engine_.commit(proposal, options);
    if (token) {
        unstage(0, 0);
        if (options.wait) PERDURE_TRY(token->wait());
    } else {
        PERDURE_ASSERT(checks_.empty());
        checks_ = std::move(proposal.checks);
    }
    return token;
}

}  // namespace perdure::engine
