#include "simulation/model.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "simulation/plain_text.h"
#include "simulation/wrong.h"

namespace perdure::simulation {
namespace {

constexpr Lsn not_yet = ~Lsn{0};

std::string row_text(const std::optional<Cells>& cells) {
    return cells ? describe(*cells) : "no row";
}

// The cells of a row after its table got other columns: matched by name, new ones as their default.
Cells evolved(const Cells& cells, const TableSpec& from, const TableSpec& to) {
    Cells made;
    for (const ColumnSpec& column : to.columns) {
        const auto same =
            std::find_if(from.columns.begin(), from.columns.end(),
                         [&](const ColumnSpec& one) { return one.name == column.name; });
        made.push_back(same == from.columns.end()
                           ? column.default_text
                           : cells[static_cast<std::size_t>(same - from.columns.begin())]);
    }
    return made;
}

// A column that is gone gives up its number, and gets another one should it come back.
ColumnNumbers renumbered(const ColumnNumbers& before, const std::vector<ColumnSpec>& columns) {
    ColumnNumbers made{{}, before.next};
    for (const ColumnSpec& column : columns) {
        const auto known = before.of.find(column.name);
        made.of[column.name] = known != before.of.end() ? known->second : made.next++;
    }
    return made;
}

bool same_columns(const TableSpec& left, const TableSpec& right) {
    return std::equal(
        left.columns.begin(), left.columns.end(), right.columns.begin(), right.columns.end(),
        [](const ColumnSpec& one, const ColumnSpec& other) { return one.name == other.name; });
}

}  // namespace

Model::Model() { points_.push_back({std::make_shared<State>(), {}, 0, {}}); }

const Model::Point& Model::point(Lsn lsn) const {
    PERDURE_ASSERT(lsn >= first_ && lsn <= last());
    return points_[lsn - first_];
}

void Model::offer(Proposal proposal) {
    PERDURE_ASSERT(!offered_);
    offered_ = std::move(proposal);
}

void Model::accepted() {
    PERDURE_ASSERT(offered_);
    const Proposal proposal = *std::move(offered_);
    offered_.reset();
    Point next = points_.back();
    State state = *next.state;
    settle_versions(proposal);
    apply(state, proposal);
    next.state = std::make_shared<const State>(std::move(state));
    if (!proposal.definitions.empty())
        next.recipe.reset();  // rows of other columns are other content
    if (proposal.tick) {
        next.tick = proposal.tick;
        next.tick_lsn = last() + 1;
        next.recipe = proposal.recipe;
    }
    points_.push_back(std::move(next));
}

void Model::apply(State& state, const Proposal& proposal) {
    for (const TableSpec& spec : proposal.definitions) {
        auto table = std::make_shared<ModelTable>(ModelTable{spec, {}});
        const auto before = state.find(spec.name);
        table->numbers = renumbered(
            before == state.end() ? ColumnNumbers() : before->second->numbers, spec.columns);
        if (before != state.end()) {
            for (const auto& [key, cells] : before->second->rows) {
                table->rows[key] = evolved(cells, before->second->spec, spec);
            }
        }
        state[spec.name] = std::move(table);
    }
    // Writes come table by table, mostly.
    for (std::size_t at = 0; at < proposal.writes.size();) {
        const std::string& name = proposal.writes[at].table;
        const auto found = state.find(name);
        PERDURE_ASSERT(found != state.end());
        auto table = std::make_shared<ModelTable>(*found->second);
        for (; at < proposal.writes.size() && proposal.writes[at].table == name; ++at) {
            write(*table, proposal.writes[at], proposal);
        }
        found->second = std::move(table);
    }
}

void Model::write(ModelTable& table, const Write& write, const Proposal& proposal) {
    if (table.spec.level == Level::relaxed) {
        const auto same_row = [&](const Write& other) {
            return other.table == write.table && other.key == write.key;
        };
        const auto last = std::find_if(proposal.writes.rbegin(), proposal.writes.rend(), same_row);
        note_version(table, write, proposal, &*last == &write);
    }
    if (!write.cells) {
        table.rows.erase(write.key);
        return;
    }
    PERDURE_ASSERT(write.cells->size() == table.spec.columns.size());
    PERDURE_ASSERT(!table.spec.append_only || !table.rows.contains(write.key));
    table.rows[write.key] = *write.cells;
}

// The last change of a row counts. Erases go at once, so do the components of an entity that had
// none, and what was asked for at once.
void Model::note_version(const ModelTable& table, const Write& write, const Proposal& proposal,
                         bool last_of_row) {
    const Lsn lsn = last() + 1;
    std::vector<Version>& versions = relaxed_[{table.spec.name, write.key}];
    const auto before = table.rows.find(write.key);
    if (versions.empty()) {
        std::optional<Cells> cells;
        if (before != table.rows.end()) cells = before->second;
        versions.push_back({0, 0, 0, std::move(cells)});
    }
    if (!last_of_row) return;
    const bool fresh = table.spec.role == TableRole::component && before == table.rows.end();
    const bool at_once = !write.cells || proposal.at_once || fresh;
    versions.push_back({lsn, proposal.now_ms, at_once ? lsn : not_yet, write.cells});
}

// What waited for its interval goes out with this change set; components only with a tick.
void Model::settle_versions(const Proposal& proposal) {
    if (!proposal.definitions.empty() || proposal.held_may_wait) return;
    const Lsn lsn = last() + 1;
    for (auto& [name, versions] : relaxed_) {
        const auto table = newest().find(name.first);
        const bool component =
            table != newest().end() && table->second->spec.role == TableRole::component;
        if (component && !proposal.tick) continue;
        for (Version& version : versions) {
            if (version.surely_at != not_yet) continue;
            const bool due = proposal.now_ms - version.ms >= relaxed_interval_ms;
            if (due || (component && proposal.at_once)) version.surely_at = lsn;
        }
    }
}

void Model::held_written() {
    for (auto& [name, versions] : relaxed_) {
        if (newest().at(name.first)->spec.role == TableRole::component) continue;
        for (Version& version : versions) version.surely_at = std::min(version.surely_at, last());
    }
}

void Model::acknowledge(Lsn lsn) {
    if (lsn <= acknowledged_) return;
    PERDURE_ASSERT(lsn <= last());
    acknowledged_ = lsn;
    const auto end = points_.begin() + static_cast<std::ptrdiff_t>(lsn - first_);
    past_.insert(past_.end(), points_.begin(), end);
    points_.erase(points_.begin(), end);
    first_ = lsn;
}

bool Model::can_lose_after(Lsn lsn) const noexcept {
    return lsn < first_ && first_ - lsn <= past_.size();
}

// Ids that were handed out are gone with their reservation.
void Model::lose_after(Lsn lsn) {
    PERDURE_ASSERT(can_lose_after(lsn));
    const auto begin = past_.end() - static_cast<std::ptrdiff_t>(first_ - lsn);
    points_.insert(points_.begin(), begin, past_.end());
    past_.erase(begin, past_.end());
    first_ = lsn;
    acknowledged_ = lsn;
    highest_id_ = world_entity.id;
}

void Model::crash() {
    if (!offered_) return;
    offered_->must_fail ? refused() : accepted();
}

std::vector<TableSpec> Model::missing(const std::vector<TableSpec>& wanted) const {
    std::vector<TableSpec> missing;
    for (const TableSpec& spec : wanted) {
        const auto known = newest().find(spec.name);
        if (known != newest().end() && same_columns(known->second->spec, spec)) continue;
        missing.push_back(spec);
    }
    return missing;
}

void Model::handed_out(std::uint64_t id) { highest_id_ = std::max(highest_id_, id); }

Status Model::recovered(Lsn lsn, std::optional<std::uint64_t> tick, const Contents& contents) {
    PERDURE_ASSERT(!offered_);
    if (lsn < acknowledged_) {
        return wrong("recovered at change set {}, but {} was acknowledged", lsn, acknowledged_);
    }
    if (lsn > last()) {
        return wrong("recovered at change set {}, but only {} was ever offered", lsn, last());
    }
    const Point& expected = point(lsn);
    if (tick != expected.tick) {
        return wrong("recovered at change set {}, whose last tick is {}, but found tick {}", lsn,
                     expected.tick.value_or(0), tick.value_or(0));
    }
    for (const auto& [name, rows] : contents) {
        if (expected.state->contains(name)) continue;
        return wrong("at change set {} there is a table {}, which nobody declared by then", lsn,
                     name);
    }
    for (const auto& [name, table] : *expected.state) {
        const auto found = contents.find(name);
        if (found == contents.end()) {
            return wrong("at change set {} the table {} is missing", lsn, name);
        }
        PERDURE_TRY(judge(*table, lsn, found->second));
    }
    adopt(lsn, contents);
    return {};
}

Status Model::judge(const ModelTable& table, Lsn lsn, const Rows& found) const {
    const std::string& name = table.spec.name;
    if (table.spec.role == TableRole::reserved_ids) return judge_reserved(found);
    if (table.spec.level == Level::ephemeral) {
        if (found.empty()) return {};
        return wrong("the ephemeral table {} has {} rows after a recovery, one is {} {}", name,
                     found.size(), found.begin()->first, describe(found.begin()->second));
    }
    if (table.spec.level == Level::relaxed) return judge_relaxed(table, lsn, found);
    if (found == table.rows) return {};
    for (const auto& [key, cells] : table.rows) {
        const auto there = found.find(key);
        if (there != found.end() && there->second == cells) continue;
        return wrong("at change set {} table {} has {} under {}, but it must be {}", lsn, name,
                     there == found.end() ? "no row" : describe(there->second), key,
                     describe(cells));
    }
    for (const auto& [key, cells] : found) {
        if (table.rows.contains(key)) continue;
        return wrong("at change set {} table {} has {} under {}, but it must have no row", lsn,
                     name, describe(cells), key);
    }
    return {};
}

// A row may be any version from the last that is surely there to the last by then.
Status Model::judge_relaxed(const ModelTable& table, Lsn lsn, const Rows& found) const {
    std::set<std::string> keys;
    for (const auto& [key, cells] : found) keys.insert(key);
    for (const auto& [key, cells] : table.rows) keys.insert(key);
    for (const std::string& key : keys) {
        const auto there = found.find(key);
        std::optional<Cells> cells;
        if (there != found.end()) cells = there->second;
        const auto history = relaxed_.find({table.spec.name, key});
        if (history == relaxed_.end()) {
            const auto row = table.rows.find(key);
            if (row != table.rows.end() && cells == row->second) continue;
            return wrong("at change set {} the relaxed table {} has {} under {}", lsn,
                         table.spec.name, row_text(cells), key);
        }
        bool allowed = false;
        std::string choice;
        for (const Version& version : history->second) {
            if (version.lsn > lsn) break;
            if (version.surely_at <= lsn) {
                allowed = false;
                choice.clear();
            }
            allowed = allowed || version.cells == cells;
            choice.append(" ").append(row_text(version.cells));
        }
        if (allowed) continue;
        return wrong("at change set {} the relaxed table {} has {} under {}, but may have only{}",
                     lsn, table.spec.name, row_text(cells), key, choice);
    }
    return {};
}

// The reservation is durable before its first id is handed out, so it must cover all that ever
// were.
Status Model::judge_reserved(const Rows& found) const {
    if (highest_id_ <= world_entity.id) return {};
    const auto row = found.find(key_text(std::uint64_t{0}));
    const std::uint64_t end = row == found.end() ? 0 : std::stoull(row->second.at(0));
    if (end > highest_id_) return {};
    return wrong("ids are reserved up to {} only, but entity {} was handed out before", end,
                 highest_id_);
}

void Model::adopt(Lsn lsn, const Contents& contents) {
    Point now = point(lsn);
    State state = *now.state;
    for (auto& [name, table] : state) {
        const bool as_found =
            table->spec.level <= Level::relaxed || table->spec.role == TableRole::reserved_ids;
        if (!as_found) continue;
        table = std::make_shared<const ModelTable>(
            ModelTable{table->spec, contents.at(name), table->numbers});
    }
    now.state = std::make_shared<const State>(std::move(state));
    points_.assign(1, std::move(now));
    past_.clear();
    first_ = lsn;
    acknowledged_ = lsn;  // somebody has seen it
    relaxed_.clear();
}

}  // namespace perdure::simulation
