// Gate: who is asked, at the engine's door, about each change set of the program.
//
// What the engine and the world commit by themselves (definitions, reserved ids, categories,
// relaxed rows that are due) does not pass it.
//
// Thread rule: enter() and leave() on the committing thread, by several threads at once. Lifetime:
// outlives the engine's last commit.
#pragma once

#include "model/change_set.h"
#include "perdure/status.h"

namespace perdure::engine {

class Engine;

class Gate {
public:
    virtual ~Gate() = default;
    // Before acceptance: ok lets it go on. It may add batches of tables whose names begin with '_'.
    // True: leave() follows, and says what came of it: null, or the change set that was refused,
    // from which it takes what it added.
    virtual Result<bool> enter(ChangeSet& changes) = 0;
    virtual void leave(ChangeSet* refused) noexcept = 0;
};

// While it lives this thread is inside of an engine's gate: it may not commit there, nor stage.
class InsideGate {
public:
    explicit InsideGate(const Engine& engine) noexcept : engine_(engine), outer_(innermost) {
        innermost = this;
    }
    ~InsideGate() { innermost = outer_; }
    InsideGate(const InsideGate&) = delete;
    InsideGate& operator=(const InsideGate&) = delete;

    // `invalid` if this thread is.
    [[nodiscard]] static Status refuse(const Engine& engine);

private:
    static thread_local const InsideGate* innermost;

    const Engine& engine_;
    const InsideGate* const outer_;  // of another world
};

}  // namespace perdure::engine
