// Model: what a world must be, in plain maps. It shares no code with the engine.
//
// It keeps the state after every change set that may still be the one a crash leaves: from the last
// acknowledged one to the last accepted one, and knows for relaxed rows which of their versions may
// be lost. recovered() is the judge: it compares what a recovery found with all that it may have
// found, and goes on from there.
//
//     model.offer(proposal);                  // from here on it may be on the disk
//     commit(…) ? model.accepted() : model.refused();
//     model.acknowledge(lsn);
//     Model branch = model;  branch.crash();  // the power fails
//     branch.recovered(lsn, tick, contents);
//
// Thread rule: one thread. Copies are cheap: states are shared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/change_set.h"
#include "perdure/status.h"
#include "simulation/small_world.h"
#include "simulation/user_row.h"

namespace perdure::simulation {

using Rows = std::map<std::string, Cells>;

// Columns are numbered from 1, the key first; a number is never given again.
struct ColumnNumbers {
    std::map<std::string, std::uint16_t> of;
    std::uint16_t next = 2;
};

struct ModelTable {
    TableSpec spec;
    Rows rows;
    ColumnNumbers numbers{};
};
using State = std::map<std::string, std::shared_ptr<const ModelTable>>;
// What was found in a world, by table.
using Contents = std::map<std::string, Rows>;

struct Write {
    std::string table;
    std::string key;
    std::optional<Cells> cells;  // nothing: erase
};

// What made a tick, if it can be staged again just so: rows that were put or erased without
// conditions, and components that were set. Of a tick that did anything else there is none.
struct Recipe {
    std::vector<UserChange> rows;
    struct Set {
        std::uint64_t entity;
        std::string component;
        std::int32_t value;
    };
    std::vector<Set> sets;
};

struct Proposal {
    std::vector<Write> writes{};
    std::optional<std::uint64_t> tick{};
    std::shared_ptr<const Recipe> recipe{};
    bool at_once = false;        // relaxed rows do not wait
    bool must_fail = false;      // a condition does not hold
    bool held_may_wait = false;  // relaxed rows that are due may go with the next one
    std::vector<TableSpec> definitions{};
    std::uint64_t now_ms = 0;
};

class Model {
public:
    Model();

    // Accepting, in order.
    void offer(Proposal proposal);
    [[nodiscard]] bool is_offered() const noexcept { return offered_.has_value(); }
    void accepted();
    void refused() noexcept { offered_.reset(); }
    // The commit that is under way could not prepare room: it may go without the rows that are due.
    void held_may_wait() noexcept {
        if (offered_) offered_->held_may_wait = true;
    }
    // The change sets up to here were acknowledged as durable.
    void acknowledge(Lsn lsn);
    // Those after this one are gone, though they were acknowledged: the disk lost them, and nothing
    // else knows of them. Not below what a recovery has shown.
    [[nodiscard]] bool can_lose_after(Lsn lsn) const noexcept;
    void lose_after(Lsn lsn);
    // All rows that waited in memory are durable: a clean close. Components wait on.
    void held_written();

    // The power fails: what was offered may be on the disk, or not.
    void crash();
    // After a recovery. `corrupt` says what is there that must not be, or not there that must.
    Status recovered(Lsn lsn, std::optional<std::uint64_t> tick, const Contents& contents);

    [[nodiscard]] Lsn last() const noexcept { return first_ + points_.size() - 1; }
    [[nodiscard]] Lsn acknowledged() const noexcept { return acknowledged_; }
    [[nodiscard]] const State& newest() const { return *points_.back().state; }
    // `lsn`: from acknowledged() to last().
    [[nodiscard]] const State& at(Lsn lsn) const { return *point(lsn).state; }
    [[nodiscard]] std::shared_ptr<const State> state_at(Lsn lsn) const { return point(lsn).state; }
    [[nodiscard]] std::optional<std::uint64_t> tick() const { return points_.back().tick; }
    [[nodiscard]] Lsn tick_lsn() const { return points_.back().tick_lsn; }
    [[nodiscard]] const Recipe* recipe() const { return points_.back().recipe.get(); }
    // What declaring these tables would define.
    [[nodiscard]] std::vector<TableSpec> missing(const std::vector<TableSpec>& wanted) const;

    // Ids are never given twice, whatever became of them.
    [[nodiscard]] std::uint64_t highest_id() const noexcept { return highest_id_; }
    void handed_out(std::uint64_t id);

private:
    struct Point {
        std::shared_ptr<const State> state;
        std::optional<std::uint64_t> tick;
        Lsn tick_lsn = 0;
        std::shared_ptr<const Recipe> recipe;
    };
    // One value that a relaxed row had. It is on the disk if change set `surely_at` is.
    struct Version {
        Lsn lsn;
        std::uint64_t ms;
        Lsn surely_at;
        std::optional<Cells> cells;
    };
    using RowName = std::pair<std::string, std::string>;

    [[nodiscard]] const Point& point(Lsn lsn) const;
    void apply(State& state, const Proposal& proposal);
    void write(ModelTable& table, const Write& write, const Proposal& proposal);
    // `last_of_row`: no other write of the same row follows in the proposal.
    void note_version(const ModelTable& table, const Write& write, const Proposal& proposal,
                      bool last_of_row);
    void settle_versions(const Proposal& proposal);
    [[nodiscard]] Status judge(const ModelTable& table, Lsn lsn, const Rows& found) const;
    [[nodiscard]] Status judge_relaxed(const ModelTable& table, Lsn lsn, const Rows& found) const;
    [[nodiscard]] Status judge_reserved(const Rows& found) const;
    void adopt(Lsn lsn, const Contents& contents);

    Lsn first_ = 0;  // of points_
    std::vector<Point> points_;
    std::vector<Point> past_;  // those before them, since a recovery was judged last
    Lsn acknowledged_ = 0;
    std::optional<Proposal> offered_;
    std::map<RowName, std::vector<Version>> relaxed_;  // oldest first
    std::uint64_t highest_id_ = 1;
};

}  // namespace perdure::simulation
