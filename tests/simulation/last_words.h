// What programs need that run worlds by the thousand until an assertion ends them.
#pragma once

#include <csignal>
#include <cstdio>
#include <cstring>

#include <malloc.h>
#include <unistd.h>

namespace perdure::simulation {

// What worlds that come and go leave stays with the process, for the next ones.
inline void keep_memory() noexcept {
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

// In a signal's handler: says how to get there again, then lets the signal do what it does.
inline void say_and_die(int signal_number, const char* words) noexcept {
    static_cast<void>(!write(STDERR_FILENO, words, std::strlen(words)));
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
}

}  // namespace perdure::simulation
