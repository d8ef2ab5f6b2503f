// ProgramGate: the program's own rules at the engine's door: its validator first, then its
// invariants.
//
// Thread rule: as engine::Gate. Lifetime: what it asks must outlive it.
#pragma once

#include "engine/gate.h"
#include "invariants/invariants.h"
#include "perdure/validation.h"

namespace perdure {

class ProgramGate final : public engine::Gate {
public:
    // `invariants` may be null, and `validator` empty.
    ProgramGate(const Validator& validator, invariants::Invariants* invariants) noexcept
        : validator_(validator), invariants_(invariants) {}

    Result<bool> enter(ChangeSet& changes) override;
    void leave(ChangeSet* refused) noexcept override;

private:
    const Validator& validator_;
    invariants::Invariants* const invariants_;
};

}  // namespace perdure
