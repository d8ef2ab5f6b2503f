#include "perdure/world.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "engine/engine.h"
#include "engine/runtime.h"
#include "engine/staging.h"
#include "entities/external_hydration.h"
#include "entities/registry.h"
#include "entities/succession.h"
#include "invariants/tables.h"
#include "io/clock.h"
#include "io/memory_file_system.h"
#include "io/posix_file_system.h"
#include "model/batch_builder.h"
#include "perdure/runtime.h"
#include "store/memory_store.h"
#include "store/sqlite/sqlite_store.h"
#include "world/categories.h"
#include "world/kept_invariants.h"
#include "world/program_gate.h"
#include "world/settings.h"
#include "world/views.h"

namespace perdure {

// The real disk and clock, or what the options bring.
struct Surroundings {
    std::unique_ptr<io::FileSystem> own_files;
    std::unique_ptr<io::Clock> own_clock;
    io::FileSystem* files = nullptr;
    const io::Clock* clock = nullptr;
};

namespace {

constexpr std::string_view memory_directory = "memory:";

Surroundings make_surroundings(bool in_memory, const WorldOptions& options) {
    Surroundings made;
    if (!options.files) {
        if (in_memory) {
            made.own_files = std::make_unique<io::MemoryFileSystem>();
        } else {
            made.own_files = std::make_unique<io::PosixFileSystem>();
        }
    }
    if (!options.clock) made.own_clock = std::make_unique<io::SystemClock>();
    made.files = options.files ? options.files : made.own_files.get();
    made.clock = options.clock ? options.clock : made.own_clock.get();
    return made;
}

engine::EngineOptions engine_options(const WorldOptions& options, const Surroundings& around,
                                     std::vector<Category> categories) {
    engine::EngineOptions made;
    made.journal.file_bytes = options.journal_file_bytes;
    made.journal.first_file_bytes =
        std::min(options.journal_first_file_bytes, options.journal_file_bytes);
    made.journal.bytes_max = options.journal_bytes_max;
    made.journal.files_ahead = options.journal_files_ahead;
    made.pending.resident_bytes_max = options.pending_bytes_max;
    made.pending.index_bytes_max = options.index_bytes_max;
    made.pool_bytes_max = options.pending_bytes_max;  // what pending gives back, ticks take again
    made.drain_interval_ms = options.drain_interval_ms;
    made.drain_bytes = options.drain_bytes;
    made.attest_idle_ms = options.attest_idle_ms;
    if (options.runtime) made.budgets = options.runtime->engine().budgets();
    made.create = options.create;
    made.take_over = options.take_over;
    made.categories = std::move(categories);
    made.log = options.log;
    made.files = around.files;
    made.clock = around.clock;
    return made;
}

// All that a schema wants of the catalog.
std::vector<TableDefinition> tables_of(const Schema& schema, const entities::Registry& registry) {
    std::vector<TableDefinition> tables = registry.definitions();
    tables.push_back(categories_definition());
    if (!schema.invariants().empty()) {
        tables.push_back(invariants::invariants_definition());
        tables.push_back(invariants::log_definition());
    }
    for (const TableBuilder& table : schema.tables()) tables.push_back(table.definition());
    return tables;
}

}  // namespace

struct World::State {
    Surroundings around;
    WorldOptions options;
    // Ids that the tick of this token reserves: they may be handed out once it is durable.
    std::optional<std::pair<Token, std::uint64_t>> reservation;
    std::unique_ptr<entities::Registry> registry;
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<invariants::Invariants> invariants;  // null: there are none
    std::unique_ptr<ProgramGate> gate;
    std::unique_ptr<engine::Runtime> own_runtime;  // after the engine: it stops first
    engine::Runtime* runtime = nullptr;            // whose threads look after the engine
    std::unique_ptr<Entities> entities;
    std::unique_ptr<External> external;
    std::unique_ptr<Relations> relations;
    std::unique_ptr<Transaction> tick;
    std::string path;
    bool sqlite = false;
    std::string settings;  // the file's text, as it was at opening
    RecoveryReport recovery;
    bool closed = false;

    Status start(const std::string& directory, const Schema& schema);
    Result<std::vector<Category>> categories_of(const Schema& schema);
    [[nodiscard]] Category category(std::string_view name) const;
    Status hydrate();
    Status hydrate_external();
    Status may_reload() const;
    Status reload(const Schema& next, ExternalCallbacks&& callbacks);
    Status reserve_ids(const Batch& batch);
    void settle_reservation();
    Result<Token> commit_captured(engine::Proposal& proposal, const CommitOptions& how);
    Status close();
};

Status WorldOptions::validate() const {
    if (store != "sqlite" && store != "memory") {
        return error(Code::unsupported, "there is no store '{}'; there are sqlite and memory",
                     store);
    }
    if (journal_files_ahead == 0)
        return error(Code::invalid, "journal_files_ahead must be at least 1");
    if (index_bytes_max == 0 || pending_bytes_max == 0) {
        return error(Code::invalid, "pending_bytes_max and index_bytes_max must be above 0");
    }
    return {};
}

World::World(std::unique_ptr<State> state) : state_(std::move(state)) {}

World::~World() {
    if (!state_) return;
    static_cast<void>(state_->close().ok());  // close() is there for those who want to know
}

Result<std::unique_ptr<World>> World::open(const std::string& directory, const Schema& schema,
                                           WorldOptions options) {
    PERDURE_TRY(options.validate());
    auto state = std::make_unique<State>();
    state->options = std::move(options);
    if (Status status = state->start(directory, schema); !status.ok()) {
        return status.with_context("opening world " + directory);
    }
    return std::unique_ptr<World>(new World(std::move(state)));
}

Status World::State::start(const std::string& directory, const Schema& schema) {
    const bool in_memory = directory == memory_directory;
    around = make_surroundings(in_memory, options);
    const std::uint64_t began = around.clock->monotonic_ns();
    PERDURE_TAKE(registry, entities::Registry::make(schema));
    PERDURE_TRY(check_is_no_view(schema));
    PERDURE_TRY(registry->connect(options.external));  // before anything is made on the disk

    path = in_memory ? "world" : directory;
    const std::string file = io::join_path(path, "perdure.toml");
    PERDURE_TAKE(const bool has_settings, around.files->exists(file));
    if (has_settings) {
        PERDURE_TAKE(settings, io::read_file(*around.files, file, settings_bytes_max));
    }
    PERDURE_TAKE(std::vector<Category> categories, categories_of(schema));

    engine::EngineOptions wanted = engine_options(options, around, categories);
    sqlite = options.store == "sqlite" && !in_memory;
    if (!sqlite && !in_memory && !options.files) {
        return error(Code::invalid,
                     "the memory store keeps nothing: use \"memory:\" as the directory");
    }
    wanted.open_store = [&](const engine::WorldDirectory& place,
                            const Uuid& world) -> Result<std::unique_ptr<store::Store>> {
        if (!sqlite) return std::unique_ptr<store::Store>(std::make_unique<store::MemoryStore>());
        store::SqliteStoreOptions store_options;
        store_options.path = place.store();
        store_options.world = world;
        store_options.base_vfs = around.files->sqlite_vfs();
        store_options.clock = around.clock;
        PERDURE_TAKE(auto store, store::SqliteStore::open(store_options));
        return std::unique_ptr<store::Store>(std::move(store));
    };
    PERDURE_TAKE(engine, engine::Engine::open(path, std::move(wanted)));

    PERDURE_TRY(engine->declare(tables_of(schema, *registry), engine::Engine::Declaring::opening,
                                schema.evolution()));
    PERDURE_TRY(keep_categories(*engine, categories));
    if (sqlite) PERDURE_TRY(declare_entity_views(*engine));
    PERDURE_TRY(
        registry->bind(engine->catalog(), [&](std::string_view name) { return category(name); }));
    registry->use_pool(engine->pool());
    PERDURE_TRY(hydrate());
    PERDURE_TAKE(invariants, open_invariants(*engine, schema, options.log, recovery.remarks));
    if (invariants || options.validator) {
        gate = std::make_unique<ProgramGate>(options.validator, invariants.get());
        engine->set_gate(gate.get());
    }
    registry->reserve_now = [this](const Batch& batch) { return reserve_ids(batch); };
    entities = std::make_unique<Entities>(*registry);
    external = std::make_unique<External>(*registry);
    relations = std::make_unique<Relations>(*registry);
    tick = std::make_unique<Transaction>(std::make_unique<engine::Staging>(*engine, true));
    if (options.threads) {
        if (!options.runtime) own_runtime = std::make_unique<engine::Runtime>();
        engine::Runtime* const threads =
            options.runtime ? &options.runtime->engine() : own_runtime.get();
        PERDURE_TRY(threads->add(*engine));
        runtime = threads;
    }
    recovery.seconds = static_cast<double>(around.clock->monotonic_ns() - began) / 1e9;
    return {};
}

// Ours, the schema's, and what a person has set.
Result<std::vector<Category>> World::State::categories_of(const Schema& schema) {
    std::vector<Category> categories{Category{}};
    for (const Category& category : schema.categories()) {
        PERDURE_TRY(category.validate());
        std::erase_if(categories, [&](const Category& one) { return one.name == category.name; });
        categories.push_back(category);
    }
    if (settings.empty()) return categories;
    const std::string file = io::join_path(path, "perdure.toml");
    PERDURE_TRY(apply_settings(settings, file, options, categories));
    return categories;
}

Category World::State::category(std::string_view name) const {
    const Category* const found = engine->find_category(name);
    return found != nullptr ? *found : Category{};
}

Status World::State::hydrate() {
    const auto load = [this](const Batch& batch) { return registry->load(batch); };
    const auto ours = [this](const TableDefinition& table) {
        return !registry->is_external(table);
    };
    PERDURE_TRY(engine->hydrate_stored(ours, load));
    PERDURE_TRY(engine->hydrate_pending(load));
    const engine::Recovered& found = engine->recovered();
    recovery.created = found.created;
    recovery.clean = found.clean;
    recovery.replayed_changes = found.replayed_changes;
    recovery.replayed_bytes = found.replayed_bytes;
    recovery.torn_bytes = found.torn_bytes;
    recovery.remarks = found.remarks;
    PERDURE_TRY(registry->loaded(recovery.remarks));
    recovery.entities = Entities(*registry).count();
    return hydrate_external();
}

Status World::State::hydrate_external() {
    if (registry->externals().empty()) return {};
    entities::ExternalHydration hydration(*registry, options.external);
    PERDURE_TRY(engine->hydrate_pending([&](const Batch& batch) {
        hydration.touched(batch);
        return Status();
    }));
    PERDURE_TRY(hydration.entities());
    PERDURE_TRY(engine->hydrate_stored(
        [&](const TableDefinition& table) { return hydration.is_external(table); },
        [&](const Batch& batch) { return hydration.stored(batch); }));
    PERDURE_TRY(
        engine->hydrate_pending([&](const Batch& batch) { return hydration.undrained(batch); }));
    hydration.done(recovery.remarks);
    return {};
}

Status World::State::may_reload() const {
    if (closed) return error(Code::read_only, "the world is closed");
    if (registry->workers_run()) {
        return error(Code::busy, "workers run; reload between their end() and their next begin()");
    }
    PERDURE_TRY(engine::InsideGate::refuse(*engine));
    if (tick->staging().empty()) return {};
    return error(Code::busy, "rows are staged in tick(); reload after the commit that takes them");
}

Status World::State::reload(const Schema& next, ExternalCallbacks&& callbacks) {
    PERDURE_TRY(may_reload());
    if (invariants != nullptr || !next.invariants().empty()) {
        return error(Code::incompatible,
                     "invariants watch the tables that the world was opened with; open it anew");
    }
    // Judges the schema as opening does, and says which tables it wants.
    PERDURE_TAKE(const auto fresh, entities::Registry::make(next));
    PERDURE_TRY(check_is_no_view(next));
    PERDURE_TRY(fresh->connect(callbacks));
    PERDURE_TAKE(const std::vector<Category> categories, categories_of(next));
    for (const Category& wanted : categories) {
        const Category* const has = engine->find_category(wanted.name);
        if (has != nullptr && *has == wanted) continue;
        return error(Code::incompatible,
                     "category {} is {}; categories are those that the world was opened with, so "
                     "open it anew",
                     wanted.name, has == nullptr ? "new" : "another one than before");
    }
    const auto stored = [this](const TableDefinition& table,
                               const std::function<Status(const Batch&)>& take) {
        return engine->hydrate_stored(
            [&](const TableDefinition& one) { return one.id == table.id; }, take);
    };
    std::unique_ptr<entities::Registry::Succession> made;
    const auto prepare = [&](const std::vector<TablePlan>& plans) -> Status {
        PERDURE_TAKE(made, registry->succeed(next, plans, engine->catalog(), stored));
        return {};
    };
    PERDURE_TRY(engine->redeclare(tables_of(next, *fresh), next.evolution(), prepare));
    options.external = std::move(callbacks);
    registry->adopt(
        std::move(made), engine->catalog(),
        [this](std::string_view name) { return category(name); }, options.external, engine->pool());
    tick->staging().clear();  // what it has prefetched
    if (!sqlite) return {};
    const Status views = declare_entity_views(*engine);
    if (!views.ok() && options.log) {
        options.log("the SQL views are those before the reload, until the world is opened anew: " +
                    views.text());
    }
    return {};
}

// A burst of create() used up the reserved ids: one small change set, durable before the ids are
// handed out.
Status World::State::reserve_ids(const Batch& batch) {
    BatchBuilder copy(batch.table(), batch.operation());
    for (std::uint32_t row = 0; row < batch.rows(); ++row) copy.add(batch, row);
    PERDURE_TAKE(Batch own, copy.finish());
    engine::Proposal proposal;
    proposal.changes.batches.push_back(std::move(own));
    PERDURE_TAKE(const Token token,
                 engine->commit(proposal, {.tick = {}, .level = Level::journal, .wait = true}));
    return token.wait();
}

void World::State::settle_reservation() {
    if (!reservation || !reservation->first.done()) return;
    if (reservation->first.status().ok()) registry->reservation_durable(reservation->second);
    reservation.reset();
}

Status World::State::close() {
    if (closed || !engine) return {};
    PERDURE_TRY(engine::InsideGate::refuse(*engine));
    closed = true;
    Status status = engine->close();
    if (runtime) runtime->remove(*engine);
    runtime = nullptr;
    own_runtime.reset();
    tick.reset();
    return status;
}

Entities& World::entities() noexcept { return *state_->entities; }
External& World::external() noexcept { return *state_->external; }
Relations& World::relations() noexcept { return *state_->relations; }
Transaction& World::tick() noexcept { return *state_->tick; }

// What is captured must stay as it is until it is accepted: a validator that changes it is stopped.
Result<Token> World::State::commit_captured(engine::Proposal& proposal, const CommitOptions& how) {
    if (!options.validator) return engine->commit(proposal, how);
    registry->stand_still(entities::Registry::Standing::for_readers);
    auto token = engine->commit(proposal, how);
    registry->go_on();
    return token;
}

Result<Token> World::commit(const CommitOptions& options) {
    State& state = *state_;
    if (state.closed) return error(Code::read_only, "the world is closed");
    PERDURE_TRY(engine::InsideGate::refuse(*state.engine));
    state.settle_reservation();
    engine::Proposal proposal;
    proposal.from_tick = true;
    const std::uint64_t now_ms = state.around.clock->monotonic_ns() / 1'000'000;
    const bool everything = options.level && *options.level >= Level::journal &&
                            !seeded_bug("world: relaxed rows wait though the level was raised");
    PERDURE_TRY(
        state.registry->capture(proposal.changes, now_ms, everything, state.engine->pool()));
    engine::Staging& staged = state.tick->staging();
    if (!staged.empty()) PERDURE_TRY(staged.propose(proposal));
    proposal.from_program = true;
    auto token = state.commit_captured(proposal, options);
    if (!token && seeded_bug("world: a refused commit drops what was staged")) staged.clear();
    if (!token) return token;
    staged.clear();
    if (!proposal.tick_again || seeded_bug("world: the last tick again clears marks")) {
        const std::uint64_t before = state.registry->reservation_under_way();
        state.registry->captured();
        // Of this very change set: a later tick's token may be complete sooner, at a weaker level.
        if (const std::uint64_t end = state.registry->reservation_under_way(); end != before) {
            state.reservation = {*token, end};
        }
    }
    if (options.wait) PERDURE_TRY(token->wait());
    return token;
}

std::uint64_t World::next_tick() const noexcept {
    return state_->engine->last_tick().value_or(0) + 1;
}

Transaction World::begin() {
    return Transaction(std::make_unique<engine::Staging>(*state_->engine, false));
}

Result<Snapshot> World::snapshot(const SnapshotOptions& options) {
    PERDURE_TAKE(auto view, state_->engine->view(options.durable_only));
    return Snapshot(std::move(view));
}

Status World::declare(const TableBuilder& table) {
    PERDURE_TRY(table.validate());
    PERDURE_TRY(check_is_no_view("a table", table.definition().name));
    return state_->engine->declare({table.definition()}, engine::Engine::Declaring::running);
}

Status World::reload(const Schema& next, ExternalCallbacks external) {
    const Status done = state_->reload(next, std::move(external));
    return done.ok() ? done : done.with_context("replacing the code of world " + state_->path);
}

std::size_t World::poll() {
    state_->settle_reservation();
    return state_->engine->poll();
}
Health World::health() const {
    Health health = state_->engine->health();
    if (state_->invariants) health.invariant_alarms = state_->invariants->alarms();
    return health;
}

std::vector<InvariantResult> World::invariants() const {
    return state_->invariants ? state_->invariants->results() : std::vector<InvariantResult>();
}

const RecoveryReport& World::recovery() const noexcept { return state_->recovery; }

Result<std::string> World::digest() {
    PERDURE_TAKE(const Hash128 digest, state_->engine->digest());
    return digest.hex();
}

Status World::close() { return state_->close(); }
engine::Engine& World::engine() noexcept { return *state_->engine; }

}  // namespace perdure
