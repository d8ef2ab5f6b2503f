// Engine, declaring tables: what is new, what changes, and the rows that are converted on the way.
// See model/evolve.h.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "engine/engine.h"
#include "model/fill.h"

namespace perdure::engine {
namespace {

// A conversion holds one page of rows and one change set of them, whatever the table's size.
constexpr std::uint32_t page_rows_max = 4096;
constexpr std::uint64_t change_bytes_wanted = 4ULL << 20;
constexpr std::uint64_t rows_per_log_line = 50'000;

// A table takes the name that another one leaves only after it has: first what is there already, in
// such an order, then what is new.
std::vector<TableDefinition> in_order_of_names(std::vector<TableDefinition> changed,
                                               const Catalog& catalog) {
    std::vector<TableDefinition> ordered;
    while (!changed.empty()) {
        const auto is_free = [&](const TableDefinition& one) {
            const TableDefinition* holder = catalog.find(one.name);
            return holder == nullptr || holder->id == one.id ||
                   std::none_of(changed.begin(), changed.end(), [&](const TableDefinition& other) {
                       return other.id == holder->id;
                   });
        };
        const auto next = std::find_if(changed.begin(), changed.end(), is_free);
        PERDURE_ASSERT(next != changed.end());  // names come by chains, never by rings
        ordered.push_back(std::move(*next));
        changed.erase(next);
    }
    return ordered;
}

// A world of which the journal has what the catalog refuses could never be opened again.
Status try_definitions(const std::vector<TableDefinition>& in_order, const Catalog& catalog) {
    if (in_order.empty()) return {};
    for (const TableDefinition& definition : in_order) {
        PERDURE_TRY(definition.validate(Naming::internal));
    }
    const Status tried = catalog.try_all(in_order);
    if (tried.ok()) return {};
    return error(Code::incompatible,
                 "these tables cannot be in one world, and nothing was changed: {}",
                 tried.message());
}

Status check_dropped(const TableDefinition& table, const Evolution::Field& field) {
    if (!table.find_column(field.field)) return {};
    return error(Code::invalid,
                 "{}.{} is in use: only what a removed field held can be dropped; open the "
                 "world with a program that does not have the field any more",
                 table.name, field.field);
}

}  // namespace

Result<std::vector<TablePlan>> Engine::plan(const std::vector<TableDefinition>& wanted,
                                            const Evolution& evolution) {
    std::vector<TablePlan> plans;
    for (const TableDefinition& definition : wanted) {
        if (find_category(definition.category) == nullptr) {
            return error(Code::invalid, "table '{}' wants category '{}', which nobody declared",
                         definition.name, definition.category);
        }
        PERDURE_TAKE(TablePlan plan, plan_table(core_->catalog, definition, evolution));
        if (plan.to) plans.push_back(std::move(plan));
    }
    // Two new tables are given ids one after the other.
    TableId next_id = 1;
    for (const TableDefinition* table : core_->catalog.tables())
        next_id = std::max(next_id, table->id + 1);
    for (TablePlan& one : plans) {
        if (one.to->version == 1) one.to->id = next_id++;
    }
    for (const TablePlan& one : plans) {
        for (const TablePlan& other : plans) {
            if (&other == &one) continue;
            if (same_name(other.to->name, one.to->name)) {
                return error(Code::invalid, "table '{}' is declared twice", one.to->name);
            }
            if (other.to->id != one.to->id) continue;
            return error(Code::invalid,
                         "'{}' and '{}' would both become of the world's table '{}'; rename it to "
                         "one of them, and the other is new",
                         one.to->name, other.to->name, core_->catalog.find(one.to->id)->name);
        }
    }
    return plans;
}

// Awaited in the store, so that a table is never read before it is there, and old batches are never
// read under a new version.
Status Engine::define(std::vector<TableDefinition> definitions) {
    Proposal proposal;
    proposal.changes.definitions = in_order_of_names(std::move(definitions), core_->catalog);
    const std::vector<TableDefinition> defined = proposal.changes.definitions;
    PERDURE_ASSERT(try_definitions(defined, core_->catalog).ok());
    PERDURE_TAKE(defining_token_, commit(proposal, {.tick = {}, .level = Level::stored}));
    defining_ = defined;
    return await_definitions();
}

// What was accepted and did not reach the store keeps its ids and names, whoever was told that it
// failed: a journal that gives them out twice could never be recovered.
Status Engine::await_definitions() {
    if (defining_.empty()) return {};
    PERDURE_TRY(refuse_if_failed());
    PERDURE_TRY(defining_token_.wait(Level::stored));
    for (const TableDefinition& definition : defining_) {
        const Status added = core_->catalog.add(definition);
        PERDURE_ASSERT(added.ok());  // it was tried
    }
    defining_.clear();
    return {};
}

// Everything is refused before anything is changed.
Result<Engine::Changes> Engine::judge_changes(const std::vector<TableDefinition>& wanted,
                                              const Evolution& evolution) {
    Changes changes;
    PERDURE_TAKE(changes.plans, plan(wanted, evolution));
    for (const TablePlan& one : changes.plans) {
        if (one.between && !one.between_is_there) changes.between.push_back(*one.between);
        changes.last.push_back(*one.to);
    }
    std::vector<TableDefinition> all = in_order_of_names(changes.between, core_->catalog);
    for (TableDefinition& one : in_order_of_names(changes.last, core_->catalog)) {
        all.push_back(std::move(one));
    }
    PERDURE_TRY(try_definitions(all, core_->catalog));
    for (const Evolution::Field& field : evolution.drops) {
        const auto next =
            std::find_if(changes.last.begin(), changes.last.end(),
                         [&](const auto& one) { return same_name(one.name, field.table); });
        const TableDefinition* table =
            next != changes.last.end() ? &*next : core_->catalog.find(field.table);
        if (table != nullptr) PERDURE_TRY(check_dropped(*table, field));
    }
    return changes;
}

// A conversion that fails leaves a version between behind, which shows nobody anything that was not
// there.
Status Engine::make_changes(Changes&& changes) {
    for (const TablePlan& one : changes.plans) {
        for (const std::string& remark : one.remarks) {
            if (options_.log) options_.log(remark);
        }
    }
    if (!changes.between.empty()) PERDURE_TRY(define(std::move(changes.between)));
    for (const TablePlan& one : changes.plans) {
        if (one.between) PERDURE_TRY(convert_rows(one));
    }
    return changes.last.empty() ? Status() : define(std::move(changes.last));
}

Status Engine::declare(const std::vector<TableDefinition>& wanted, Declaring when,
                       const Evolution& evolution) {
    if (!seeded_bug("engine: a table takes the id of one that is on its way")) {
        PERDURE_TRY(await_definitions());
    }
    PERDURE_TAKE(Changes changes, judge_changes(wanted, evolution));
    for (const TableDefinition& one : changes.last) {
        if (one.version == 1 || when == Declaring::opening) continue;
        return error(Code::incompatible,
                     "table '{}' differs from what the world has; a table that exists changes when "
                     "the world is opened, or by World::reload()",
                     one.name);
    }
    if (!changes.last.empty() && when == Declaring::opening) {
        // Old batches go to the store before their table changes.
        PERDURE_TRY(core_->progress->wait(core_->pending.last(), Level::stored));
    }
    PERDURE_TRY(make_changes(std::move(changes)));
    for (const Evolution::Field& field : evolution.drops) {
        PERDURE_TRY(drop_field(field));
    }
    return {};
}

// From the first row, though a crash may have left some of them converted: what a conversion makes
// of a row follows from the old columns alone.
Status Engine::for_each_filled(const TablePlan& plan, const TableDefinition& between,
                               const std::function<Status(Batch&& filled)>& take) {
    const std::uint64_t bytes_wanted =
        std::min(change_bytes_wanted, options_.journal.file_bytes / 8);
    Batch page;
    std::uint32_t page_rows = page_rows_max;
    for (bool first = true;; first = false) {
        Batch next;
        {
            // Anew for each page: a snapshot that is held keeps the journal from being trimmed.
            PERDURE_TAKE(const auto snapshot, store_->snapshot());
            PERDURE_TAKE(next, snapshot->scan(between, first ? nullptr : &page,
                                              first ? 0 : page.rows() - 1, page_rows));
        }
        if (next.rows() == 0) return {};
        const std::uint64_t pieces = next.bytes() / bytes_wanted + 1;
        const auto piece_rows =
            static_cast<std::uint32_t>(std::max<std::uint64_t>(1, next.rows() / pieces));
        for (std::uint32_t at = 0; at < next.rows(); at += piece_rows) {
            const std::uint32_t count = std::min(piece_rows, next.rows() - at);
            PERDURE_TAKE(Batch filled, fill_rows(next, at, count, plan));
            PERDURE_TRY(take(std::move(filled)));
        }
        if (pieces > 4) page_rows = std::max(1U, page_rows / 2);
        page = std::move(next);
        if (seeded_bug("engine: a conversion converts one page")) return {};
    }
}

Status Engine::convert_rows(const TablePlan& plan) {
    const TableDefinition* table = core_->catalog.find(plan.between->id);
    PERDURE_ASSERT(table != nullptr && table->version == plan.between->version);
    // At opening it is emptied; while the world runs, its rows are there.
    if (core_->level_of(*table) == Level::ephemeral && core_->versions_min.empty()) return {};
    std::uint64_t rows = 0;
    std::uint64_t rows_total = 0;
    {
        PERDURE_TAKE(const auto snapshot, store_->snapshot());
        PERDURE_TAKE(rows_total, snapshot->count(*table));
    }
    const auto commit_them = [&](Batch&& filled) -> Status {
        const std::uint64_t before = rows;
        rows += filled.rows();
        PERDURE_TRY(commit_filled(std::move(filled)));
        if (options_.log && before / rows_per_log_line != rows / rows_per_log_line) {
            options_.log(text::format("table {}: {} of {} rows are converted", table->name, rows,
                                      rows_total));
        }
        return {};
    };
    PERDURE_TRY(for_each_filled(plan, *table, commit_them));
    if (options_.log) {
        options_.log(text::format("table {}: all {} rows are converted", table->name, rows));
    }
    return {};
}

Status Engine::commit_filled(Batch&& rows) {
    PERDURE_TRY(free_journal());
    Proposal proposal;
    proposal.converts = true;
    proposal.changes.batches.push_back(std::move(rows));
    PERDURE_TAKE(const Token token,
                 commit(proposal, {.tick = {}, .level = Level::stored, .wait = true}));
    PERDURE_TRY(token.wait(Level::stored));
    const std::scoped_lock lock(store_mutex_);
    while (drain_->release_step()) {
    }
    return {};
}

Status Engine::drop_field(const Evolution::Field& field) {
    const TableDefinition* table = core_->catalog.find(field.table);
    if (table == nullptr) return {};  // a world that is younger than the table's end
    PERDURE_TRY(check_dropped(*table, field));
    const std::vector<std::uint16_t> numbers = core_->catalog.removed(table->id, field.field);
    if (numbers.empty()) return {};
    const std::scoped_lock lock(store_mutex_);
    return store_->drop_removed({core_->epoch, core_->stored}, *table, numbers);
}

}  // namespace perdure::engine
