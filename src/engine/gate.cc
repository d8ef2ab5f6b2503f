#include "engine/gate.h"

#include "base/error.h"

namespace perdure::engine {

thread_local const InsideGate* InsideGate::innermost = nullptr;

Status InsideGate::refuse(const Engine& engine) {
    for (const InsideGate* inside = innermost; inside != nullptr; inside = inside->outer_) {
        if (&inside->engine_ != &engine) continue;
        return error(Code::invalid,
                     "a validator changes nothing in the world that asks it: stage and commit "
                     "before or after");
    }
    return {};
}

}  // namespace perdure::engine
