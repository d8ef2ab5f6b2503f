#include "invariants/total.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/assert.h"
#include "base/text.h"
#include "invariants/row_shadow.h"
#include "model/kinds.h"

namespace perdure::invariants {
namespace {

bool is_signed(ColumnKind kind) noexcept {
    return kind >= ColumnKind::i8 && kind <= ColumnKind::i64;
}

template <typename Signed>
std::uint64_t extended(const Batch& batch, std::size_t column, std::uint32_t row) {
    return static_cast<std::uint64_t>(std::int64_t{batch.fixed<Signed>(column, row)});
}

}  // namespace

std::string Amount::text() const { return is_real ? text::format("{}", real) : wide_text(whole); }

std::optional<Amount> Amount::parse(std::string_view text, bool is_real) {
    Amount amount;
    amount.is_real = is_real;
    if (is_real) {
        const auto [end, failed] =
            std::from_chars(text.data(), text.data() + text.size(), amount.real);
        if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
        return amount;
    }
    const auto whole = parse_wide(text);
    if (!whole) return std::nullopt;
    amount.whole = *whole;
    return amount;
}

Amount Amount::of(const Value& value, bool is_real) {
    Amount amount;
    amount.is_real = is_real;
    if (const auto* real = value.get_if<double>()) amount.real = *real;
    if (const auto* real = value.get_if<float>()) amount.real = *real;
    if (const auto* whole = value.get_if<std::int64_t>()) amount.whole = *whole;
    if (const auto* whole = value.get_if<std::uint64_t>()) amount.whole = *whole;
    if (is_real && amount.whole != 0) {
        amount.real = static_cast<double>(amount.whole);
        amount.whole = 0;
    }
    return amount;
}

std::uint64_t number_word(const Batch& batch, std::size_t column, std::uint32_t row) {
    if (batch.is_null(column, row)) return 0;
    switch (batch.table().columns[column].type.kind) {
        case ColumnKind::i8: return extended<std::int8_t>(batch, column, row);
        case ColumnKind::i16: return extended<std::int16_t>(batch, column, row);
        case ColumnKind::i32: return extended<std::int32_t>(batch, column, row);
        case ColumnKind::f32:
            return std::bit_cast<std::uint64_t>(double{batch.fixed<float>(column, row)});
        default: return cell_bits(batch, column, row);
    }
}

void Total::change(ColumnKind kind, std::uint64_t before, std::uint64_t after,
                   bool minus) noexcept {
    if (before == after) return;
    put(kind, before, !minus, false);
    put(kind, after, minus, true);
}

void Total::put(ColumnKind kind, std::uint64_t word, bool negative, bool comes) noexcept {
    if (perdure::is_real(kind)) {
        const auto value = std::bit_cast<double>(word);
        if (std::isfinite(value)) return real_.add(negative ? -value : value);
        PERDURE_ASSERT(comes || not_finite_ > 0);
        not_finite_ = comes ? not_finite_ + 1 : not_finite_ - 1;
        return;
    }
    const Wide whole = is_signed(kind) ? Wide{static_cast<std::int64_t>(word)} : Wide{word};
    whole_ += negative ? -whole : whole;
}

Amount Total::amount() const noexcept {
    Amount amount;
    amount.is_real = is_real_;
    if (!is_real_) {
        amount.whole = whole_;
        return amount;
    }
    if (not_finite_ > 0) {
        amount.real = std::numeric_limits<double>::quiet_NaN();
        return amount;
    }
    ExactSum sum = real_;
    const bool negative = whole_ < 0;
    auto rest = static_cast<WideUnsigned>(negative ? -whole_ : whole_);
    for (int shift = 0; rest != 0; shift += 32, rest >>= 32) {
        const double piece = std::ldexp(static_cast<std::uint32_t>(rest), shift);
        sum.add(negative ? -piece : piece);
    }
    amount.real = sum.value();
    return amount;
}

}  // namespace perdure::invariants
