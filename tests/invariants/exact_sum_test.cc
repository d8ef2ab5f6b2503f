#include "invariants/exact_sum.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "base/test_run.h"
#include "invariants/wide.h"

namespace perdure::invariants {
namespace {

constexpr double greatest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();

double sum_of(const std::vector<double>& values) {
    ExactSum sum;
    for (const double value : values) sum.add(value);
    return sum.value();
}

TEST(ExactSum, of_nothing_is_nothing) { EXPECT_EQ(ExactSum().value(), 0.0); }

TEST(ExactSum, of_one_is_that_one) {
    for (const double one : {1.0, -1.0, 0.1, -0.1, 1e300, -1e-300, greatest, -greatest, smallest,
                             -smallest, 123456789.125, 0x1.fffffffffffffp-1022}) {
        EXPECT_EQ(sum_of({one}), one);
    }
}

TEST(ExactSum, keeps_what_a_double_would_lose) {
    EXPECT_EQ(sum_of({1e300, 1.0, -1e300}), 1.0);
    EXPECT_EQ(sum_of({greatest, smallest, -greatest}), smallest);
    EXPECT_EQ(sum_of({greatest, greatest, -greatest}), greatest);
    EXPECT_EQ(sum_of({greatest, greatest}), std::numeric_limits<double>::infinity());
}

TEST(ExactSum, rounds_once_to_the_nearest_ties_to_even) {
    constexpr double odd = 0x1.0000000000001p+53;
    EXPECT_EQ(sum_of({0x1p53, 1.0}), 0x1p53);
    EXPECT_EQ(sum_of({0x1p53, 1.0, smallest}), odd);
    EXPECT_EQ(sum_of({odd, 1.0}), 0x1.0000000000002p+53);
    EXPECT_EQ(sum_of({odd, 1.0, -smallest}), odd);
}

TEST(ExactSum, a_tenth_ten_million_times_is_right_in_its_last_bit) {
    ExactSum sum;
    for (int i = 0; i < 10'000'000; ++i) sum.add(0.1);
    // 0.1 is 3602879701896397 / 2^55.
    const Wide exact = Wide{3602879701896397} * 10'000'000;
    EXPECT_EQ(sum.value(), std::ldexp(static_cast<double>(exact), -55));
}

// Any finite doubles, in two orders, and taken away again.
TEST(ExactSum, does_not_depend_on_the_order_and_comes_back_to_nothing) {
    std::mt19937_64 random(test_seed());
    for (int round = 0; round < 200; ++round) {
        std::vector<double> values;
        while (values.size() < 300) {
            const auto value = std::bit_cast<double>(random());
            if (std::isfinite(value)) values.push_back(value);
        }
        ExactSum sum;
        ExactSum backwards;
        for (const double value : values) sum.add(value);
        for (auto value = values.rbegin(); value != values.rend(); ++value) backwards.add(*value);
        EXPECT_EQ(sum.value(), backwards.value());
        for (std::size_t at = 1; at < values.size(); ++at) sum.subtract(values[at]);
        EXPECT_EQ(sum.value(), values[0]);
        sum.subtract(values[0]);
        EXPECT_EQ(sum.value(), 0.0);
    }
}

TEST(ExactSum, of_whole_numbers_agrees_with_integers_of_128_bits) {
    std::mt19937_64 random(test_seed());
    ExactSum sum;
    Wide whole = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto value = static_cast<std::int64_t>(random()) >> (random() % 60 + 3);
        const auto real = static_cast<double>(value);
        sum.add(real);
        whole += static_cast<std::int64_t>(real);
        ASSERT_EQ(sum.value(), static_cast<double>(whole));
    }
}

TEST(WideText, is_decimal_and_read_again) {
    for (const Wide value : {Wide{0}, Wide{7}, Wide{-7}, Wide{1} << 100, -(Wide{1} << 100)}) {
        EXPECT_EQ(parse_wide(wide_text(value)), value);
    }
    EXPECT_EQ(wide_text(Wide{1} << 64), "18446744073709551616");
    EXPECT_EQ(wide_text(static_cast<Wide>(WideUnsigned{1} << 127)),
              "-170141183460469231731687303715884105728");
    for (const char* text : {"", "-", "1x", " 1", "170141183460469231731687303715884105728"}) {
        EXPECT_EQ(parse_wide(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace perdure::invariants
