// LongRun by several processes: each tells its figures through a pipe; the first that fails ends
// all.
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/text.h"
#include "exhaustion/long_run.h"
#include "io/clock.h"

namespace perdure::exhaustion {
namespace {

constexpr double seconds_per_report = 10;

class Stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return static_cast<double>(clock_.monotonic_ns() - began_) / 1e9;
    }

private:
    io::SystemClock clock_;
    std::uint64_t began_ = clock_.monotonic_ns();
};

// Its own pieces, until the time is over. Does not return.
[[noreturn]] void work(std::uint64_t job, std::uint64_t jobs, std::uint64_t seed, double seconds,
                       const Stopwatch& watch, int to) {
    LongRun run(seed);
    const auto enough = [&] { return watch.seconds() >= seconds; };
    for (std::uint64_t number = job; !enough(); number += jobs) {
        const auto trouble = run.piece(number, enough);
        const LongFigures figures = run.take_figures();
        static_cast<void>(!write(to, &figures, sizeof figures));
        if (!trouble) continue;
        std::fputs(trouble->c_str(), stdout);
        std::fflush(stdout);
        std::_Exit(1);
    }
    std::_Exit(0);
}

void print_figures(const LongFigures& all, double seconds) {
    const auto rate = [&](std::uint64_t count) { return static_cast<double>(count) / seconds; };
    const std::string line = text::format(
        "{:.0f} s: {} runs ({:.0f}/s), {} crash states ({:.0f}/s), {} operations ({:.0f}/s); {} "
        "recoveries, {} faults, {} spoilt files; {} of {} short workloads crashed, {} random "
        "ones\n",
        seconds, all.runs, rate(all.runs), all.crash_states, rate(all.crash_states), all.operations,
        rate(all.operations), all.recoveries, all.faults, all.flips, all.exhausted,
        Workload::count(3), all.simulated);
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
}

// One of the processes has ended: whether it ended well.
bool ended_well(pid_t process) {
    int how = 0;
    while (waitpid(process, &how, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(how)) std::printf("a process was ended by signal %d\n", WTERMSIG(how));
    return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

}  // namespace

int run_long(std::uint64_t seconds, std::uint64_t seed, std::uint64_t jobs) {
    std::printf("seed %llu, %llu at a time; the same again: make simulate-long SEED=%llu\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(jobs),
                static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    const Stopwatch watch;
    std::vector<pid_t> processes;
    std::vector<pollfd> pipes;
    for (std::uint64_t job = 0; job < jobs; ++job) {
        std::array<int, 2> ends{};
        PERDURE_ASSERT(pipe(ends.data()) == 0);
        const pid_t process = fork();
        PERDURE_ASSERT(process >= 0);
        if (process == 0) {
            close(ends[0]);
            work(job, jobs, seed, static_cast<double>(seconds), watch, ends[1]);
        }
        close(ends[1]);
        processes.push_back(process);
        pipes.push_back({ends[0], POLLIN, 0});
    }
    LongFigures all;
    bool fine = true;
    double next_report = seconds_per_report;
    for (std::uint64_t left = jobs; left > 0;) {
        static_cast<void>(poll(pipes.data(), pipes.size(), 1000));
        for (std::size_t at = 0; at < pipes.size(); ++at) {
            if (pipes[at].fd < 0 || pipes[at].revents == 0) continue;
            LongFigures figures;
            if (read(pipes[at].fd, &figures, sizeof figures) == sizeof figures) {
                all.add(figures);
                continue;
            }
            close(pipes[at].fd);
            pipes[at].fd = -1;
            --left;
            if (ended_well(processes[at]) || !fine) continue;
            fine = false;
            for (std::size_t other = 0; other < pipes.size(); ++other) {
                if (pipes[other].fd >= 0) kill(processes[other], SIGKILL);
            }
        }
        if (watch.seconds() < next_report) continue;
        next_report = watch.seconds() + seconds_per_report;
        print_figures(all, watch.seconds());
    }
    print_figures(all, watch.seconds());
    if (fine) {
        std::puts("all is well");
        return 0;
    }
    std::printf("FAILED, with seed %llu; above is how to do it again\n",
                static_cast<unsigned long long>(seed));
    return 1;
}

}  // namespace perdure::exhaustion
