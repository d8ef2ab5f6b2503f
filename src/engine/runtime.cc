#include "engine/runtime.h"

#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "base/seeded_bug.h"
#include "engine/engine.h"

namespace perdure::engine {

Runtime::Runtime(const DutyLimits& threads, const BudgetLimits& limits)
    : budgets_(std::make_shared<Budgets>(limits)),
      journal_(threads),
      store_(threads),
      prepare_(threads) {}

Runtime::~Runtime() {
    PERDURE_ASSERT(places_.empty());  // a world of this runtime is open
}

Status Runtime::add(Engine& engine) {
    const Places places{journal_.add([&engine] { return engine.visit_journal(); }),
                        store_.add([&engine] { return engine.visit_store(); }),
                        prepare_.add([&engine] { return engine.visit_prepare(); })};
    // First the alarms, then the visits: what one visit finds is another's work.
    engine.set_alarms([this, post = places.journal] { journal_.ring(*post); },
                      [this, post = places.store] { store_.ring(*post); },
                      [this, post = places.prepare] { prepare_.ring(*post); });
    journal_.ring(*places.journal);
    store_.ring(*places.store);
    prepare_.ring(*places.prepare);
    if (journal_.threads() == 0 || store_.threads() == 0 || prepare_.threads() == 0) {
        if (!seeded_bug("engine: a refused world keeps its places")) leave(places);
        engine.set_alarms(nullptr, nullptr, nullptr);
        return error(Code::busy, "the system gives no more threads; raise its limit, or end some");
    }
    const std::scoped_lock lock(mutex_);
    const bool is_new = places_.emplace(&engine, places).second;
    PERDURE_ASSERT(is_new);
    return {};
}

void Runtime::leave(const Places& places) {
    journal_.remove(*places.journal);
    store_.remove(*places.store);
    prepare_.remove(*places.prepare);
}

void Runtime::remove(Engine& engine) {
    Places places;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = places_.find(&engine);
        PERDURE_ASSERT(found != places_.end());
        places = std::move(found->second);
        places_.erase(found);
    }
    leave(places);
    engine.set_alarms(nullptr, nullptr, nullptr);
}

std::uint32_t Runtime::threads() const {
    return journal_.threads() + store_.threads() + prepare_.threads();
}

std::uint64_t Runtime::visits() const {
    return journal_.visits() + store_.visits() + prepare_.visits();
}

}  // namespace perdure::engine
