// ChildProcess: a program that this one started and may kill; what it writes comes through a pipe,
// line by line.
//
// Thread rule: one thread. Lifetime: a child that still runs is killed with its object.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "perdure/status.h"

namespace perdure::cli::demo {

class ChildProcess {
public:
    using Time = std::chrono::steady_clock::time_point;

    // Where its pipe is, in the child.
    static constexpr int standard_output = 1;
    static constexpr int report_descriptor = 3;

    // arguments[0] is the program's path. With the pipe elsewhere, the child's standard output is
    // dropped.
    static Result<ChildProcess> start(const std::vector<std::string>& arguments, int pipe_at);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

    // The next whole line; nullopt at `until`, or when the pipe has ended.
    std::optional<std::string> read_line(Time until);
    [[nodiscard]] bool ended() const noexcept { return ended_ && lines_.empty(); }

    void send(int signal) const;
    // SIGKILL, and all that it had written before comes out of read_line() still.
    void kill_now();
    // Waits for its end: its exit code, or 128 + the signal that ended it.
    int wait();

private:
    ChildProcess(int process, int descriptor) : process_(process), descriptor_(descriptor) {}
    bool fill(Time until);

    int process_;
    int descriptor_;
    std::string partial_;
    std::deque<std::string> lines_;
    bool ended_ = false;
    std::optional<int> exit_code_;
};

// The path of the running program.
[[nodiscard]] std::string own_program();
// A program beside it, if there is one.
[[nodiscard]] std::optional<std::string> sibling_program(const std::string& name);

}  // namespace perdure::cli::demo
