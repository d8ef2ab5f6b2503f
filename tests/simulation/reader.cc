#include "simulation/reader.h"

#include <iterator>

#include "base/error.h"
#include "simulation/contents.h"
#include "simulation/plain_text.h"
#include "simulation/user_row.h"
#include "simulation/wrong.h"
#include "store/store.h"

namespace perdure::simulation {
namespace {

const Rows no_rows;

std::string rows_text(const Rows& rows) {
    std::string all;
    for (const auto& [key, cells] : rows) all.append(" ").append(key).append(describe(cells));
    return all;
}

}  // namespace

Reader::Reader(engine::Engine& engine, Snapshot snapshot, std::shared_ptr<const State> state,
               bool durable_only)
    : engine_(engine),
      state_(std::move(state)),
      durable_only_(durable_only),
      opened_ns_(engine.clock().monotonic_ns()),
      snapshot_(std::move(snapshot)) {}

Result<std::unique_ptr<Reader>> Reader::open(engine::Engine& engine, const Model& model,
                                             bool durable_only) {
    PERDURE_TAKE(auto view, engine.view(durable_only));
    Snapshot snapshot(std::move(view));
    const Lsn lsn = snapshot.lsn();
    if (lsn < model.acknowledged() || lsn > model.last() ||
        (!durable_only && lsn != model.last())) {
        return wrong("a snapshot shows change set {}; the last is {}, acknowledged is {}", lsn,
                     model.last(), model.acknowledged());
    }
    return std::unique_ptr<Reader>(
        new Reader(engine, std::move(snapshot), model.state_at(lsn), durable_only));
}

bool Reader::is_old() const {
    return engine_.clock().monotonic_ns() - opened_ns_ > store::snapshot_age_ns_max;
}

Result<bool> Reader::step(Random& random) {
    if (random.chance(1, 4)) PERDURE_TRY(look_up(random));
    const TableDefinition* table = nullptr;
    if (table_.empty()) {
        for (const TableDefinition* one : engine_.catalog().tables()) {
            if (!one->resident && !done_.contains(one->name)) table = one;
        }
        if (table == nullptr) return true;
        PERDURE_TAKE(columns_, match_columns(*table, *state_));
        table_ = table->name;
        page_ = Batch();
        rows_.clear();
    }
    PERDURE_TAKE(Batch next,
                 snapshot_.scan(table_, page_.rows() == 0 ? nullptr : &page_, page_rows));
    const std::size_t before = rows_.size();
    const std::string last = rows_.empty() ? std::string() : rows_.rbegin()->first;
    take_rows(next, columns_, rows_);
    const bool behind =
        rows_.size() == before + next.rows() &&
        (before == 0 || std::next(rows_.find(last), next.rows()) == std::prev(rows_.end()));
    if (!behind) return wrong("the pages of table {} overlap", table_);
    if (next.rows() == page_rows) {
        page_ = std::move(next);
        return false;
    }
    PERDURE_TRY(judge(table_, rows_));
    done_.insert(table_);
    table_.clear();
    return false;
}

Status Reader::look_up(Random& random) {
    const auto at =
        std::next(state_->begin(), static_cast<std::ptrdiff_t>(random.below(state_->size())));
    const ModelTable& table = *at->second;
    if (table.spec.role != TableRole::user) return {};
    const Rows* const rows = expected(at->first);
    const UserRow sought = make_user_row(table.spec, random.below(6), 0);
    PERDURE_TAKE(const auto found, snapshot_.find(at->first, sought.key));
    if (rows == nullptr) return {};
    const auto known = rows->find(sought.key_text);
    if (!found) {
        if (known == rows->end()) return {};
        return wrong("a snapshot at change set {} has no row {} in table {}; it must be {}", lsn(),
                     sought.key_text, at->first, describe(known->second));
    }
    Cells cells;
    for (const ColumnSpec& column : table.spec.columns) {
        cells.push_back(plain_text((*found)[column.name]));
    }
    if (known != rows->end() && known->second == cells) return {};
    return wrong("a snapshot at change set {} has {} under {} in table {}; it must be {}", lsn(),
                 describe(cells), sought.key_text, at->first,
                 known == rows->end() ? "no row" : describe(known->second));
}

// What is not durable, and what relaxed rows wait for, is not laid down for a durable snapshot.
const Rows* Reader::expected(const std::string& table) const {
    const auto known = state_->find(table);
    if (known == state_->end()) return &no_rows;
    const Level level = known->second->spec.level;
    return durable_only_ && level <= Level::relaxed ? nullptr : &known->second->rows;
}

Status Reader::judge(const std::string& table, const Rows& found) const {
    const Rows* const rows = expected(table);
    if (rows == nullptr || *rows == found) return {};
    return wrong("a snapshot at change set {} shows table {} as{}; it must be{}", lsn(), table,
                 rows_text(found), rows_text(*rows));
}

}  // namespace perdure::simulation
