// The main() of a benchmark: what it throws is told, and ends the program with 1.
#pragma once

#include <cstdio>
#include <exception>

namespace perdure::bench {

inline int guarded(const char* program, int (*run)(int, char**), int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s: %s\n", program, problem.what());
        return 1;
    }
}

}  // namespace perdure::bench
