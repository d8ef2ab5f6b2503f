// The seed of a random test: PERDURE_SEED if set, else a new one. It is printed, so that a failure
// can be run again.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace perdure::entities {

inline std::uint64_t test_seed() {
    const char* given = std::getenv("PERDURE_SEED");
    std::random_device device;
    const std::uint64_t seed =
        given != nullptr ? std::stoull(given) : (std::uint64_t{device()} << 32 | device());
    std::cout << "PERDURE_SEED=" << seed << '\n';
    return seed;
}

}  // namespace perdure::entities
