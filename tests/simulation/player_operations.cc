// Player, its operations: what may come before each one on disk or store: the power failure, a
// fault, and what other threads do meanwhile.
#include <algorithm>

#include "simulation/player.h"

namespace perdure::simulation {
namespace {

bool is_due(const Mishap& mishap, std::uint64_t operation) {
    return mishap.from_then_on ? operation >= mishap.at : operation == mishap.at;
}

}  // namespace

bool takes_space(io::OperationKind kind) noexcept {
    using Kind = io::OperationKind;
    return kind == Kind::write || kind == Kind::resize || kind == Kind::open ||
           kind == Kind::create_directory || kind == Kind::rename;
}

bool Player::has_unsynced() const noexcept {
    return !unsynced_files_.empty() || !unsynced_directories_.empty() ||
           machine_.store.safe() != machine_.store.visible();
}

bool Player::has_unsynced_store() const noexcept {
    return std::any_of(unsynced_files_.begin(), unsynced_files_.end(), is_store_file);
}

void Player::before_disk(const io::Operation& operation) {
    ++operations_;
    if (log_.on()) {
        log_.add("  {}: {} {} {} at {} of {}", operations_, io::operation_name(operation.kind),
                 operation.path, operation.path_to, operation.offset, operation.bytes);
    }
    operation_ = &operation;
    if (on_operation) on_operation(operation.path);
    operation_ = nullptr;
    if (machine_.kind == StoreKind::sqlite) seed_sqlite(sqlite_seed_ + operations_);
    note_unsynced(operation);
    interleave(&operation);
    inject_faults(operation);  // last: what was done meanwhile must not take this one's fault
    inject_mishap(operation);
}

void Player::before_store(std::string_view call) {
    ++operations_;
    log_.add("  {}: {}", operations_, call);
    if (on_operation) on_operation(call);
    if (machine_.kind == StoreKind::memory) {
        changed_ = true;
        flushed_ = true;
    }
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
    if (mishap) {
        store_down_ = is_due(*mishap, operations_) && mishap->type == io::FaultType::fail_io;
        if (store_down_) ++faults_;
        if (store_down_) ++figures_.faults;
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
            if (is_store_file(path)) {
                const auto there = machine_.disk->exists(path);
                if (there.ok() && *there) return;
            }
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
    const Kind kind = operation.kind;
    const bool aimed = is_aimed_at(operation.path);
    const bool sync = kind == Kind::sync || kind == Kind::sync_directory;
    const bool name =
        kind == Kind::rename || kind == Kind::remove || kind == Kind::create_directory;
    switch (character_.fault) {
        case FaultPlan::failed_sync:
            if (fault_spent_ || !sync || !aimed) return;
            hit(operation, io::FaultType::fail_io);
            // What a page cache may do then: the bytes still seem to be there.
            if (kind == Kind::sync && random_.chance(2, 3)) {
                machine_.disk->lose_unsynced(std::string(operation.path));
            }
            break;
        case FaultPlan::failed_write:
            if (fault_spent_ || kind != Kind::write || !aimed) return;
            hit(operation,
                random_.chance(1, 2) ? io::FaultType::fail_io : io::FaultType::short_write);
            break;
        case FaultPlan::failed_names:
            if (fault_spent_ || !name) return;
            if (character_.fault_target == FaultTarget::store && !aimed) return;
            hit(operation, io::FaultType::fail_io);
            break;
        case FaultPlan::full_disk:
            if (!fault_spent_) fault_until_ = operations_ + character_.fault_length;
            fault_spent_ = true;
            if (operations_ < fault_until_ && kind == Kind::write)
                hit(operation, io::FaultType::fail_no_space);
            return;
        case FaultPlan::failed_read:
            if (fault_spent_ || kind != Kind::read || !aimed) return;
            hit(operation, io::FaultType::fail_io);
            break;
        default: return;
    }
    fault_spent_ = true;
}

void Player::hit(const io::Operation& operation, io::FaultType type) {
    faulty_->inject({.kind = operation.kind, .at = 1, .type = type});
    ++faults_;
    ++figures_.faults;
    const bool of_store = is_store_file(operation.path);
    if (of_store) ++figures_.store_faults;
    log_.add("  this operation fails");
    // Not a group's: of a file that is prepared, and a commit may be what prepares it.
    if (!of_store && !operation.path.ends_with(".pdj")) model_.held_may_wait();
}

void Player::inject_mishap(const io::Operation& operation) {
    if (!mishap || !is_due(*mishap, operations_)) return;
    if (mishap->type == io::FaultType::fail_no_space && !takes_space(operation.kind)) return;
    hit(operation, mishap->type);
    if (mishap->lost && operation.kind == io::OperationKind::sync) {
        machine_.disk->lose_unsynced(std::string(operation.path));
    }
}

bool Player::is_aimed_at(std::string_view path) const {
    switch (character_.fault_target) {
        case FaultTarget::journal: return path.ends_with(".pdj");
        case FaultTarget::store: return is_store_file(path);
        case FaultTarget::anything: break;
    }
    return true;
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
    const bool in_store =
        operation != nullptr && working_ == Working::store && is_store_file(operation->path);
    // An apply of SQLite has a dozen operations and more.
    if (!(leading || applying || in_store) || !random_.chance(1, in_store ? 24 : 4)) return;
    interleaving_ = true;
    ++figures_.interleaved;
    if (in_store) ++figures_.store_interleaved;
    log_.add("  meanwhile:");
    const Working outer = working_;
    in_store_ = in_store;
    trouble_ = step_meanwhile(leading, in_store);
    in_store_ = false;
    working_ = outer;
    interleaving_ = false;
}

Status Player::step_meanwhile(bool leading, bool in_store) {
    switch (random_.below(5)) {
        case 0:
        case 1: return step_transaction(false);
        case 2: return in_store ? step_tick(false) : step_look();
        case 3: return step_background(Working::prepare);
        default: return step_background(leading ? Working::store : Working::journal);
    }
}

}  // namespace perdure::simulation
