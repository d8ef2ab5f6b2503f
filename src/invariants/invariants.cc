#include "invariants/invariants.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "invariants/tables.h"
#include "model/batch_builder.h"

namespace perdure::invariants {
namespace {

Wide magnitude(Wide value) noexcept { return value < 0 ? -value : value; }

std::string plain(double residual) {
    return std::isnan(residual) ? "no number" : text::format("{}", residual);
}

}  // namespace

Finding judge(const Invariant& invariant, const Amount& expected, const Amount& found,
              std::uint64_t not_finite) {
    Finding finding;
    finding.found = found;
    finding.not_finite = not_finite;
    if (found.is_real) {
        finding.residual = found.real - expected.real;
        if (!std::isfinite(finding.residual)) {
            finding.residual = std::numeric_limits<double>::quiet_NaN();
        }
    } else {
        finding.whole_residual = found.whole - expected.whole;
        finding.residual = static_cast<double>(finding.whole_residual);
    }
    const double far = std::abs(finding.residual);
    if (far <= invariant.tolerance) {
        finding.grade = Grade::ok;
    } else {
        finding.grade = far <= invariant.alarm_beyond ? Grade::warn : Grade::alarm;
    }
    return finding;
}

bool is_worse(const Finding& before, const Finding& after) noexcept {
    if (after.not_finite != before.not_finite) return after.not_finite > before.not_finite;
    if (std::isnan(after.residual)) return !std::isnan(before.residual);
    if (std::isnan(before.residual)) return false;
    if (!after.found.is_real) {
        return after.whole_residual != before.whole_residual &&
               magnitude(after.whole_residual) >= magnitude(before.whole_residual);
    }
    return after.residual != before.residual &&
           std::abs(after.residual) >= std::abs(before.residual);
}

Invariants::Invariants(const std::vector<Invariant>& invariants, const Catalog& catalog, Log log)
    : invariants_(invariants),
      log_table_(catalog.find(log_definition().name)),
      log_(std::move(log)),
      expected_(invariants.size()),
      watcher_(invariants, catalog),
      now_(invariants.size()),
      told_(invariants.size()),
      published_(invariants.size()) {
    PERDURE_ASSERT(log_table_ != nullptr);
}

// What is relaxed reaches a change set later than what is not, and after a crash is older; what is
// ephemeral is gone. Together they would be out of balance though nobody did anything wrong.
Result<std::unique_ptr<Invariants>> Invariants::make(const std::vector<Invariant>& invariants,
                                                     const Catalog& catalog,
                                                     const LevelOf& level_of, Log log) {
    std::unique_ptr<Invariants> made(new Invariants(invariants, catalog, std::move(log)));
    for (std::size_t at = 0; at < invariants.size(); ++at) {
        const auto tables = made->watcher_.tables_of(at);
        for (const TableDefinition* table : tables) {
            const Level level = level_of(*table);
            const bool alone = std::all_of(tables.begin(), tables.end(),
                                           [&](const auto* other) { return other == table; });
            if (alone || level >= Level::journal) continue;
            return error(Code::invalid,
                         "invariant {} looks at {}, which is {}, and at other tables: in one "
                         "invariant either all are journal or stored, or there is only one",
                         invariants[at].name, table->name, level_name(level));
        }
    }
    return made;
}

const Amount& Invariants::expect(std::size_t at, const std::optional<Amount>& kept) {
    const Invariant& invariant = invariants_[at];
    if (invariant.kind == Invariant::Kind::refer) return expected_[at];  // none
    const bool is_real = watcher_.is_real(at);
    if (!invariant.expected.is_null()) {
        expected_[at] = Amount::of(invariant.expected, is_real);
    } else {
        expected_[at] = kept ? *kept : watcher_.found(at);
    }
    // A sum that is no number is none that can be kept to.
    if (is_real && !std::isfinite(expected_[at].real)) expected_[at].real = 0;
    return expected_[at];
}

void Invariants::begin() {
    for (std::size_t at = 0; at < invariants_.size(); ++at) {
        now_[at] =
            judge(invariants_[at], expected_[at], watcher_.found(at), watcher_.not_finite(at));
        published_[at].finding = now_[at];
    }
}

bool Invariants::touches(const ChangeSet& changes) const {
    const auto watched = [&](const Batch& batch) { return watcher_.watches(batch.table().id); };
    return std::any_of(changes.batches.begin(), changes.batches.end(), watched) ||
           std::any_of(changes.ephemeral.begin(), changes.ephemeral.end(), watched);
}

Result<bool> Invariants::enter(ChangeSet& changes) {
    if (!changes.tick && !touches(changes)) return false;
    mutex_.lock();
    for (const Batch& batch : changes.batches) watcher_.change(batch);
    for (const Batch& batch : changes.ephemeral) watcher_.change(batch);
    tick_ = changes.tick;
    Status status = judge_all(changes);
    if (status.ok() && tick_) status = add_log(changes);
    if (status.ok()) return true;
    watcher_.undo();
    mutex_.unlock();
    return status;
}

Status Invariants::judge_all(const ChangeSet& changes) {
    next_.clear();
    for (std::size_t at = 0; at < invariants_.size(); ++at) {
        const Invariant& invariant = invariants_[at];
        next_.push_back(
            judge(invariant, expected_[at], watcher_.found(at), watcher_.not_finite(at)));
        const Finding& next = next_.back();
        if (!invariant.refuse || next.grade != Grade::alarm || !is_worse(now_[at], next)) continue;
        {
            const std::scoped_lock lock(results_mutex_);
            ++published_[at].refusals;
        }
        const std::string what =
            changes.tick ? text::format("tick {}", *changes.tick) : "this transaction";
        if (invariant.kind == Invariant::Kind::refer) {
            return error(Code::refused,
                         "invariant {}: with {}, {} rows of {} would refer to no row of {} in {}; "
                         "before, {} did",
                         invariant.name, what, next.found.text(), invariant.plus.front().table,
                         invariant.target, invariant.plus.front().column, now_[at].found.text());
        }
        return error(
            Code::refused, "invariant {}: expected {}, but with {} it would be {}, off by {}",
            invariant.name, expected_[at].text(), what, next.found.text(), plain(next.residual));
    }
    return {};
}

bool Invariants::is_logged(std::size_t at) const {
    return invariants_[at].each_tick || next_[at].grade != Grade::ok ||
           told_[at] != next_[at].grade;
}

Status Invariants::add_log(ChangeSet& changes) {
    BatchBuilder rows(*log_table_, Operation::upsert);
    for (std::size_t at = 0; at < invariants_.size(); ++at) {
        if (!is_logged(at)) continue;
        const Finding& next = next_[at];
        const std::array<Cell, 6> cells{
            {{"tick", *tick_},
             {"invariant", invariants_[at].name},
             {"expected", expected_[at].text()},
             {"found", next.found.text()},
             {"residual", std::isnan(next.residual) ? Value() : Value(next.residual)},
             {"grade", grade_name(next.grade)}}};
        PERDURE_TRY(rows.add(cells));
    }
    if (rows.rows() == 0) return {};
    PERDURE_TAKE(Batch batch, rows.finish());
    changes.batches.push_back(std::move(batch));
    return {};
}

void Invariants::leave(ChangeSet* refused) noexcept {
    std::vector<std::string> lines;
    if (refused != nullptr) {
        watcher_.undo();
        for (auto* batches : {&refused->batches, &refused->ephemeral}) {
            std::erase_if(*batches,
                          [&](const Batch& batch) { return batch.table().id == log_table_->id; });
        }
    } else {
        watcher_.keep();
        std::swap(now_, next_);
        if (tick_) publish(*tick_, lines);
    }
    mutex_.unlock();
    for (const std::string& line : lines) log_(line);
}

void Invariants::publish(std::uint64_t tick, std::vector<std::string>& lines) {
    const std::scoped_lock lock(results_mutex_);
    for (std::size_t at = 0; at < invariants_.size(); ++at) {
        const Finding& finding = now_[at];
        published_[at].tick = tick;
        published_[at].finding = finding;
        published_[at].alarms += finding.grade == Grade::alarm ? 1 : 0;
        const Grade before = told_[at].value_or(Grade::ok);
        if (log_ && before != finding.grade) {
            lines.push_back(to_text(result(at)));
        }
        told_[at] = finding.grade;
    }
}

std::uint64_t Invariants::alarms() const {
    const std::scoped_lock lock(results_mutex_);
    std::uint64_t alarms = 0;
    for (const Published& one : published_) alarms += one.alarms + one.refusals;
    return alarms;
}

std::vector<InvariantResult> Invariants::results() const {
    std::vector<InvariantResult> results;
    const std::scoped_lock lock(results_mutex_);
    for (std::size_t at = 0; at < invariants_.size(); ++at) results.push_back(result(at));
    return results;
}

InvariantResult Invariants::result(std::size_t at) const {
    const Published& one = published_[at];
    return {invariants_[at].name, one.tick,          expected_[at].text(), one.finding.found.text(),
            one.finding.residual, one.finding.grade, one.alarms,           one.refusals};
}

}  // namespace perdure::invariants
