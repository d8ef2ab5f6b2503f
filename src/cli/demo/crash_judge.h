// CrashJudge: knows what a world had said before it was killed, and judges what comes back. No
// processes, no clocks: it is given lines.
//
// What must hold of a recovered tick R: last acknowledged ≤ R ≤ last staged, and the state is the
// one that was staged for R. A tick staged twice, before a kill and after it, must be the same
// state both times: the world goes on as it would have gone on. Only a world whose founding was
// lost is founded anew as another one, with ids that were never given before.
//
// Thread rule: a value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perdure::cli::demo {

struct WorldState {
    std::string digest;
    std::int64_t coins = 0;
    std::int64_t goods = 0;

    friend bool operator==(const WorldState&, const WorldState&) = default;
};

// Of one recovery.
struct Verdict {
    std::uint64_t acknowledged = 0;
    std::uint64_t staged = 0;
    std::uint64_t recovered = 0;
    std::uint64_t ticks_lost = 0;  // acknowledged and not there
    std::int64_t coins_off = 0;    // doubled: positive; gone: negative
    std::int64_t goods_off = 0;
    std::vector<std::string> losses;  // in words; empty: nothing was lost
};

class CrashJudge {
public:
    // Takes a line of a CrashReport. A verdict comes with `recovered`, save for the very first.
    std::optional<Verdict> take(std::string_view line);

    // A line says that its world is alive and has begun a tick.
    [[nodiscard]] bool has_staged() const noexcept { return staged_in_this_life_; }
    [[nodiscard]] bool has_recovered() const noexcept { return recovered_in_this_life_; }
    [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }
    // It was killed, or ended: what comes now is from the next.
    void next_life();

    // What was found wrong outside of a verdict: faults, states that differ, lines that make no
    // sense.
    [[nodiscard]] const std::vector<std::string>& complaints() const noexcept {
        return complaints_;
    }

private:
    std::optional<Verdict> recovered(std::uint64_t tick, const WorldState& state);
    void staged(std::uint64_t tick, const WorldState& state);

    // Staged, in this life or an earlier one, and not older than what is acknowledged.
    std::map<std::uint64_t, WorldState> states_;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t last_staged_ = 0;
    bool known_ = false;  // something was heard of this world before
    bool staged_in_this_life_ = false;
    bool recovered_in_this_life_ = false;
    std::vector<std::string> complaints_;
};

}  // namespace perdure::cli::demo
