// Invariants: the schema's invariants of one world: what they expect, what they found, and whether
// a change set may go through.
//
// The world makes it once its tables are in force, gives it every row of the watched tables (take),
// lets it know what the table "_invariants" has kept (expect), and begins. From then on it stands
// at the gate: enter() applies a change set, which leave() keeps or takes back. A tick's enter()
// adds rows of "_invariant_log" to it.
//
// Thread rule: make, take, expect and begin on the thread that opens; enter, leave, results and
// alarms from any. From an enter() that answers true to its leave() others that enter wait.
// Lifetime: the catalog must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "invariants/watcher.h"
#include "model/change_set.h"
#include "perdure/durability.h"
#include "perdure/validation.h"

namespace perdure::invariants {

// How far a number is from what it should be.
struct Finding {
    Amount found;
    Wide whole_residual = 0;  // of whole numbers, exactly
    double residual = 0;      // NaN if the number is none
    std::uint64_t not_finite = 0;
    Grade grade = Grade::ok;
};
[[nodiscard]] Finding judge(const Invariant& invariant, const Amount& expected, const Amount& found,
                            std::uint64_t not_finite);
// Whether `after` is another number than `before`, and not a nearer one.
[[nodiscard]] bool is_worse(const Finding& before, const Finding& after) noexcept;

class Invariants {
public:
    using LevelOf = std::function<Level(const TableDefinition&)>;
    using Log = std::function<void(std::string_view)>;

    // `invalid` if an invariant's tables are not kept alike: one is relaxed or ephemeral, and
    // another is there.
    static Result<std::unique_ptr<Invariants>> make(const std::vector<Invariant>& invariants,
                                                    const Catalog& catalog, const LevelOf& level_of,
                                                    Log log);

    // Opening.
    [[nodiscard]] std::size_t size() const noexcept { return invariants_.size(); }
    [[nodiscard]] const Invariant& invariant(std::size_t at) const { return invariants_[at]; }
    [[nodiscard]] const Watcher& watcher() const noexcept { return watcher_; }
    Status take(const Batch& batch) { return watcher_.take(batch); }
    // What one expects: what the program says, else `kept`, else what is there now.
    const Amount& expect(std::size_t at, const std::optional<Amount>& kept);
    void begin();

    // The gate's two halves, see engine/gate.h. `refused`: the change set, once it is not accepted.
    Result<bool> enter(ChangeSet& changes);
    void leave(ChangeSet* refused) noexcept;

    [[nodiscard]] std::vector<InvariantResult> results() const;
    // Of all of them, since opening: results of ticks that were alarms, and refusals.
    [[nodiscard]] std::uint64_t alarms() const;

private:
    struct Published {
        std::optional<std::uint64_t> tick;
        Finding finding;
        std::uint64_t alarms = 0;
        std::uint64_t refusals = 0;
    };

    Invariants(const std::vector<Invariant>& invariants, const Catalog& catalog, Log log);
    [[nodiscard]] bool touches(const ChangeSet& changes) const;
    Status judge_all(const ChangeSet& changes);
    [[nodiscard]] bool is_logged(std::size_t at) const;
    Status add_log(ChangeSet& changes);
    void publish(std::uint64_t tick, std::vector<std::string>& lines);
    [[nodiscard]] InvariantResult result(std::size_t at) const;  // results_mutex_ is held

    // Constant after begin().
    const std::vector<Invariant> invariants_;
    const TableDefinition* const log_table_;
    const Log log_;
    std::vector<Amount> expected_;

    std::mutex mutex_;  // held from enter() to leave(); guards what follows
    Watcher watcher_;
    std::vector<Finding> now_;                // of what is accepted
    std::vector<Finding> next_;               // of the change set under way
    std::vector<std::optional<Grade>> told_;  // of the last tick
    std::optional<std::uint64_t> tick_;       // that is under way

    mutable std::mutex results_mutex_;  // guards what follows
    std::vector<Published> published_;
};

}  // namespace perdure::invariants
