// Player, its operations: what may come before each one on disk or store: the power failure, a
// fault, and what other threads do meanwhile.
#include <algorithm>
#include <utility>

#include "simulation/player.h"

namespace perdure::simulation {
namespace {

bool is_due(const Mishap& mishap, std::uint64_t operation) {
    return mishap.from_then_on ? operation >= mishap.at : operation == mishap.at;
}

bool is_target(FaultTarget target, std::string_view path) {
    switch (target) {
        case FaultTarget::journal: return path.ends_with(".pdj");
        case FaultTarget::store: return is_store_file(path);
        case FaultTarget::anything: break;
    }
    return true;
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
    ++figures_.all_operations;
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
    const std::uint64_t before = faults_;
    inject_faults(operation);  // last: what was done meanwhile must not take this one's fault
    inject_mishap(operation);
    if (flushed_writes != nullptr && faults_ == before) note_flushed(operation);
}

void Player::note_flushed(const io::Operation& operation) {
    const std::string path(operation.path);
    if (path.ends_with("/lock")) return;
    switch (operation.kind) {
        case io::OperationKind::write:
            flushed_writes->writing(path, operation.offset, operation.bytes);
            break;
        case io::OperationKind::sync: flushed_writes->flushing(path, *machine_.disk); break;
        case io::OperationKind::rename:
            flushed_writes->renaming(path, std::string(operation.path_to));
            break;
        case io::OperationKind::remove: flushed_writes->removing(path); break;
        default: break;
    }
}

void Player::before_store(std::string_view call) {
    ++operations_;
    ++figures_.all_operations;
    log_.add("  {}: {}", operations_, call);
    if (on_operation) on_operation(call);
    if (machine_.kind == StoreKind::memory) {
        changed_ = true;
        flushed_ = true;
    }
    store_down_ = false;
    for (Fault& fault : planned_) {
        if (fault.planned.plan != FaultPlan::store_down || operations_ < fault.planned.at) continue;
        if (!std::exchange(fault.spent, true)) {
            fault.until = operations_ + fault.planned.length;
            ++figures_.faults;
        }
        if (operations_ >= fault.until) continue;
        store_down_ = true;
        ++faults_;
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
    for (Fault& fault : planned_) {
        if (operations_ >= fault.planned.at && inject(fault, operation)) return;
    }
    cut_transfer(operation);
}

// True if this operation fails.
bool Player::inject(Fault& fault, const io::Operation& operation) {
    using Kind = io::OperationKind;
    const Kind kind = operation.kind;
    const bool aimed = is_target(fault.planned.target, operation.path);
    const bool sync = kind == Kind::sync || kind == Kind::sync_directory;
    const bool name =
        kind == Kind::rename || kind == Kind::remove || kind == Kind::create_directory;
    if (fault.planned.plan == FaultPlan::full_disk) {
        if (!std::exchange(fault.spent, true)) fault.until = operations_ + fault.planned.length;
        if (operations_ >= fault.until || kind != Kind::write) return false;
        hit(operation, io::FaultType::fail_no_space);
        return true;
    }
    if (fault.spent) return false;
    io::FaultType type = io::FaultType::fail_io;
    switch (fault.planned.plan) {
        case FaultPlan::failed_sync:
            if (!sync || !aimed) return false;
            break;
        case FaultPlan::failed_write:
            if (kind != Kind::write || !aimed) return false;
            if (!random_.chance(1, 2)) type = io::FaultType::short_write;
            break;
        case FaultPlan::failed_names:
            if (!name || (fault.planned.target == FaultTarget::store && !aimed)) return false;
            break;
        case FaultPlan::failed_read:
            if (kind != Kind::read || !aimed) return false;
            break;
        default: return false;
    }
    fault.spent = true;
    hit(operation, type);
    // What a page cache may do when a flush fails: the bytes still seem to be there.
    if (kind == Kind::sync && random_.chance(2, 3)) {
        machine_.disk->lose_unsynced(std::string(operation.path));
    }
    return true;
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

// A system call does a part of what it was asked for, and the rest is asked for again: the second
// half is an operation of its own, before which anything may happen.
void Player::cut_transfer(const io::Operation& operation) {
    const bool transfers =
        operation.kind == io::OperationKind::read || operation.kind == io::OperationKind::write;
    if (!character_.may_cut_transfers || !transfers || std::exchange(half_done_, false)) return;
    if (operation.bytes < 2 || !random_.chance(1, 3)) return;
    half_done_ = true;
    ++figures_.cut_transfers;
    faulty_->inject({.kind = operation.kind, .at = 1, .type = io::FaultType::cut_transfer});
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
    const bool in_store = operation != nullptr &&
                          (working_ == Working::store || working_ == Working::reader) &&
                          is_store_file(operation->path);
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
        case 2:
            if (in_store) return step_tick(false);
            return random_.chance(1, 2) ? step_look() : step_read();
        case 3: return step_background(Working::prepare);
        default: return step_background(leading ? Working::store : Working::journal);
    }
}

}  // namespace perdure::simulation
