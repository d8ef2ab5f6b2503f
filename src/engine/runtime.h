// Runtime: the threads and budgets that the engines of a process share. Three duties: flushing
// journals that nobody waits for and attesting idle ones, carrying pending to the stores, preparing
// journal files.
//
// Thread rule: any thread. Lifetime: must outlive the engines it was given; remove() waits until no
// thread is inside that engine, and only for that.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "engine/budgets.h"
#include "engine/duty.h"
#include "perdure/status.h"

namespace perdure::engine {

class Engine;

class Runtime {
public:
    explicit Runtime(const DutyLimits& threads = {}, const BudgetLimits& limits = {});
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    // Its threads look after this engine from now on. `busy`: the system gives no threads.
    Status add(Engine& engine);
    void remove(Engine& engine);

    // For EngineOptions::budgets.
    [[nodiscard]] const std::shared_ptr<Budgets>& budgets() const noexcept { return budgets_; }
    [[nodiscard]] std::uint32_t threads() const;
    [[nodiscard]] std::uint64_t visits() const;

private:
    struct Places {
        std::shared_ptr<Duty::Post> journal;
        std::shared_ptr<Duty::Post> store;
        std::shared_ptr<Duty::Post> prepare;
    };
    void leave(const Places& places);

    const std::shared_ptr<Budgets> budgets_;
    std::mutex mutex_;
    std::map<Engine*, Places> places_;  // guarded by mutex_
    Duty journal_;
    Duty store_;
    Duty prepare_;
};

}  // namespace perdure::engine
