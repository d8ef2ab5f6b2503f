// Total: what a conserved sum is, exactly; and Amount, one value of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "invariants/exact_sum.h"
#include "invariants/wide.h"
#include "perdure/batch.h"
#include "perdure/value.h"

namespace perdure::invariants {

// A whole number, or where floats are in it a double.
struct Amount {
    bool is_real = false;
    Wide whole = 0;
    double real = 0;

    [[nodiscard]] std::string text() const;  // in full: parse() makes the same of it
    [[nodiscard]] static std::optional<Amount> parse(std::string_view text, bool is_real);
    // Of a Value that check_invariant() accepted.
    [[nodiscard]] static Amount of(const Value& value, bool is_real);
    friend bool operator==(const Amount&, const Amount&) = default;
};

// A cell that is added, as one word: an integer in 64 bits, a float as a double's bits. Null is 0.
[[nodiscard]] std::uint64_t number_word(const Batch& batch, std::size_t column, std::uint32_t row);

class Total {
public:
    explicit Total(bool is_real) : is_real_(is_real) {}

    // A cell of this kind was `before` and is `after`; `minus`: it counts negative.
    void change(ColumnKind kind, std::uint64_t before, std::uint64_t after, bool minus) noexcept;
    // NaN while a cell is infinite or none.
    [[nodiscard]] Amount amount() const noexcept;
    // Cells that are infinite or none.
    [[nodiscard]] std::uint64_t not_finite() const noexcept { return not_finite_; }
    [[nodiscard]] bool is_real() const noexcept { return is_real_; }

private:
    void put(ColumnKind kind, std::uint64_t word, bool negative, bool comes) noexcept;

    bool is_real_;
    Wide whole_ = 0;  // of columns of integers
    ExactSum real_;   // of columns of floats
    std::uint64_t not_finite_ = 0;
};

}  // namespace perdure::invariants
