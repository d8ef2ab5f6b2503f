// RunLog: what happened in a run, line by line, for people who look for a bug. Off unless asked
// for: a run is deterministic, so one that failed is done again with it on.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace perdure::simulation {

class RunLog {
public:
    explicit RunLog(bool on = false) : on_(on) {}

    [[nodiscard]] bool on() const noexcept { return on_; }
    template <typename... Arguments>
    void add(text::Format<Arguments...> pattern, Arguments&&... arguments) {
        if (!on_) return;
        std::string line(depth_ * 4, ' ');
        lines_.push_back(line.append(text::format(pattern, std::forward<Arguments>(arguments)...)));
    }
    // What happens after a crash is indented.
    void enter() noexcept { ++depth_; }
    void leave() noexcept { --depth_; }
    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

private:
    const bool on_;
    std::size_t depth_ = 0;
    std::vector<std::string> lines_;
};

}  // namespace perdure::simulation
