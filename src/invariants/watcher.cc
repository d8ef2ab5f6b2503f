#include "invariants/watcher.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"

namespace perdure::invariants {
namespace {

const TableDefinition& in_force(const Catalog& catalog, std::string_view name) {
    const TableDefinition* const table = catalog.find(name);
    PERDURE_ASSERT(table != nullptr);  // the schema declares it, and it is declared
    return *table;
}

const Column& column_of(const TableDefinition& table, std::string_view name) {
    const auto at = table.find_column(name);
    PERDURE_ASSERT(at.has_value());
    return table.columns[*at];
}

// Of a few words; a call of memcmp takes longer.
bool is_same(const std::uint64_t* one, const std::uint64_t* other, std::size_t words) noexcept {
    for (std::size_t at = 0; at < words; ++at) {
        if (one[at] != other[at]) return false;
    }
    return true;
}

}  // namespace

Watcher::Watcher(std::span<const Invariant> invariants, const Catalog& catalog) {
    for (const Invariant& invariant : invariants) {
        if (invariant.kind == Invariant::Kind::conserve) {
            add_sum(invariant, catalog);
        } else {
            add_reference(invariant, catalog);
        }
    }
    for (Table& table : tables_) table.shadow = RowShadow(table.words);
}

std::size_t Watcher::table(const TableDefinition& definition) {
    const auto [found, added] = by_id_.emplace(definition.id, tables_.size());
    if (added) {
        tables_.emplace_back();
        tables_.back().definition = &definition;
    }
    return found->second;
}

void Watcher::add_sum(const Invariant& invariant, const Catalog& catalog) {
    Watched watched{invariant.kind, totals_.size(), {}, {}};
    bool real = false;
    for (const bool minus : {false, true}) {
        for (const WatchedColumn& wanted : minus ? invariant.minus : invariant.plus) {
            const TableDefinition& definition = in_force(catalog, wanted.table);
            const Column& column = column_of(definition, wanted.column);
            real =
                real || column.type.kind == ColumnKind::f32 || column.type.kind == ColumnKind::f64;
            Table& in = tables_[table(definition)];
            auto summed = std::find_if(in.sums.begin(), in.sums.end(), [&](const Summed& one) {
                return one.number == column.number;
            });
            if (summed == in.sums.end()) {
                in.sums.push_back({column.number, column.type.kind, in.words, {}});
                in.words += 1;
                summed = std::prev(in.sums.end());
            }
            summed->uses.push_back({totals_.size(), minus});
            if (!watched.identity.empty()) watched.identity += ' ';
            watched.identity +=
                text::format("{}{}.{}", minus ? '-' : '+', definition.id, column.number);
            watched.tables.push_back(&definition);
        }
    }
    totals_.emplace_back(real);
    watched_.push_back(std::move(watched));
}

void Watcher::add_reference(const Invariant& invariant, const Catalog& catalog) {
    const TableDefinition& from = in_force(catalog, invariant.plus.front().table);
    const TableDefinition& to = in_force(catalog, invariant.target);
    const Column& column = column_of(from, invariant.plus.front().column);
    const std::size_t target = table(to);
    tables_[target].targeted.push_back(references_.size());
    Table& in = tables_[table(from)];
    in.referring.push_back({column.number, in.words, references_.size(), invariant.zero_is_none});
    in.words += 2;
    watched_.push_back({invariant.kind,
                        references_.size(),
                        text::format("{}.{}>{}", from.id, column.number, to.id),
                        {&from, &to}});
    references_.emplace_back();
    references_.back().target = target;
}

std::vector<const TableDefinition*> Watcher::tables_of(std::size_t invariant) const {
    return watched_[invariant].tables;
}

bool Watcher::find_columns(const Table& table, const Batch& batch) {
    columns_.clear();
    const auto find = [&](std::uint16_t number) {
        const auto at = batch.table().find_number(number);
        columns_.push_back(at.value_or(0));
        return at.has_value();
    };
    bool all = true;
    for (const Summed& column : table.sums) all = find(column.number) && all;
    for (const Referring& column : table.referring) all = find(column.number) && all;
    return all;
}

void Watcher::read_row(const Table& table, const Batch& batch, std::uint32_t row) {
    words_.resize(table.words);
    std::size_t next = 0;
    for (const Summed& column : table.sums) {
        words_[column.word] = number_word(batch, columns_[next++], row);
    }
    for (const Referring& column : table.referring) {
        const std::size_t at = columns_[next++];
        RowKey key = no_key;
        if (!batch.is_null(at, row)) {
            const bool none = column.zero_is_none && cell_bits(batch, at, row) == 0;
            if (!none) key = cell_key(batch, at, row);
        }
        words_[column.word] = key.low;
        words_[column.word + 1] = key.high;
    }
}

void Watcher::put_rows(std::size_t at, const Batch& batch, bool remember) {
    const Table& table = tables_[at];
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
        const RowKey key = row_key(batch, row);
        if (batch.operation() == Operation::erase) {
            if (!seeded_bug("invariants: rows that go are not noticed")) {
                replace(at, key, false, remember);
            }
            continue;
        }
        read_row(table, batch, row);
        replace(at, key, true, remember);
    }
}

Status Watcher::take(const Batch& batch) {
    const auto found = by_id_.find(batch.table().id);
    if (found == by_id_.end()) return {};
    const bool upsert = batch.operation() == Operation::upsert;
    if (upsert && !find_columns(tables_[found->second], batch)) {
        return error(Code::corrupt,
                     "rows of table '{}', version {}, lack a column that an invariant watches",
                     batch.table().name, batch.table().version);
    }
    put_rows(found->second, batch, false);
    return {};
}

void Watcher::change(const Batch& batch) {
    const auto found = by_id_.find(batch.table().id);
    if (found == by_id_.end()) return;
    if (batch.operation() == Operation::upsert) {
        const bool all = find_columns(tables_[found->second], batch);
        PERDURE_ASSERT(all);  // what is committed is of the version in force
    }
    put_rows(found->second, batch, true);
}

void Watcher::keep() noexcept {
    before_.clear();
    before_words_.clear();
}

// Backwards, each row to what it was: totals are exact, so they come back as well.
void Watcher::undo() noexcept {
    for (auto row = before_.rbegin(); row != before_.rend(); ++row) {
        const std::size_t words = tables_[row->table].words;
        if (row->there) {
            PERDURE_ASSERT(before_words_.size() >= words);
            words_.assign(before_words_.end() - static_cast<std::ptrdiff_t>(words),
                          before_words_.end());
            before_words_.resize(before_words_.size() - words);
        }
        if (seeded_bug("invariants: a refusal leaves its traces")) continue;
        replace(row->table, row->key, row->there, false);
    }
    before_.clear();
    before_words_.clear();
}

void Watcher::replace(std::size_t at, const RowKey& key, bool there, bool remember) {
    Table& table = tables_[at];
    std::uint64_t* now = table.shadow.find(key);
    if (now == nullptr && !there) return;
    if (now != nullptr && there && is_same(now, words_.data(), table.words)) return;
    if (remember) {
        before_.push_back({at, key, now != nullptr});
        if (now != nullptr) before_words_.insert(before_words_.end(), now, now + table.words);
    }
    for (const Summed& column : table.sums) {
        const std::uint64_t before = now == nullptr ? 0 : now[column.word];
        const std::uint64_t after = there ? words_[column.word] : 0;
        for (const Use& use : column.uses) {
            totals_[use.total].change(column.kind, before, after, use.minus);
        }
    }
    if (now != nullptr) {
        for (const Referring& column : table.referring) refer(column, now, false);
    }
    if (!there) {
        table.shadow.erase(key);
        target_came_or_went(table, key, false);
        return;
    }
    if (now == nullptr) {
        now = table.shadow.put(key);
        target_came_or_went(table, key, true);
    }
    std::copy_n(words_.data(), table.words, now);
    for (const Referring& column : table.referring) refer(column, now, true);
}

// One reference of a row begins or ends, while the targets stay as they are.
void Watcher::refer(const Referring& column, const std::uint64_t* words, bool comes) {
    const RowKey key{words[column.word], words[column.word + 1]};
    if (key == no_key) return;
    Reference& reference = references_[column.reference];
    std::uint64_t* const count = reference.counts.put(key);
    PERDURE_ASSERT(comes || *count > 0);
    *count += comes ? 1 : ~std::uint64_t{0};
    if (*count == 0) reference.counts.erase(key);
    if (tables_[reference.target].shadow.has(key)) return;
    PERDURE_ASSERT(comes || reference.to_nothing > 0);
    reference.to_nothing += comes ? 1 : ~std::uint64_t{0};
}

void Watcher::target_came_or_went(const Table& table, const RowKey& key, bool came) {
    for (const std::size_t at : table.targeted) {
        Reference& reference = references_[at];
        const std::uint64_t* const count = reference.counts.find(key);
        if (count == nullptr) continue;
        PERDURE_ASSERT(!came || reference.to_nothing >= *count);
        reference.to_nothing = came ? reference.to_nothing - *count : reference.to_nothing + *count;
    }
}

bool Watcher::is_real(std::size_t invariant) const {
    const Watched& watched = watched_[invariant];
    return watched.kind == Invariant::Kind::conserve && totals_[watched.at].is_real();
}

Amount Watcher::found(std::size_t invariant) const {
    const Watched& watched = watched_[invariant];
    if (watched.kind == Invariant::Kind::conserve) return totals_[watched.at].amount();
    Amount count;
    count.whole = references_[watched.at].to_nothing;
    return count;
}

std::uint64_t Watcher::not_finite(std::size_t invariant) const {
    const Watched& watched = watched_[invariant];
    if (watched.kind != Invariant::Kind::conserve) return 0;
    return totals_[watched.at].not_finite();
}

bool Watcher::equals(const Watcher& other) const {
    if (tables_.size() != other.tables_.size()) return false;
    for (std::size_t at = 0; at < tables_.size(); ++at) {
        if (!tables_[at].shadow.equals(other.tables_[at].shadow)) return false;
    }
    for (std::size_t at = 0; at < references_.size(); ++at) {
        if (references_[at].to_nothing != other.references_[at].to_nothing ||
            !references_[at].counts.equals(other.references_[at].counts)) {
            return false;
        }
    }
    for (std::size_t at = 0; at < totals_.size(); ++at) {
        if (totals_[at].not_finite() != other.totals_[at].not_finite()) return false;
        if (totals_[at].not_finite() == 0 && !(totals_[at].amount() == other.totals_[at].amount()))
            return false;
    }
    return true;
}

std::size_t Watcher::rows_known() const {
    std::size_t rows = 0;
    for (const Table& table : tables_) rows += table.shadow.size();
    return rows;
}

}  // namespace perdure::invariants
