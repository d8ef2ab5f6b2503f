#include "cli/demo/crash_judge.h"

#include <charconv>
#include <sstream>

#include <fmt/format.h>

namespace perdure::cli::demo {

namespace {

struct Line {
    std::string word;
    std::uint64_t tick = 0;
    WorldState state;
};

// nullopt if it is no line of a report.
std::optional<Line> parse(std::string_view text) {
    std::istringstream words{std::string(text)};
    Line line;
    if (!(words >> line.word >> line.tick)) return std::nullopt;
    if (line.word == "acknowledged") return line;
    if (line.word != "staged" && line.word != "recovered") return std::nullopt;
    if (!(words >> line.state.digest >> line.state.coins >> line.state.goods)) return std::nullopt;
    return line;
}

}  // namespace

std::optional<Verdict> CrashJudge::take(std::string_view line) {
    if (line.starts_with("fault ")) {
        complaints_.emplace_back(line.substr(6));
        return std::nullopt;
    }
    const std::optional<Line> parsed = parse(line);
    if (!parsed) {
        complaints_.push_back(fmt::format("the world wrote a line that is none: {}", line));
        return std::nullopt;
    }
    if (parsed->word == "recovered") return recovered(parsed->tick, parsed->state);
    if (parsed->word == "staged") {
        staged(parsed->tick, parsed->state);
    } else if (parsed->tick > acknowledged_) {
        acknowledged_ = parsed->tick;
        states_.erase(states_.begin(), states_.lower_bound(acknowledged_));
    }
    return std::nullopt;
}

void CrashJudge::staged(std::uint64_t tick, const WorldState& state) {
    staged_in_this_life_ = true;
    last_staged_ = tick;
    const auto [known, added] = states_.try_emplace(tick, state);
    if (added || known->second == state) return;
    complaints_.push_back(fmt::format("tick {} was {} before the kill and is {} after it", tick,
                                      known->second.digest, state.digest));
    known->second = state;
}

std::optional<Verdict> CrashJudge::recovered(std::uint64_t tick, const WorldState& state) {
    recovered_in_this_life_ = true;
    std::optional<Verdict> judged;
    if (known_) {
        Verdict verdict;
        verdict.acknowledged = acknowledged_;
        verdict.staged = last_staged_;
        verdict.recovered = tick;
        if (tick < verdict.acknowledged) {
            verdict.ticks_lost = verdict.acknowledged - tick;
            verdict.losses.push_back(
                fmt::format("{} acknowledged ticks are gone", verdict.ticks_lost));
        }
        if (tick > verdict.staged)
            verdict.losses.emplace_back("a tick is there that was never staged");
        if (const auto expected = states_.find(tick); expected != states_.end()) {
            verdict.coins_off = state.coins - expected->second.coins;
            verdict.goods_off = state.goods - expected->second.goods;
            if (state != expected->second) {
                verdict.losses.push_back(fmt::format("tick {} came back as {}, it was staged as {}",
                                                     tick, state.digest, expected->second.digest));
            }
        }
        judged = std::move(verdict);
    }
    // From here on this is what was promised: whatever recovery found must be found again.
    known_ = true;
    if (tick == 0) states_.clear();  // it is founded anew, and no id is given twice
    states_[tick] = state;
    acknowledged_ = last_staged_ = tick;
    states_.erase(states_.begin(), states_.lower_bound(acknowledged_));
    return judged;
}

void CrashJudge::next_life() { staged_in_this_life_ = recovered_in_this_life_ = false; }

}  // namespace perdure::cli::demo
