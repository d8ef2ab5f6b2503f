#include "journal/ending.h"

#include "base/assert.h"

namespace perdure::journal {
namespace {

constexpr std::array<EndingRow, 8> decisions = [] {
    constexpr Must o = Must::any;
    constexpr Must y = Must::yes;
    constexpr Must n = Must::no;
    // clang-format off
    return std::array<EndingRow, 8>{{
        // newer  foreign  missing  later  ahead  unreadable  remains
        {  y,     o,       o,       o,     o,     o,          o,       Verdict::newer},
        {  n,     y,       o,       o,     o,     o,          o,       Verdict::foreign},
        {  n,     n,       y,       o,     o,     o,          o,       Verdict::missing},
        {  n,     n,       n,       y,     o,     o,          o,       Verdict::damaged},
        {  n,     n,       n,       n,     y,     o,          o,       Verdict::damaged},
        {  n,     n,       n,       n,     n,     y,          o,       Verdict::unreadable},
        {  n,     n,       n,       n,     n,     n,          y,       Verdict::torn},
        {  n,     n,       n,       n,     n,     n,          n,       Verdict::clean},
    }};
    // clang-format on
}();

constexpr std::string_view restore_advice =
    "nothing was changed; restore a backup of the world; `perdure verify DIR` says what is "
    "damaged, and `perdure repair DIR` what else can be done";

constexpr std::array<VerdictMeaning, 7> meanings{{
    {Code::ok, "clean", ""},
    {Code::ok, "torn", "the last group was never acknowledged; it is kept in quarantine"},
    {Code::unsupported, "newer", "nothing was changed; use the newer program that wrote it"},
    {Code::corrupt, "foreign",
     "nothing was changed; put this world's own journal in its place, or let `perdure repair DIR` "
     "set the strange files aside"},
    {Code::corrupt, "missing", restore_advice},
    {Code::corrupt, "damaged", restore_advice},
    {Code::io, "unreadable",
     "nothing was changed; copy the files to a healthy disk with what can be read, and open that"},
}};

constexpr bool holds(Must must, bool seen) noexcept {
    return must == Must::any || (must == Must::yes) == seen;
}

}  // namespace

std::span<const EndingRow> ending_rows() noexcept { return decisions; }

bool matches(const EndingRow& row, const Predicates& seen) noexcept {
    return holds(row.newer, seen.newer) && holds(row.foreign, seen.foreign) &&
           holds(row.missing, seen.missing) && holds(row.later, seen.later) &&
           holds(row.ahead, seen.ahead) && holds(row.unreadable, seen.unreadable) &&
           holds(row.remains, seen.remains);
}

Verdict judge(const Predicates& seen) noexcept {
    for (const EndingRow& row : decisions) {  // untaken: every combination has a row
        if (matches(row, seen)) return row.verdict;
    }
    constexpr bool every_combination_has_a_row = false;
    PERDURE_ASSERT(every_combination_has_a_row);
    return Verdict::damaged;
}

const VerdictMeaning& meaning(Verdict verdict) noexcept {
    return meanings[static_cast<std::size_t>(verdict)];
}

}  // namespace perdure::journal
