#include "cli/stop_signal.h"

#include <atomic>
#include <csignal>

namespace perdure::cli {

namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch such");

extern "C" void on_stop_signal(int signal) {
    if (stop_requested.exchange(true)) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
}

}  // namespace

void StopSignal::install() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGINT, on_stop_signal);
    std::signal(SIGTERM, on_stop_signal);
}

bool StopSignal::requested() noexcept { return stop_requested.load(); }

void StopSignal::request() noexcept { stop_requested.store(true); }

}  // namespace perdure::cli
