// What the environment says about this run of the tests.
//
//   PERDURE_SEED=n    the seed of every random test, to run a failure again
//   PERDURE_SHARE=n   exhaustive tests do an n-th of their work; under sanitizers, say
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace perdure {

// PERDURE_SEED, else a new one. It is printed, so that a failure can be run again.
inline std::uint64_t test_seed() {
    const char* given = std::getenv("PERDURE_SEED");
    std::random_device device;
    const std::uint64_t seed =
        given != nullptr ? std::stoull(given) : (std::uint64_t{device()} << 32 | device());
    std::cout << "PERDURE_SEED=" << seed << '\n';
    return seed;
}

// PERDURE_SHARE, else 1: all. Every how manyth case an exhaustive test tries.
inline std::uint64_t test_stride() {
    const char* given = std::getenv("PERDURE_SHARE");
    return given != nullptr ? std::max(std::uint64_t{1}, std::uint64_t{std::stoull(given)}) : 1;
}

// How many of these cases are to be tried: never none.
inline std::uint64_t test_share_of(std::uint64_t cases) {
    return std::max(std::uint64_t{1}, cases / test_stride());
}

}  // namespace perdure
