// Component values as a pure function of (seed, tick, entity).
#pragma once

#include <cstdint>
#include <cstring>

#include "workload/tick_workload.h"

namespace perdure::bench {

// SplitMix64's finaliser: every input bit reaches every output bit.
inline std::uint64_t mix_bits(std::uint64_t bits) {
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
    return bits ^ (bits >> 31);
}

// One stream of random words for each (seed, tick, component).
class ValueStream {
public:
    ValueStream(std::uint64_t seed, std::uint64_t tick, std::uint64_t component)
        : base_(mix_bits(mix_bits(mix_bits(seed + 1) + tick) + component)) {}

    std::uint64_t word(std::uint64_t entity, std::uint64_t number = 0) const {
        return mix_bits(base_ + (entity * 8 + number) * 0x9e3779b97f4a7c15U);
    }

    // Within 0 .. 4096, in steps of 1/512: 21 bits per axis.
    Position position(std::uint32_t entity) const {
        const std::uint64_t bits = word(entity);
        return {axis(bits) * 0x1p-9F, axis(bits >> 21) * 0x1p-9F, axis(bits >> 42) * 0x1p-9F};
    }

    // Within -4 .. 4.
    Velocity velocity(std::uint32_t entity) const {
        const std::uint64_t bits = word(entity);
        return {axis(bits) * 0x1p-18F - 4, axis(bits >> 21) * 0x1p-18F - 4,
                axis(bits >> 42) * 0x1p-18F - 4};
    }

    Health health(std::uint32_t entity) const {
        return {static_cast<std::int32_t>(word(entity) >> 33)};
    }

    Inventory inventory(std::uint32_t entity) const {
        Inventory value;
        for (std::size_t number = 0; number < 8; ++number) {
            const std::uint64_t bits = word(entity, number);
            std::memcpy(value.slots.data() + number * sizeof bits, &bits, sizeof bits);
        }
        return value;
    }

private:
    static float axis(std::uint64_t bits) {
        return static_cast<float>(static_cast<std::int32_t>(bits & 0x1fffff));
    }

    std::uint64_t base_;
};

}  // namespace perdure::bench
