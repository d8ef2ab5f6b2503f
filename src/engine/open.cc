// Engine, opening: directory, store, journal, then whatever is left to settle. See ARCHITECTURE.md,
// "Recovery".
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "engine/engine.h"
#include "engine/group_cursor.h"
#include "journal/recovery.h"
#include "model/key.h"

namespace perdure::engine {
namespace {

// A creation cut short leaves only these; anything else is not ours to write beside.
Status may_hold_a_world(io::FileSystem& files, const std::string& path) {
    PERDURE_TAKE(const auto names, files.list(path));
    for (const std::string& name : names) {
        if (name != "lock" && name != "journal" && name != "quarantine" && name != "perdure.toml" &&
            name != "identity.new") {
            return error(Code::invalid, "{}: holds '{}' but no world; choose an empty directory",
                         path, name);
        }
    }
    return {};
}

EngineOptions with_budgets(EngineOptions options) {
    if (!options.budgets) {
        options.budgets =
            std::make_shared<Budgets>(BudgetLimits{.pool_bytes = options.pool_bytes_max});
    }
    options.journal.budget = &options.budgets->journal;
    return options;
}

}  // namespace

Engine::Engine(EngineOptions options)
    : options_(with_budgets(std::move(options))),
      flush_queue_([this](const journal::Appended& appended) { group_durable(appended); },
                   [this](const Status& reason) { journal_failed(reason); }) {}

Engine::~Engine() {
    gone_.store(true);
    tell_stored();
    if (core_) core_->progress->detach();
}

Result<std::unique_ptr<Engine>> Engine::open(const std::string& directory, EngineOptions options) {
    PERDURE_ASSERT(options.files);
    PERDURE_ASSERT(options.clock);
    PERDURE_ASSERT(options.open_store);
    PERDURE_TRY(options.journal.validate());
    std::unique_ptr<Engine> engine(new Engine(std::move(options)));
    PERDURE_TRY(engine->open_directory(directory));
    PERDURE_TRY(engine->open_journal());
    PERDURE_TRY(engine->settle());
    return engine;
}

Status Engine::open_directory(const std::string& path) {
    directory_ = std::make_unique<WorldDirectory>(*options_.files, path);
    PERDURE_TAKE(const bool there, options_.files->exists(path));
    PERDURE_TAKE(const bool known, options_.files->exists(io::join_path(path, "identity")));
    if (!known && !options_.create) return directory_->read_identity().status();
    // Before the lock, which writes a file into it; and after, since others may have been quicker.
    if (there && !known) PERDURE_TRY(may_hold_a_world(*options_.files, path));
    if (!there) PERDURE_TRY(options_.files->create_directory(path));
    PERDURE_TRY(directory_->lock(*options_.clock));
    PERDURE_TAKE(const bool made, options_.files->exists(io::join_path(path, "identity")));
    if (made) {
        PERDURE_TAKE(identity_, directory_->read_identity());
        PERDURE_TRY(directory_->check_no_repair_waits());
    } else {
        PERDURE_TRY(may_hold_a_world(*options_.files, path));
        const Uuid world = options_.new_world ? *options_.new_world : random_uuid();
        PERDURE_TAKE(identity_, directory_->create(world, *options_.clock));
        recovered_.created = true;
    }
    PERDURE_TAKE(store_, options_.open_store(*directory_, identity_.world));
    return {};
}

Status Engine::open_journal() {
    PERDURE_TAKE(const store::Watermarks marks, store_->watermarks());
    const Watermark from = marks.visible;
    core_ = std::make_unique<Core>(options_.pending, from, options_.budgets, *this);
    core_->clock = options_.clock;
    core_->log = options_.log;
    core_->safe_lsn = marks.safe;
    core_->tick = from.tick;
    core_->tick_lsn = from.lsn;
    for (const Category& category : options_.categories) {
        PERDURE_TRY(category.validate());
        core_->categories[category.name] = category;
    }
    PERDURE_TAKE(const auto definitions, store_->definitions());
    for (const TableDefinition& definition : definitions) {
        PERDURE_TRY(core_->catalog.add(definition));
    }
    const auto visit = [this](journal::GroupFound&& group) -> Status {
        for (ChangeSet& set : group.changes) {
            if (set.tick && !seeded_bug("engine: recovery forgets the last tick")) {
                core_->tick = set.tick;
                core_->tick_lsn = set.lsn;
            }
            ++recovered_.replayed_changes;
            core_->pending.push(std::move(set));
        }
        core_->pending.group_durable(group.last, group.epoch, group.chain, group.address);
        core_->account();
        let_go_of_bodies(group.last);
        recovered_.replayed_bytes += group.address.bytes;
        return {};
    };
    PERDURE_TAKE(const journal::Findings found,
                 journal::recover(*options_.files, directory_->journal(), identity_.world, from,
                                  core_->catalog, visit));
    recovered_.remarks = found.remarks;
    const bool new_machine = found.empty && from.lsn > 0;
    if (new_machine && !options_.take_over) {
        return error(
            Code::corrupt,
            "{}: the journal is empty but the store is at change set {}: the journal "
            "was removed, or this is another machine; bring it back, or, once you are sure that no "
            "other owner is left, open with take_over, or say `perdure repair DIR --remedy "
            "take-over`: what only that journal held is lost",
            directory_->journal(), from.lsn);
    }
    if (found.ending == journal::Ending::torn) {
        recovered_.torn_bytes = found.torn.bytes;
        PERDURE_TRY(journal::quarantine_torn(*options_.files, directory_->journal(),
                                             directory_->quarantine(), found));
    }
    recovered_.clean = found.ending == journal::Ending::clean && recovered_.replayed_changes == 0;

    journal::Start start = found.start(identity_.world);
    start.epoch = std::max({start.epoch, from.epoch + 1, marks.owner_epoch + 1});
    if (new_machine) {
        start.last = from.lsn;
        start.chain = from.chain;
        recovered_.remarks.push_back("taken over without its journal: change sets after " +
                                     std::to_string(from.lsn) + ", if there were any, are lost");
    }
    PERDURE_ASSERT(start.last == core_->pending.last());  // the journal goes on where it ended
    core_->epoch = start.epoch;
    PERDURE_TAKE(journal_,
                 journal::Journal::open(*options_.files, *options_.clock, directory_->journal(),
                                        options_.journal, start, core_->catalog));
    // The journal first: an epoch that only the store has seen would be drawn again after a crash
    // in between, and the store would refuse it for ever.
    PERDURE_TRY(store_->take_over(core_->epoch));
    flush_queue_.attach(*journal_, *options_.clock);
    flush_queue_.start_at(core_->pending.last());
    core_->progress->reached_journal(core_->pending.last());
    core_->progress->reached_store(from.lsn);
    drain_ = std::make_unique<Drain>(*core_, *store_, *journal_);
    return {};
}

// What must be so before the first commit: no definition on its way, the index within its limit,
// ephemeral tables empty, the greatest keys of append-only tables known.
Status Engine::settle() {
    const auto defines = [](const GroupEnd& group) { return group.definition; };
    const auto must_drain = [&] {
        const auto& groups = core_->pending.groups();
        return std::any_of(groups.begin(), groups.end(), defines) || core_->pending.is_full(1, 0);
    };
    while (must_drain()) {
        if (options_.log) {
            options_.log("recovery: draining before the first tick: " +
                         std::to_string(core_->pending.size()) + " change sets are left");
        }
        PERDURE_TAKE(const bool drained, drain_->step());
        while (drain_->release_step()) {
        }
        if (!drained) break;
    }
    PERDURE_ASSERT(
        std::none_of(core_->pending.groups().begin(), core_->pending.groups().end(), defines));
    std::vector<const TableDefinition*> ephemeral;  // the store has each: none is on its way
    for (const TableDefinition* table : core_->catalog.tables()) {
        if (core_->level_of(*table) == Level::ephemeral) ephemeral.push_back(table);
    }
    if (!ephemeral.empty() && !seeded_bug("engine: ephemeral tables are not emptied")) {
        PERDURE_TRY(store_->empty({core_->epoch, core_->stored}, ephemeral));
    }
    PERDURE_TRY(free_journal());
    return load_append_max();
}

// A journal at its budget's end refuses even the small commits of opening: the store takes over
// what it holds first, so that its files can be used again.
Status Engine::free_journal() {
    const std::uint64_t first = options_.journal.first_file_bytes;
    if (journal_->has_room((first != 0 ? first : options_.journal.file_bytes) / 4)) return {};
    const std::scoped_lock lock(store_mutex_);  // of a world that runs already: others step, too
    for (bool more = true; more;) {
        PERDURE_TAKE(more, drain_->step());
        while (drain_->release_step()) {
        }
    }
    for (bool more = true; more;) {
        PERDURE_TAKE(more, store_->checkpoint_step());
    }
    PERDURE_TAKE(const store::Watermarks marks, store_->watermarks());
    core_->safe_lsn = marks.safe;
    PERDURE_TRY(journal_->trim(marks.safe));
    for (bool more = true; more;) {
        PERDURE_TAKE(more, journal_->prepare_step());
    }
    return {};
}

Status Engine::load_append_max() {
    PERDURE_TAKE(const auto snapshot, store_->snapshot());
    for (const TableDefinition* table : core_->catalog.tables()) {
        if (!table->append_only) continue;
        std::string& greatest = core_->append_max[table->id];
        PERDURE_TAKE(const Batch last, snapshot->last(*table));
        if (last.rows() > 0) encode_key(last, 0, greatest);
        if (const KeyIndex* index = core_->pending.index(table->id)) {
            greatest = std::max(greatest, std::string(index->last_key()));
        }
    }
    return {};
}

Status Engine::hydrate(const std::function<Status(const Batch&)>& take) {
    PERDURE_TRY(hydrate_stored([](const TableDefinition&) { return true; }, take));
    return hydrate_pending(take);
}

Status Engine::hydrate_stored(const std::function<bool(const TableDefinition&)>& wanted,
                              const std::function<Status(const Batch&)>& take) {
    constexpr std::uint32_t rows_per_batch = 16'384;
    PERDURE_TAKE(auto snapshot, store_->snapshot());
    for (const TableDefinition* table : core_->catalog.tables()) {
        if (!table->resident || !wanted(*table)) continue;
        Batch page;
        bool first = true;
        while (true) {
            auto next = snapshot->scan(*table, first ? nullptr : &page, first ? 0 : page.rows() - 1,
                                       rows_per_batch);
            if (next.status().code() == Code::expired) {  // a large world; nobody writes meanwhile
                PERDURE_TAKE(snapshot, store_->snapshot());
                continue;
            }
            PERDURE_TRY(next.status());
            if (next->rows() == 0) break;
            PERDURE_TRY(take(*next));
            page = *std::move(next);
            first = false;
            if (page.rows() < rows_per_batch || seeded_bug("engine: opening reads one page")) break;
        }
    }
    return {};
}

// Nobody commits or drains yet, so pending stays as it is.
Status Engine::hydrate_pending(const std::function<Status(const Batch&)>& take) {
    GroupCursor journal_copies(*journal_, core_->catalog);
    for (Lsn lsn = core_->stored.lsn + 1; lsn <= core_->pending.last(); ++lsn) {
        const Entry& entry = core_->pending.entry(lsn);
        const ChangeSet* set = &entry.changes;
        if (entry.let_go) {
            PERDURE_TAKE(set, journal_copies.find(entry));
        }
        for (const Batch& batch : set->batches) {
            if (batch.table().resident) PERDURE_TRY(take(batch));
        }
    }
    return {};
}

}  // namespace perdure::engine
