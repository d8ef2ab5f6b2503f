#include "world/program_gate.h"

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"

namespace perdure {

Result<bool> ProgramGate::enter(ChangeSet& changes) {
    if (validator_) {
        ProposedChanges proposed;
        proposed.tick = changes.tick;
        for (const Batch& batch : changes.batches) proposed.batches.push_back(&batch);
        for (const Batch& batch : changes.ephemeral) proposed.batches.push_back(&batch);
        const Status judged = validator_(proposed);
        if (!judged.ok() && !seeded_bug("world: what a validator says is not heard")) {
            return Status(Code::refused, std::string(judged.message()));
        }
    }
    if (invariants_ == nullptr) return false;
    return invariants_->enter(changes);
}

void ProgramGate::leave(ChangeSet* refused) noexcept {
    PERDURE_ASSERT(invariants_ != nullptr);
    invariants_->leave(refused);
}

}  // namespace perdure
