#include "simulation/life.h"

#include <utility>

#include "base/error.h"
#include "engine/staging.h"
#include "world/views.h"

namespace perdure::simulation {
namespace {

constexpr std::uint64_t pool_bytes_max = 64ULL
                                         << 10;  // tiny worlds, opened thousands of times a second

Uuid the_world() {
    Uuid world;
    world.bytes[0] = std::byte{0x51};
    return world;
}

}  // namespace

Result<std::unique_ptr<Life>> Life::open(io::FileSystem& files, const io::Clock& clock,
                                         const LifeOptions& options, OpenStore open_store) {
    engine::EngineOptions wanted;
    wanted.journal = options.journal;
    wanted.pending = options.pending;
    wanted.drain_interval_ms = options.drain_interval_ms;
    wanted.drain_bytes = options.drain_bytes;
    wanted.pool_bytes_max = pool_bytes_max;
    wanted.categories = small_world_categories();
    wanted.categories.push_back(Category{});
    wanted.files = &files;
    wanted.clock = &clock;
    wanted.new_world = the_world();
    wanted.open_store = [&](const engine::WorldDirectory& directory, const Uuid& world) {
        return open_store(directory.store(), world);
    };
    std::unique_ptr<Life> life(new Life());
    PERDURE_TAKE(life->engine_, engine::Engine::open("world", std::move(wanted)));
    return life;
}

Status Life::start(Variant variant, std::function<Status(const Batch&)> reserve) {
    const Schema& schema = small_world_schema(variant);
    PERDURE_TAKE(registry_, entities::Registry::make(schema));
    std::vector<TableDefinition> tables = registry_->definitions();
    for (const TableBuilder& table : schema.tables()) tables.push_back(table.definition());
    PERDURE_TRY(engine_->declare(tables, engine::Engine::Declaring::opening));
    if (engine_->store().capabilities().sql) PERDURE_TRY(declare_entity_views(*engine_));
    PERDURE_TRY(registry_->bind(engine_->catalog(), [&](std::string_view name) {
        const Category* category = engine_->find_category(name);
        return category ? *category : Category{};
    }));
    PERDURE_TRY(engine_->hydrate([this](const Batch& batch) { return registry_->load(batch); }));
    PERDURE_TRY(registry_->loaded(remarks_));
    registry_->reserve_now = std::move(reserve);
    entities_ = std::make_unique<Entities>(*registry_);
    tick_ = std::make_unique<Transaction>(std::make_unique<engine::Staging>(*engine_, true));
    return {};
}

void Life::settle_reservation() {
    if (!reservation_ || !reservation_->first.done()) return;
    if (reservation_->first.status().ok()) registry_->reservation_durable(reservation_->second);
    reservation_.reset();
}

Result<Token> Life::commit(const CommitOptions& options) {
    settle_reservation();
    engine::Proposal proposal;
    proposal.from_tick = true;
    const std::uint64_t now_ms = engine_->clock().monotonic_ns() / 1'000'000;
    const bool everything = options.level && *options.level >= Level::journal;
    PERDURE_TRY(registry_->capture(proposal.changes, now_ms, everything, engine_->pool()));
    engine::Staging& staged = tick_->staging();
    if (!staged.empty()) PERDURE_TRY(staged.propose(proposal));
    auto token = engine_->commit(proposal, options);
    if (!token) return token;
    staged.clear();
    if (!proposal.tick_again) {  // else what is marked goes out with the next tick
        const std::uint64_t before = registry_->reservation_under_way();
        registry_->captured();
        if (const std::uint64_t end = registry_->reservation_under_way(); end != before) {
            reservation_ = {*token, end};
        }
    }
    if (options.wait) PERDURE_TRY(token->wait());
    return token;
}

void Life::poll() {
    settle_reservation();
    static_cast<void>(engine_->poll());
}

Transaction Life::begin() {
    return Transaction(std::make_unique<engine::Staging>(*engine_, false));
}

}  // namespace perdure::simulation
