// Budget: an amount, of bytes mostly, that several holders share. Each holds a Share: it asks
// before it grows, and counts what it has.
//
// The rule: never more than the budget in all; and a quarter of it is kept for those that are below
// their fair share, which is the budget divided by the holders. So one that is greedy may take
// three quarters while nobody else needs them, and never starves a newcomer. A single holder has
// all.
//
// Asking and counting are two steps: holders that ask at the same moment may pass the budget
// together by what each asked for, once.
//
// Thread rule: any thread. Lifetime: the budget outlives its shares.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

#include "base/assert.h"

namespace perdure {

class Budget {
public:
    // Of the budget, for holders below their fair share.
    static constexpr std::uint64_t kept_fraction = 4;

    class Share {
    public:
        explicit Share(Budget& budget) : budget_(budget) { budget_.holders_.fetch_add(1); }
        ~Share() {
            set(0);
            budget_.holders_.fetch_sub(1);
        }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

        // Whether so much more is within the rule.
        [[nodiscard]] bool may_grow(std::uint64_t more) const noexcept {
            const std::uint64_t most = budget_.most_;
            const std::uint64_t used = budget_.used();
            if (more > most || used > most - more) return false;
            if (budget_.holders() <= 1 || used_.load() + more <= budget_.fair_share()) return true;
            return used + more <= most - most / kept_fraction;
        }
        // What the holder has now.
        void set(std::uint64_t bytes) noexcept {
            const std::uint64_t before = used_.exchange(bytes);
            budget_.used_.fetch_add(bytes - before);  // modulo 2⁶⁴: also when it shrinks
        }
        void add(std::uint64_t bytes) noexcept {
            used_.fetch_add(bytes);
            budget_.used_.fetch_add(bytes);
        }
        void subtract(std::uint64_t bytes) noexcept {
            PERDURE_ASSERT(used_.load() >= bytes);
            used_.fetch_sub(bytes);
            budget_.used_.fetch_sub(bytes);
        }
        [[nodiscard]] std::uint64_t used() const noexcept { return used_.load(); }
        // True if the budget is spent and this holder has more than its fair share of it: it should
        // give back what it can do without.
        [[nodiscard]] bool is_greedy() const noexcept {
            return budget_.used() > budget_.most_ - budget_.most_ / kept_fraction &&
                   used_.load() > budget_.fair_share();
        }
        [[nodiscard]] const Budget& budget() const noexcept { return budget_; }

    private:
        Budget& budget_;
        std::atomic<std::uint64_t> used_{0};
    };

    explicit Budget(std::uint64_t most) : most_(most) {}
    ~Budget() { PERDURE_ASSERT(holders_.load() == 0); }
    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;

    [[nodiscard]] std::uint64_t most() const noexcept { return most_; }
    [[nodiscard]] std::uint64_t used() const noexcept { return used_.load(); }
    [[nodiscard]] std::uint64_t holders() const noexcept { return holders_.load(); }
    [[nodiscard]] std::uint64_t fair_share() const noexcept {
        return most_ / std::max<std::uint64_t>(holders_.load(), 1);
    }

private:
    const std::uint64_t most_;
    std::atomic<std::uint64_t> used_{0};
    std::atomic<std::uint64_t> holders_{0};
};

// A budget that limits nothing.
inline constexpr std::uint64_t no_budget = std::numeric_limits<std::uint64_t>::max();

}  // namespace perdure
