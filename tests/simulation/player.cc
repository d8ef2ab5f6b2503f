#include "simulation/player.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "model/batch_builder.h"
#include "simulation/contents.h"
#include "simulation/watched_store.h"
#include "simulation/wrong.h"
#include "store/sqlite/sqlite_store.h"

namespace perdure::simulation {

void Figures::add(const Figures& other) {
    workloads += other.workloads;
    operations += other.operations;
    all_operations += other.all_operations;
    crash_points += other.crash_points;
    crashes += other.crashes;
    nested_crashes += other.nested_crashes;
    recoveries += other.recoveries;
    torn += other.torn;
    replayed += other.replayed;
    commits += other.commits;
    conflicts += other.conflicts;
    refused += other.refused;
    faults += other.faults;
    failures += other.failures;
    interleaved += other.interleaved;
    store_crash_points += other.store_crash_points;
    store_unsynced += other.store_unsynced;
    store_faults += other.store_faults;
    store_interleaved += other.store_interleaved;
    files_prepared += other.files_prepared;
    files_trimmed += other.files_trimmed;
    digests += other.digests;
    snapshots += other.snapshots;
    pages += other.pages;
    cut_transfers += other.cut_transfers;
    damaged += other.damaged;
    damage_reported += other.damage_reported;
    damage_harmless += other.damage_harmless;
    last_groups_lost += other.last_groups_lost;
    stale_pages += other.stale_pages;
}

Player::Player(Machine& machine, Model& model, const Character& character, Random random,
               Figures& figures, RunLog& log)
    : machine_(machine),
      model_(model),
      character_(character),
      figures_(figures),
      log_(log),
      random_(random),
      variant_(character.variant),
      sqlite_seed_(Random(random).next()) {
    for (const PlannedFault& fault : character.faults) planned_.push_back({fault});
    clock_.advance_ns(machine.now_ns - clock_.monotonic_ns());
}

Player::~Player() { kill(); }

Status Player::open() {
    PERDURE_ASSERT(!life_);
    const std::uint64_t faults_before = faults_;
    Status opened = open_life();
    // Blocks that cannot be read count as damaged (J-11): a refusal, and no harm done.
    const bool unreadable =
        mishap && faults_ > faults_before && opened.code() == Code::corrupt && !is_wrong(opened);
    if (opened.ok()) opened = judge_recovered();
    if (opened.ok()) opened = start_life();
    if (opened.ok()) return {};
    if ((opened.code() == Code::corrupt && !unreadable) || faults_ == faults_before)
        return opened.with_context("opening");
    // A fault came between. Without it, it must work.
    log_.add("opening failed: {}", opened.text());
    model_.crash();
    kill();
    for (Fault& fault : planned_) fault.until = 0;
    store_down_ = false;
    mishap.reset();
    return open();
}

Status Player::open_life() {
    tokens_.clear();
    tick_staged_.clear();
    reserved_.clear();
    marks_left_ = false;
    callbacks_.clear();
    if (!faulty_) {
        if (bug != SeededBug::none) broken_disk_ = break_disk(bug, *machine_.disk);
        faulty_ =
            std::make_unique<io::FaultyFileSystem>(broken_disk_ ? *broken_disk_ : *machine_.disk);
        faulty_->on_operation = [this](const io::Operation& operation) { before_disk(operation); };
    }
    auto opened = Life::open(
        *faulty_, clock_, character_.options,
        [this](const std::string& path, const Uuid& world) { return open_store(path, world); });
    if (!opened) return opened.status();
    life_ = *std::move(opened);
    return {};
}

Result<std::unique_ptr<store::Store>> Player::open_store(const std::string& path,
                                                         const Uuid& world) {
    const auto before = [this](std::string_view call) { before_store(call); };
    if (machine_.kind == StoreKind::memory) {
        return break_store(
            bug, std::make_unique<RecordingStore>(machine_.store, clock_, before, store_down_));
    }
    vfs_ = std::make_unique<DiskVfs>(*faulty_, clock_, sqlite_seed_ + operations_);
    store::SqliteStoreOptions options;
    options.path = path;
    options.world = world;
    options.base_vfs = vfs_->name();
    options.cache_mib = 1;
    options.reader_cache_mib = 1;
    options.busy_timeout_ms = 0;  // there is nobody to wait for
    options.clock = &clock_;
    PERDURE_TAKE(auto opened, store::SqliteStore::open(options));
    return break_store(bug, std::make_unique<WatchedStore>(std::move(opened), before, store_down_));
}

Status Player::judge_recovered() {
    const engine::Recovered& found = engine().recovered();
    const Lsn lsn = engine().health().accepted_lsn;
    recovered_at_ = lsn;
    ++figures_.recoveries;
    if (found.torn_bytes > 0) ++figures_.torn;
    figures_.replayed += found.replayed_changes;
    log_.add(
        "recovered at change set {}, tick {}; {} replayed, {} bytes torn; at least {}, at most {}",
        lsn, engine().last_tick().value_or(0), found.replayed_changes, found.torn_bytes,
        model_.acknowledged(), model_.last());
    if (lsn < model_.acknowledged() && model_.can_lose_after(lsn) && may_be_lost &&
        may_be_lost(lsn)) {
        log_.add("the disk lost what nothing attests: change sets {} to {}", lsn + 1,
                 model_.acknowledged());
        model_.lose_after(lsn);
    }
    const bool known = lsn >= model_.acknowledged() && lsn <= model_.last();
    PERDURE_TAKE(const Contents contents,
                 read_all(engine(), known ? model_.at(lsn) : model_.newest()));
    PERDURE_TRY(model_.recovered(lsn, engine().last_tick(), contents));
    if (closed_cleanly_ && !(found.clean && found.replayed_changes == 0)) {
        return wrong("the world was closed cleanly, but recovery replayed {} change sets",
                     found.replayed_changes);
    }
    closed_cleanly_ = false;
    return {};
}

Status Player::start_life() {
    Proposal definitions;
    definitions.now_ms = now_ms();
    definitions.at_once = true;
    definitions.definitions = model_.missing(small_world_tables(variant_));
    const bool defines = !definitions.definitions.empty();
    if (defines) model_.offer(std::move(definitions));
    PERDURE_TRY(life_->start(variant_, [this](const Batch& batch) { return reserve_ids(batch); }));
    if (defines) {
        model_.accepted();
        model_.acknowledge(model_.last());
    }
    if (engine().health().accepted_lsn != model_.last()) {
        return wrong("declaring the tables led to change set {} instead of {}",
                     engine().health().accepted_lsn, model_.last());
    }
    if (!life_->remarks().empty()) {
        return wrong("the entities had to be repaired: {}", life_->remarks().front());
    }
    beings_ = Beings::of(model_.newest(), variant_);
    return beings_.compare(life_->entities(), variant_);
}

Status Player::reserve_ids(const Batch& batch) {
    BatchBuilder copy(batch.table(), batch.operation());
    for (std::uint32_t row = 0; row < batch.rows(); ++row) copy.add(batch, row);
    PERDURE_TAKE(Batch own, copy.finish());
    engine::Proposal proposal;
    proposal.changes.batches.push_back(std::move(own));
    model_.offer({.at_once = true, .now_ms = now_ms()});
    const auto token =
        engine().commit(proposal, {.tick = {}, .level = Level::journal, .wait = true});
    if (!token) {
        model_.refused();
        return token.status();
    }
    model_.accepted();
    tokens_.push_back(*token);
    return token->wait();
}

void Player::kill() {
    if (!life_) return;
    acknowledge();
    readers_.clear();
    if (vfs_) vfs_->end();
    end_life();
}

void Player::end_life() {
    life_.reset();
    vfs_.reset();
    tokens_.clear();
    machine_.now_ns = clock_.monotonic_ns();
    if (faulty_) faulty_->clear_faults();
}

// Rows that were held go out with a last change set, if there are any.
Status Player::close() {
    readers_.clear();
    model_.offer({.now_ms = now_ms()});
    const bool was_failed = failed();
    working_ = Working::store;
    const Status closed = engine().close();
    working_ = Working::nothing;
    const Lsn last = engine().health().accepted_lsn;
    log_.add("closed: {}", closed.ok() ? "fine" : closed.text());
    if (last == model_.last() + 1) {
        model_.accepted();
    } else {
        model_.refused();
    }
    if (last != model_.last()) {
        return wrong("closing led to change set {} instead of {}", last, model_.last());
    }
    acknowledge();
    if (closed.ok()) {
        model_.acknowledge(model_.last());
        model_.held_written();
        closed_cleanly_ = !was_failed;
    } else if (faults_ == 0 && closed.code() != Code::busy) {
        return closed.with_context("closing");
    }
    end_life();
    return {};
}

void Player::acknowledge() {
    if (!life_) return;
    std::erase_if(tokens_, [&](const Token& token) {
        if (!token.status().ok()) return false;
        if (token.level() >= Level::journal) model_.acknowledge(token.lsn());
        return true;
    });
}

bool Player::failed() { return engine().health().read_only; }

}  // namespace perdure::simulation
