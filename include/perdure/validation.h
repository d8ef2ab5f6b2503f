// Validation: rules of the program's own that stand between a change and its acceptance: a
// validator that may refuse any change set, and invariants that are checked as the rows change.
//
//     schema.conserve("gold", {{"Purse", "gold"}, {"Chest", "gold"}},
//                     {.minus = {{"mint", "issued"}}, .expected = 0});
//     schema.refer("owner", {"Item", "owner"}, "Player", {.zero_is_none = true, .refuse = true});
//     options.validator = [](const perdure::ProposedChanges& changes) -> perdure::Status {
//         …                            // perdure::Status(perdure::Code::refused, "why")
//     };
//
// A refused commit answers `refused` with the reason; marks, staged rows, the tick's number and the
// invariants are then as they were. Neither is asked about what the world commits by itself:
// tables, categories, reserved ids, relaxed rows whose interval is over.
//
// Thread rule: a validator is called by the thread that commits, several at once if several do; it
// guards what it shares. Invariants need nothing: commits that change watched tables, and all
// ticks, take turns; other commits take no lock.
//
// Cost: an invariant keeps what each row of its tables holds, 30 to 80 bytes of memory a row, read
// once when the world is opened. A commit then pays for the rows that it changes, never for those
// that are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "perdure/batch.h"
#include "perdure/status.h"
#include "perdure/value.h"

namespace perdure {

// A change set that is about to be accepted: rows as batches, one per table and operation, erases
// (keys only) before upserts. Tables whose names begin with '_' are Perdure's own.
struct ProposedChanges {
    std::optional<std::uint64_t> tick;  // that it ends; none: a transaction
    std::vector<const Batch*> batches;  // alive until the validator returns

    // nullptr if it does not change the table so. Any case.
    [[nodiscard]] const Batch* find(std::string_view table, Operation operation) const noexcept;
};

// Not ok: the commit answers `refused`, with this message. It changes nothing: staging rows and
// commits on its thread and in its world answer `invalid`, and changing components is a bug that
// stops the program. It does not throw.
using Validator = std::function<Status(const ProposedChanges&)>;

struct WatchedColumn {
    std::string table;  // or component, or relation, by today's name
    std::string column;
};

// How far a result is from what it should be.
enum class Grade : std::uint8_t { ok = 0, warn = 1, alarm = 2 };
[[nodiscard]] std::string_view grade_name(Grade grade) noexcept;

struct ConserveOptions {
    // Counted negative: what has come in (minted, paid out as a subsidy), as running totals in
    // columns of the program's own. They change in the change set that brings it in; what goes out
    // (taxes, losses) takes from them.
    std::vector<WatchedColumn> minus{};
    // What the sum is. Null: what it is when the world first opens with this invariant.
    Value expected{};
    double tolerance = 0;     // |found - expected| up to here is ok
    double alarm_beyond = 0;  // up to here a warning; 0: the tolerance, nothing is a warning
    // Refuses change sets, of transactions too, that bring it to alarm, or further once it is
    // there. One that leaves it as it is, or mends some of it, is accepted.
    bool refuse = false;
    bool each_tick = false;  // logs each tick; else what is not ok, and what changes its grade
};

struct ReferOptions {
    bool zero_is_none = false;  // as null is: refers to nothing, and that is right
    double tolerance = 0;       // as above; expected are no rows that refer to nothing
    double alarm_beyond = 0;
    bool refuse = false;
    bool each_tick = false;
};

// What Schema::conserve() and Schema::refer() declare.
struct Invariant {
    enum class Kind : std::uint8_t {
        conserve,  // the sum of columns: integers of up to 64 bits, f32, f64; null counts as 0
        refer,     // each value of a column is the key of a row of `target`
    };
    Kind kind = Kind::conserve;
    std::string name;
    std::vector<WatchedColumn> plus;  // of `refer`: the one that refers
    std::vector<WatchedColumn> minus;
    std::string target;
    Value expected;
    bool zero_is_none = false;
    double tolerance = 0;
    double alarm_beyond = 0;
    bool refuse = false;
    bool each_tick = false;

    static Invariant conserve(std::string name, std::vector<WatchedColumn> columns,
                              ConserveOptions options);
    static Invariant refer(std::string name, WatchedColumn from, std::string to,
                           const ReferOptions& options);
};

inline constexpr std::size_t invariants_max = 1000;  // each tick grades all of them

// What a check found. Sums of integers are exact, and sums of floats too, until they are rounded
// once to be shown: so they do not depend on the order of changes, and are the same after
// reopening.
struct InvariantResult {
    std::string name;
    std::optional<std::uint64_t> tick;  // none: of opening
    std::string expected;               // in full, as are logged
    std::string found;                  // of `refer`: how many rows refer to no row
    double residual = 0;  // found - expected; NaN if a float is none that can be added
    Grade grade = Grade::ok;
    std::uint64_t alarms = 0;    // ticks that were graded alarm since opening
    std::uint64_t refusals = 0;  // change sets that it refused since opening
};
// "tick 7: invariant gold is alarm: expected 100, found 98"
[[nodiscard]] std::string to_text(const InvariantResult& result);

}  // namespace perdure
