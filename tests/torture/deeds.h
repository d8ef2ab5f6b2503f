// Deeds: what the callers of a tortured world do. Everything follows from (caller, number), so that
// who keeps the book outside the process knows what every row must hold.
//
// Thread rule: values and pure functions.
#pragma once

#include <array>
#include <cstdint>

#include "perdure/component.h"
#include "perdure/schema.h"

namespace perdure::torture {

inline constexpr std::uint32_t callers = 4;
inline constexpr std::uint32_t accounts_each = 16;  // only their caller's transfers touch them
inline constexpr std::uint64_t beings = 100;

// The one thing a being has: the tick that wrote it. All are written by every tick.
struct Stamp {
    std::uint64_t tick = 0;
};
PERDURE_COMPONENT(Stamp, tick);

// One transaction: two accounts change, a row is appended, and, if counted, the counter that all
// callers share goes up by one.
struct Transfer {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::int64_t amount = 0;
    bool counted = false;
    Bytes padding;
};
[[nodiscard]] Transfer transfer_of(std::uint32_t caller, std::uint64_t number);

// A caller's accounts after its first so many transfers.
class Purse {
public:
    explicit Purse(std::uint32_t caller) : caller_(caller) {}
    void advance_to(std::uint64_t number);

    [[nodiscard]] std::int64_t balance(std::uint32_t account) const { return balances_[account]; }
    [[nodiscard]] std::uint64_t counted() const noexcept { return counted_; }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

private:
    std::uint32_t caller_;
    std::uint64_t number_ = 0;
    std::uint64_t counted_ = 0;
    std::array<std::int64_t, accounts_each> balances_{};
};

[[nodiscard]] const Schema& schema();

}  // namespace perdure::torture
