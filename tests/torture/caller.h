// Caller: a thread of a worker that makes one transfer after the other, some of them waited for one
// by one, some with many under way.
//
// Thread rule: run() on a thread of its own; World and Shared must outlive it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <utility>

#include "base/random.h"
#include "perdure/world.h"
#include "torture/deeds.h"
#include "torture/report.h"

namespace perdure::torture {

// What the threads of a worker tell one another.
struct Shared {
    explicit Shared(const Report& told) : report(told) {}

    // Says that a commit was refused, the first time of a row of refusals; false if that is no
    // state to go on in.
    bool refused(const Status& status);
    void taken();

    const Report& report;
    std::atomic<bool> stop{false};
    std::atomic<bool> must_reopen{false};
    std::atomic<bool> has_failed{false};
    std::array<std::atomic<std::uint64_t>, callers> acknowledged{};

private:
    std::atomic<bool> is_refused_{false};
};

class Caller {
public:
    Caller(World& world, Shared& shared, std::uint32_t caller, std::uint64_t found,
           std::uint64_t seed);

    void run();

private:
    // True if it was accepted.
    bool make_transfer();
    Status stage(Transaction& transaction, const Transfer& transfer);
    bool await_oldest();

    World& world_;
    Shared& shared_;
    const std::uint32_t caller_;
    const std::size_t under_way_max_;
    Random random_;
    Purse purse_;
    std::deque<std::pair<std::uint64_t, Token>> under_way_;
};

}  // namespace perdure::torture
