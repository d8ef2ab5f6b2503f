#include "engine/runtime.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "engine/engine.h"

namespace perdure::engine {

class Runtime::Duty {
public:
    // `step` does a piece of work for an engine; true if there may be more. Called when the alarm
    // rings and at least every `pause`.
    Duty(std::chrono::milliseconds pause, std::function<bool(Engine&)> step)
        : pause_(pause), step_(std::move(step)), thread_([this] { run(); }) {}

    ~Duty() {
        {
            const std::scoped_lock lock(mutex_);
            PERDURE_ASSERT(engines_.empty());  // they may not outlive their threads
            stop_ = true;
        }
        wake_.notify_all();
        thread_.join();
    }

    void ring() {
        bool sleeping = false;
        {
            const std::scoped_lock lock(mutex_);
            rung_ = true;
            sleeping = sleeping_;
        }
        if (sleeping) wake_.notify_one();
    }

    void add(Engine& engine) {
        const std::scoped_lock lock(mutex_);
        PERDURE_ASSERT(std::find(engines_.begin(), engines_.end(), &engine) == engines_.end());
        engines_.push_back(&engine);
    }

    void remove(Engine& engine) {
        std::unique_lock lock(mutex_);
        std::erase(engines_, &engine);
        idle_.wait(lock, [&] { return inside_ != &engine; });
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        while (!stop_) {
            rung_ = false;
            bool more = false;
            const std::vector<Engine*> round = engines_;
            for (Engine* engine : round) {
                if (std::find(engines_.begin(), engines_.end(), engine) == engines_.end()) continue;
                PERDURE_ASSERT(!inside_);
                inside_ = engine;
                lock.unlock();
                more = step_(*engine) || more;
                lock.lock();
                inside_ = nullptr;
                idle_.notify_all();
                if (stop_) return;
            }
            if (more || rung_) continue;
            sleeping_ = true;
            wake_.wait_for(lock, pause_, [&] { return rung_ || stop_; });
            sleeping_ = false;
        }
    }

    const std::chrono::milliseconds pause_;
    const std::function<bool(Engine&)> step_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    std::condition_variable idle_;
    std::vector<Engine*> engines_;
    Engine* inside_ = nullptr;
    bool rung_ = false;
    bool sleeping_ = false;
    bool stop_ = false;
    std::thread thread_;  // last: it uses all of the above
};

namespace {

// How long a thread sleeps when nobody calls: short for what has a deadline of its own.
constexpr std::chrono::milliseconds journal_pause{5};    // attesting
constexpr std::chrono::milliseconds store_pause{20};     // drain intervals, released rows
constexpr std::chrono::milliseconds prepare_pause{200};  // a full disk may have space again

}  // namespace

Runtime::Runtime() {
    journal_ = std::make_unique<Duty>(journal_pause, [](Engine& engine) {
        const bool more = engine.step_journal();
        if (!more) engine.step_held();
        if (!more) engine.step_attest();
        return more;
    });
    store_ = std::make_unique<Duty>(store_pause, [](Engine& engine) {
        const auto more = engine.step_store();  // failures are in health()
        return more && *more;
    });
    prepare_ = std::make_unique<Duty>(prepare_pause, [](Engine& engine) {
        const auto more = engine.step_prepare();
        return more && *more;
    });
}

Runtime::~Runtime() = default;

void Runtime::add(Engine& engine) {
    engine.set_alarms([this] { journal_->ring(); }, [this] { store_->ring(); },
                      [this] { prepare_->ring(); });
    journal_->add(engine);
    store_->add(engine);
    prepare_->add(engine);
}

void Runtime::remove(Engine& engine) {
    journal_->remove(engine);
    store_->remove(engine);
    prepare_->remove(engine);
    engine.set_alarms(nullptr, nullptr, nullptr);
}

}  // namespace perdure::engine
