// The end of the journal, judged by a table that is data. docs/format/journal.md, "The end of the
// journal".
//
// Thread rule: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "perdure/status.h"

namespace perdure::journal {

// What recovery saw behind the last valid group.
struct Predicates {
    bool newer = false;       // a header of a format we do not know
    bool foreign = false;     // a header of another world
    bool missing = false;     // a file is missing, misplaced, cut short or not connected
    bool later = false;       // valid headers of later groups
    bool ahead = false;       // a durable LSN above the last one found
    bool unreadable = false;  // read errors where it matters
    bool remains = false;     // bytes that are neither zero nor of a former life
};

enum class Verdict : std::uint8_t { clean, torn, newer, foreign, missing, damaged, unreadable };

enum class Must : std::uint8_t { any, yes, no };

struct EndingRow {
    Must newer, foreign, missing, later, ahead, unreadable, remains;
    Verdict verdict;
};

// Every combination of predicates matches exactly one row; a test tries them all.
[[nodiscard]] std::span<const EndingRow> ending_rows() noexcept;
[[nodiscard]] bool matches(const EndingRow& row, const Predicates& seen) noexcept;
[[nodiscard]] Verdict judge(const Predicates& seen) noexcept;

struct VerdictMeaning {
    Code code;                // ok: the journal may be opened
    std::string_view name;    // "torn"
    std::string_view advice;  // what to do
};
[[nodiscard]] const VerdictMeaning& meaning(Verdict verdict) noexcept;

}  // namespace perdure::journal
