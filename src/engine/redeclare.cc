// Engine, declaring tables anew while commits go on: the program's code was replaced.
#include <shared_mutex>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "engine/engine.h"

namespace perdure::engine {
namespace {

Status refuse_other_end(const TableDefinition& table, Level has, Level wants) {
    if ((has == Level::ephemeral) == (wants == Level::ephemeral)) return {};
    return error(Code::incompatible,
                 "table {}: it would become {}ephemeral, which its rows can only between two "
                 "openings; open the world anew",
                 table.name, has == Level::ephemeral ? "not " : "");
}

}  // namespace

// From now on rows of older versions are refused. `before`: what was so until now.
void Engine::announce(const Changes& changes, std::map<TableId, std::uint32_t>& before) {
    const std::scoped_lock lock(core_->mutex);
    before = core_->versions_min;
    for (const TableDefinition& table : changes.last) {
        if (table.version > 1) core_->versions_min[table.id] = table.version;
    }
}

// Whatever may be refused is refused here.
Status Engine::before_changes(const Changes& changes, const Prepare& prepare) {
    // Relaxed rows that wait are of older versions, too.
    if (!changes.last.empty()) PERDURE_TRY(commit_held());
    Lsn last = 0;
    {
        const std::scoped_lock lock(core_->mutex);
        last = core_->pending.last();
    }
    // Not `unknown`: nothing of this was tried yet.
    const Status stored = core_->progress->wait(last, Level::stored);
    if (!stored.ok()) return error(Code::busy, "{}", stored.message());
    for (const TablePlan& plan : changes.plans) {
        if (!plan.between) continue;
        PERDURE_TRY(for_each_filled(plan, *plan.between, [](Batch&&) { return Status(); }));
    }
    return prepare(changes.plans);
}

Status Engine::redeclare(const std::vector<TableDefinition>& wanted, const Evolution& evolution,
                         const Prepare& prepare) {
    PERDURE_TRY(refuse_if_failed());
    PERDURE_TRY(await_definitions());
    PERDURE_TAKE(Changes changes, judge_changes(wanted, evolution));
    for (const TableDefinition& table : changes.last) {
        const TableDefinition* has = core_->catalog.find(table.id);
        if (has == nullptr) continue;
        PERDURE_TRY(refuse_other_end(table, core_->level_of(*has), core_->level_of(table)));
    }
    std::map<TableId, std::uint32_t> before;
    announce(changes, before);
    const std::scoped_lock turn(core_->definitions_turn);
    const std::unique_lock definitions(core_->definitions_mutex);
    if (Status status = before_changes(changes, prepare); !status.ok()) {
        const std::scoped_lock lock(core_->mutex);
        core_->versions_min = std::move(before);
        return status;
    }
    Status status = make_changes(std::move(changes));
    if (status.ok()) return {};
    // Accepted or not, and in the store or not: commits of the old version could come behind it.
    if (!core_->progress->failed()) {
        journal_failed(status.with_context("replacing the program's code while the world lives"));
    }
    return status;
}

}  // namespace perdure::engine
