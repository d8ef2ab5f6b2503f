// Random: repeatable random numbers for tests, the simulator and demonstrations. Not for secrets.
//
// The generator is xoshiro256** (Blackman and Vigna, 2018), seeded through splitmix64. The same
// seed gives the same numbers on every machine and compiler, which is why this is not <random>.
//
// Thread rule: a value; one thread at a time. Give each thread or part its own with split().
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "base/assert.h"

namespace perdure {

class Random {
public:
    explicit Random(std::uint64_t seed) noexcept {
        for (std::uint64_t& word : state_) word = splitmix64(seed);
    }

    // Any 64 bits.
    [[nodiscard]] std::uint64_t next() noexcept {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    // 0 … limit - 1, each as likely as the others.
    [[nodiscard]] std::uint64_t below(std::uint64_t limit) noexcept {
        PERDURE_ASSERT(limit > 0);
        if (std::has_single_bit(limit)) return next() & (limit - 1);
        const std::uint64_t surplus =
            (0 - limit) % limit;  // 2^64 modulo limit: those would favour some
        for (;;) {
            const std::uint64_t value = next();
            if (value >= surplus) return value % limit;
        }
    }

    // low … high, both included.
    template <std::integral T>
    [[nodiscard]] T range(T low, T high) noexcept {
        PERDURE_ASSERT(low <= high);
        const std::uint64_t distance =
            static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
        const std::uint64_t step = distance == ~std::uint64_t{0} ? next() : below(distance + 1);
        return static_cast<T>(static_cast<std::uint64_t>(low) + step);
    }

    // True `numerator` times in `denominator`.
    [[nodiscard]] bool chance(std::uint64_t numerator, std::uint64_t denominator) noexcept {
        return below(denominator) < numerator;
    }

    // 0 ≤ value < 1, with 53 random bits.
    [[nodiscard]] double uniform() noexcept {
        return static_cast<double>(next() >> 11) * 0x1.0p-53;
    }

    void fill(std::span<std::byte> bytes) noexcept {
        for (std::size_t done = 0; done < bytes.size(); done += sizeof(std::uint64_t)) {
            const std::uint64_t word = next();
            const std::size_t rest = bytes.size() - done;
            std::memcpy(bytes.data() + done, &word, rest < sizeof word ? rest : sizeof word);
        }
    }

    template <typename T>
    void shuffle(std::span<T> items) noexcept {
        for (std::size_t count = items.size(); count > 1; --count) {
            std::swap(items[count - 1], items[below(count)]);
        }
    }

    // A generator of its own, so that what one part draws does not change what another part draws.
    [[nodiscard]] Random split() noexcept { return Random(next()); }

private:
    static std::uint64_t splitmix64(std::uint64_t& state) noexcept {
        state += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = state;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }

    std::array<std::uint64_t, 4> state_{};
};

}  // namespace perdure
