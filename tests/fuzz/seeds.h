// Seeds: inputs that the product's own encoders make, one set for each target, so that a fuzzer
// begins behind the magic numbers. The same bytes each time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace perdure::fuzz {

struct Seed {
    std::string_view target;
    std::string name;
    std::vector<std::byte> bytes;
};

// Its target takes each of them.
[[nodiscard]] std::vector<Seed> make_seeds();

// Those of target "recovery" and "inspect": journals on a disk in memory, written by Journal
// itself.
[[nodiscard]] std::vector<Seed> journal_seeds();
// Those of the targets of the store and of the entities.
[[nodiscard]] std::vector<Seed> store_seeds();

}  // namespace perdure::fuzz
