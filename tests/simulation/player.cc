#include "simulation/player.h"

#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "model/batch_builder.h"
#include "simulation/contents.h"

namespace perdure::simulation {

void Figures::add(const Figures& other) {
    workloads += other.workloads;
    operations += other.operations;
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
    files_prepared += other.files_prepared;
    files_trimmed += other.files_trimmed;
}

Player::Player(Machine& machine, Model& model, const Character& character, Random random,
               Figures& figures, RunLog& log)
    : machine_(machine),
      model_(model),
      character_(character),
      figures_(figures),
      log_(log),
      random_(random),
      variant_(character.variant) {
    clock_.advance_ns(machine.now_ns - clock_.monotonic_ns());
}

Player::~Player() { kill(); }

Status Player::open() {
    PERDURE_ASSERT(!life_);
    const std::uint64_t faults_before = faults_;
    Status opened = open_life();
    if (opened.ok()) opened = judge_recovered();
    if (opened.ok()) opened = start_life();
    if (opened.ok()) return {};
    if (opened.code() == Code::corrupt || faults_ == faults_before)
        return opened.with_context("opening");
    // A fault came between. Without it, it must work.
    log_.add("opening failed: {}", opened.text());
    model_.crash();
    kill();
    fault_until_ = 0;
    store_down_ = false;
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
    auto opened = Life::open(*faulty_, clock_, character_.options, [this] {
        return break_store(
            bug, std::make_unique<RecordingStore>(
                     machine_.store, clock_, [this](std::string_view call) { before_store(call); },
                     store_down_));
    });
    if (!opened) return opened.status();
    life_ = *std::move(opened);
    return {};
}

Status Player::judge_recovered() {
    const engine::Recovered& found = engine().recovered();
    const Lsn lsn = engine().health().accepted_lsn;
    ++figures_.recoveries;
    if (found.torn_bytes > 0) ++figures_.torn;
    figures_.replayed += found.replayed_changes;
    log_.add(
        "recovered at change set {}, tick {}; {} replayed, {} bytes torn; at least {}, at most {}",
        lsn, engine().last_tick().value_or(0), found.replayed_changes, found.torn_bytes,
        model_.acknowledged(), model_.last());
    const bool known = lsn >= model_.acknowledged() && lsn <= model_.last();
    PERDURE_TAKE(const Contents contents,
                 read_all(engine(), known ? model_.at(lsn) : model_.newest()));
    PERDURE_TRY(model_.recovered(lsn, engine().last_tick(), contents));
    if (closed_cleanly_ && !(found.clean && found.replayed_changes == 0)) {
        return error(Code::corrupt,
                     "the world was closed cleanly, but recovery replayed {} change sets",
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
        return error(Code::corrupt, "declaring the tables led to change set {} instead of {}",
                     engine().health().accepted_lsn, model_.last());
    }
    if (!life_->remarks().empty()) {
        return error(Code::corrupt, "the entities had to be repaired: {}",
                     life_->remarks().front());
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
    end_life();
}

void Player::end_life() {
    life_.reset();
    tokens_.clear();
    machine_.now_ns = clock_.monotonic_ns();
    if (faulty_) faulty_->clear_faults();
}

// Rows that were held go out with a last change set, if there are any.
Status Player::close() {
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
        return error(Code::corrupt, "closing led to change set {} instead of {}", last,
                     model_.last());
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

bool Player::has_unsynced() const noexcept {
    return !unsynced_files_.empty() || !unsynced_directories_.empty() ||
           machine_.store.safe() != machine_.store.visible();
}

// --- operations ----------------------------------------------------------------------------------

void Player::before_disk(const io::Operation& operation) {
    ++operations_;
    if (log_.on()) {
        log_.add("  {}: {} {} {} at {} of {}", operations_, io::operation_name(operation.kind),
                 operation.path, operation.path_to, operation.offset, operation.bytes);
    }
    if (on_operation) on_operation(operation.path);
    note_unsynced(operation);
    interleave(&operation);
    inject_faults(operation);  // last: what was done meanwhile must not take this one's fault
}

void Player::before_store(std::string_view call) {
    ++operations_;
    log_.add("  {}: {}", operations_, call);
    if (on_operation) on_operation(call);
    changed_ = true;
    flushed_ = true;
    if (character_.fault == FaultPlan::store_down) {
        const bool down = operations_ >= character_.fault_at && operations_ < fault_until_;
        if (!fault_spent_ && operations_ >= character_.fault_at) {
            fault_spent_ = true;
            fault_until_ = operations_ + character_.fault_length;
            ++figures_.faults;
        }
        store_down_ = down;
        if (down) ++faults_;
    }
    if (call == "store: apply") interleave(nullptr);
}

void Player::note_unsynced(const io::Operation& operation) {
    const std::string path(operation.path);
    const auto parent = [](std::string_view of) { return io::parent_path(of); };
    if (path.ends_with("/lock")) return;
    switch (operation.kind) {
        case io::OperationKind::write:
        case io::OperationKind::resize: unsynced_files_.insert(path); break;
        case io::OperationKind::sync:
            unsynced_files_.erase(path);
            flushed_ = true;
            break;
        case io::OperationKind::sync_directory:
            unsynced_directories_.erase(path);
            flushed_ = true;
            break;
        case io::OperationKind::rename:
            if (unsynced_files_.erase(path) > 0)
                unsynced_files_.insert(std::string(operation.path_to));
            unsynced_directories_.insert(parent(operation.path_to));
            if (operation.path_to.ends_with(".pdj")) ++figures_.files_prepared;
            if (path.ends_with(".pdj")) ++figures_.files_trimmed;
            break;
        case io::OperationKind::remove: unsynced_files_.erase(path); [[fallthrough]];
        case io::OperationKind::create_directory: unsynced_directories_.insert(parent(path)); break;
        case io::OperationKind::open:  // may create
            if (path.ends_with(".pdj")) return;
            unsynced_directories_.insert(parent(path));
            break;
        default: return;  // changes nothing
    }
    changed_ = true;
}

void Player::inject_faults(const io::Operation& operation) {
    using Kind = io::OperationKind;
    if (character_.fault == FaultPlan::none || character_.fault == FaultPlan::store_down) return;
    if (operations_ < character_.fault_at) return;
    const auto hit = [&](io::FaultType type) {
        faulty_->inject({.kind = operation.kind, .at = 1, .type = type});
        ++faults_;
        ++figures_.faults;
        log_.add("  this operation fails");
        // Not a group's: of a file that is prepared, and a commit may be what prepares it.
        if (!operation.path.ends_with(".pdj")) model_.held_may_wait();
    };
    const Kind kind = operation.kind;
    const bool aimed = !character_.fault_in_journal || operation.path.ends_with(".pdj");
    const bool sync = kind == Kind::sync || kind == Kind::sync_directory;
    const bool name =
        kind == Kind::rename || kind == Kind::remove || kind == Kind::create_directory;
    switch (character_.fault) {
        case FaultPlan::failed_sync:
            if (fault_spent_ || !sync || !aimed) return;
            hit(io::FaultType::fail_io);
            // What a page cache may do then: the bytes still seem to be there.
            if (kind == Kind::sync && random_.chance(2, 3)) {
                machine_.disk->lose_unsynced(std::string(operation.path));
            }
            break;
        case FaultPlan::failed_write:
            if (fault_spent_ || kind != Kind::write || !aimed) return;
            hit(random_.chance(1, 2) ? io::FaultType::fail_io : io::FaultType::short_write);
            break;
        case FaultPlan::failed_names:
            if (fault_spent_ || !name) return;
            hit(io::FaultType::fail_io);
            break;
        case FaultPlan::full_disk:
            if (!fault_spent_) fault_until_ = operations_ + character_.fault_length;
            fault_spent_ = true;
            if (operations_ < fault_until_ && kind == Kind::write)
                hit(io::FaultType::fail_no_space);
            return;
        default: return;
    }
    fault_spent_ = true;
}

// What other threads may do while this one is at its I/O: whatever needs none of the locks that it
// holds.
void Player::interleave(const io::Operation* operation) {
    if (!character_.may_interleave || interleaving_ || !life_ || !trouble_.ok() ||
        model_.is_offered())
        return;
    const bool leading =
        operation != nullptr && working_ == Working::journal && operation->path.ends_with(".pdj") &&
        (operation->kind == io::OperationKind::write || operation->kind == io::OperationKind::sync);
    const bool applying = operation == nullptr && working_ == Working::store;
    if (!(leading || applying) || !random_.chance(1, 4)) return;
    interleaving_ = true;
    ++figures_.interleaved;
    log_.add("  meanwhile:");
    const Working outer = working_;
    switch (random_.below(5)) {
        case 0:
        case 1: trouble_ = step_transaction(false); break;
        case 2: trouble_ = step_look(); break;
        case 3: trouble_ = step_background(Working::prepare); break;
        default: trouble_ = step_background(leading ? Working::store : Working::journal); break;
    }
    working_ = outer;
    interleaving_ = false;
}

}  // namespace perdure::simulation
