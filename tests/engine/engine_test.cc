// The engine's steps, its trouble, its end. What programs see of it is tested in tests/world.
#include "engine/engine.h"

#include <array>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "engine/live_engine.h"
#include "engine/runtime.h"
#include "engine/staging.h"

namespace perdure::engine {
namespace {

class EngineTest : public testing::Test {
protected:
    Token put(std::int64_t value, const CommitOptions& options = {}) {
        return live_.commit(live_.change().put("names", {"ana", value}), options);
    }
    void pass(std::uint64_t milliseconds) { live_.clock.advance_ns(milliseconds * 1'000'000); }
    Rows stored() {
        auto snapshot = live_.store->snapshot();
        return rows_of(*(*snapshot)->scan(*live_->catalog().find("names"), nullptr, 0, 1000));
    }
    bool step_store() {
        auto stepped = live_->step_store();
        EXPECT_TRUE(stepped.ok()) << stepped.status().text();
        return stepped.ok() && *stepped;
    }

    LiveEngine live_;
};

TEST_F(EngineTest, drains_when_the_interval_is_over_and_not_before) {
    put(1, {.wait = true});
    EXPECT_TRUE(put(2).wait().ok());
    while (step_store()) {
    }
    const Rows before = stored();
    put(3);
    EXPECT_TRUE(live_->step_journal());
    pass(999);
    EXPECT_FALSE(live_->drain_due());
    pass(1);
    EXPECT_TRUE(live_->drain_due());
    EXPECT_TRUE(step_store());
    EXPECT_EQ(stored(), Rows{"ana 3"});
}

TEST_F(EngineTest, drains_earlier_when_much_is_pending) {
    EngineOptions options;
    options.drain_bytes = 10'000;
    LiveEngine live(std::move(options));
    while (*live->step_store()) {
    }
    Change change = live.change();
    for (std::uint64_t number = 0; number < 1000; ++number) change.put("numbers", {number, 1});
    EXPECT_TRUE(live.commit(change).wait().ok());
    EXPECT_TRUE(live->drain_due());
}

TEST_F(EngineTest, drains_at_once_when_someone_awaits_it) {
    const Token saved = put(1, {.level = Level::stored});
    EXPECT_TRUE(live_->step_journal());
    EXPECT_TRUE(live_->drain_due());
    EXPECT_TRUE(step_store());
    EXPECT_TRUE(saved.done());
}

TEST_F(EngineTest, a_store_that_fails_is_left_alone_for_a_second) {
    put(1);
    EXPECT_TRUE(live_->step_journal());
    live_.store->mood = Status(Code::no_space, "the disk is full");
    pass(1000);
    EXPECT_EQ(live_->step_store().status().code(), Code::no_space);
    const std::uint64_t asked = live_.store->applies;
    EXPECT_EQ(live_->health().trouble.code(), Code::no_space);
    pass(999);
    EXPECT_FALSE(step_store());
    EXPECT_EQ(live_.store->applies, asked);
    pass(1);
    EXPECT_EQ(live_->step_store().status().code(), Code::no_space);
    live_.store->mood = {};
    pass(1000);
    EXPECT_TRUE(step_store());
    EXPECT_TRUE(live_->health().trouble.ok());
    EXPECT_EQ(stored(), Rows{"ana 1"});
}

TEST_F(EngineTest, who_waits_for_a_store_that_fails_is_told_and_may_wait_again) {
    const Token saved = put(1);
    live_.store->mood = Status(Code::no_space, "the disk is full");
    EXPECT_EQ(saved.wait(Level::stored).code(), Code::unknown);
    EXPECT_EQ(saved.status().code(), Code::ok) << "the journal has it";
    live_.store->mood = {};
    pass(1000);
    EXPECT_TRUE(saved.wait(Level::stored).ok());
}

TEST_F(EngineTest, closing_with_a_store_that_fails_says_so_and_ends) {
    put(1);
    live_.store->mood = Status(Code::no_space, "the disk is full");
    EXPECT_EQ(live_->close().code(), Code::no_space);
}

TEST_F(EngineTest, who_waits_for_the_store_is_told_when_the_engine_goes) {
    auto live = std::make_unique<LiveEngine>();
    Runtime runtime;
    live->store->mood = Status(Code::no_space, "the disk is full");
    ASSERT_TRUE(runtime.add(**live).ok());
    const Token saved = live->commit(live->change().put("names", {"ana", 1}));
    std::atomic<bool> begun{false};
    std::thread waiter([&] {
        begun = true;
        begun.notify_all();
        EXPECT_EQ(saved.wait(Level::stored).code(), Code::unknown);
    });
    begun.wait(false);
    EXPECT_TRUE(saved.wait().ok());
    runtime.remove(**live);
    live.reset();
    waiter.join();
}

TEST_F(EngineTest, many_who_wait_for_the_store_are_all_told) {
    Runtime runtime;
    ASSERT_TRUE(runtime.add(*live_).ok());
    std::vector<std::thread> waiters;
    for (std::int64_t thread = 0; thread < 8; ++thread) {
        waiters.emplace_back([&, thread] {
            for (std::int64_t i = 0; i < 50; ++i) {
                Change change = live_.change();
                change.put("counts", {thread, i});
                EXPECT_TRUE(live_.commit(change).wait(Level::stored).ok());
            }
        });
    }
    for (std::thread& waiter : waiters) waiter.join();
    runtime.remove(*live_);
}

TEST_F(EngineTest, an_abandoned_engine_writes_nothing_more) {
    const Token lost = put(1);
    live_->abandon();
    const std::uint64_t written = live_->health().journal_bytes_written;
    EXPECT_FALSE(live_->step_journal());
    EXPECT_EQ(lost.wait().code(), Code::unknown);
    EXPECT_EQ(lost.wait(Level::stored).code(), Code::unknown);
    pass(5000);
    EXPECT_FALSE(step_store());
    EXPECT_TRUE(live_->close().ok());
    EXPECT_EQ(live_->health().journal_bytes_written, written);
    EXPECT_EQ(stored(), Rows{});
}

TEST_F(EngineTest, attests_only_when_it_was_idle_for_a_while) {
    EXPECT_TRUE(put(1).wait().ok());
    const std::uint64_t groups = live_->health().journal_groups;
    pass(4);
    live_->step_attest();
    EXPECT_EQ(live_->health().journal_groups, groups);
    pass(1);
    live_->step_attest();
    EXPECT_EQ(live_->health().journal_groups, groups + 1);
}

TEST_F(EngineTest, rows_of_resident_tables_are_let_go_beyond_their_limit_and_drained_all_the_same) {
    EngineOptions options;
    options.pending.resident_bytes_max = 10'000;
    LiveEngine live(std::move(options));
    for (std::int64_t tick = 1; tick <= 40; ++tick) {
        Change change = live.change();
        for (std::uint64_t id = 2; id < 52; ++id) change.put("bodies", {Entity{id}, tick});
        EXPECT_TRUE(live.commit(change).wait().ok());
        EXPECT_LT(live->health().pending_bytes, 20'000u);
    }
    live.clock.advance_ns(1'000'000'000);
    while (*live->step_store()) {
    }
    auto snapshot = live.store->snapshot();
    const TableDefinition& bodies = *live->catalog().find("bodies");
    const Rows rows = rows_of(*(*snapshot)->scan(bodies, nullptr, 0, 1000));
    ASSERT_EQ(rows.size(), 50u);
    EXPECT_EQ(rows.front(), "2 40");
}

TEST_F(EngineTest, a_table_is_declared_once) {
    TableBuilder things("things");
    things.key<std::uint64_t>("id");
    TableBuilder same("THINGS");
    same.key<std::uint64_t>("id");
    EXPECT_EQ(
        live_->declare({things.definition(), same.definition()}, Engine::Declaring::running).code(),
        Code::invalid);
    EXPECT_EQ(live_->catalog().find("things"), nullptr);
    EXPECT_TRUE(live_->declare({things.definition()}, Engine::Declaring::running).ok());
    EXPECT_NE(live_->catalog().find("things"), nullptr);
}

// A store that moves on whenever a commit has read what its conditions need.
class RestlessStore : public EngineTest {
protected:
    // Others commit, the drain carries it away, pending lets go, just after a snapshot was taken.
    void move_on(int times) {
        live_.store->on_snapshot = [this, times]() mutable {
            if (times-- <= 0 || moving_) return;
            moving_ = true;
            live_.clock.advance_ns(1'000'000'000);
            EXPECT_TRUE(put(++value_).wait().ok());
            while (step_store()) {
            }
            moving_ = false;
        };
    }
    Status compare_and_set(std::int64_t expected) {
        Staging staging(*live_, false);
        const std::array<Cell, 2> row{{{"name", "ana"}, {"value", 100}}};
        const Status staged = staging.put("names", row, if_equal({{"value", expected}}));
        EXPECT_TRUE(staged.ok()) << staged.text();
        return staging.commit({.wait = true}).status();
    }

private:
    std::int64_t value_ = 1;
    bool moving_ = false;
};

TEST_F(RestlessStore, a_condition_is_read_again_until_it_can_be_judged) {
    EXPECT_TRUE(put(1).wait(Level::stored).ok());
    while (step_store()) {
    }
    move_on(3);
    EXPECT_EQ(compare_and_set(1).code(), Code::conflict) << "it was 1 when it was read first";
    move_on(3);
    EXPECT_TRUE(compare_and_set(7).ok());
    EXPECT_EQ(stored(), Rows{"ana 7"});
}

TEST_F(RestlessStore, a_condition_that_can_never_be_judged_is_busy_in_the_end) {
    EXPECT_TRUE(put(1).wait(Level::stored).ok());
    while (step_store()) {
    }
    move_on(1000);
    EXPECT_EQ(compare_and_set(1).code(), Code::busy);
    EXPECT_EQ(live_->health().refused_busy, 1u);
}

TEST_F(RestlessStore, a_condition_is_read_again_when_a_change_set_is_half_released) {
    EXPECT_TRUE(put(1).wait(Level::stored).ok());
    while (step_store()) {
    }
    live_.store->on_snapshot = [this] {
        live_.store->on_snapshot = nullptr;
        Change large = live_.change();
        large.put("names", {"ana", 2});
        for (int number = 0; number < 1000; ++number) {
            large.put("names", {"z" + std::to_string(number), 1});
        }
        EXPECT_TRUE(live_.commit(large).wait().ok());
        live_.clock.advance_ns(1'000'000'000);
        EXPECT_TRUE(step_store()) << "drains";
        EXPECT_TRUE(step_store()) << "releases a piece, and there is more";
    };
    EXPECT_EQ(compare_and_set(1).code(), Code::conflict) << "it is 2, and in the store by now";
}

TEST_F(RestlessStore, a_commit_in_whose_middle_the_disk_fails_is_refused) {
    EXPECT_TRUE(put(1).wait(Level::stored).ok());
    while (step_store()) {
    }
    bool failed = false;
    live_.store->on_snapshot = [&] {
        if (std::exchange(failed, true)) return;
        live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
        EXPECT_FALSE(put(2).wait().ok());
    };
    EXPECT_EQ(compare_and_set(1).code(), Code::read_only);
    EXPECT_TRUE(failed);
}

TEST_F(EngineTest, what_will_never_be_stored_is_not_waited_for) {
    live_.store->mood = Status(Code::io, "somebody else wrote into it");
    live_.store->broken_for_good = live_.store->mood;
    Runtime runtime;
    ASSERT_TRUE(runtime.add(*live_).ok());
    const Token saved = put(1);
    EXPECT_FALSE(saved.wait(Level::stored).ok());
    EXPECT_TRUE(saved.wait(Level::journal).ok());
    runtime.remove(*live_);
}

TEST_F(EngineTest, a_row_that_no_store_can_hold_is_refused) {
    EngineOptions options;
    options.row_bytes_max = 10'000;
    LiveEngine live(std::move(options));
    Proposal large;
    large.changes = live.change().put("names", {std::string(20'000, 'a'), 1}).at(0);
    EXPECT_EQ(live->commit(large, {}).status().code(), Code::invalid);
    Change many = live.change();
    for (std::uint64_t number = 0; number < 10'000; ++number) many.put("numbers", {number, 1});
    EXPECT_TRUE(live.commit(many).wait().ok()) << "rows, not batches";
}

// A reader was in the way of the last checkpoint, and nothing is drained after it.
TEST_F(EngineTest, a_checkpoint_that_somebody_held_up_is_tried_again) {
    EXPECT_TRUE(put(1).wait(Level::stored).ok());
    live_.store->checkpoint_is_held_up = true;
    while (step_store()) {
    }
    EXPECT_LT(live_->health().safe_lsn, live_->health().accepted_lsn);
    live_.store->checkpoint_is_held_up = false;
    pass(1000);
    while (step_store()) {
    }
    EXPECT_EQ(live_->health().safe_lsn, live_->health().accepted_lsn);
}

TEST_F(EngineTest, a_checkpoint_in_pieces_is_gone_on_with_at_once) {
    EXPECT_TRUE(put(1).wait(Level::stored).ok());
    while (step_store()) {
    }
    put(2);
    live_->step_journal();
    pass(1000);
    EXPECT_TRUE(step_store()) << "drains";
    live_.store->checkpoint_pieces = 3;
    for (int piece = 0; piece < 3; ++piece) EXPECT_TRUE(step_store());
    while (step_store()) {
    }
    EXPECT_EQ(live_.store->checkpoint_pieces, 0u);
    EXPECT_EQ(live_->health().safe_lsn, live_->health().accepted_lsn);
}

TEST_F(EngineTest, a_store_whose_cache_is_beyond_its_share_gives_it_back_after_a_drain) {
    EngineOptions options;
    options.budgets = std::make_shared<Budgets>(BudgetLimits{.cache_bytes = 1000});
    LiveEngine live(options);
    const auto cache_after_a_drain = [&](std::uint64_t bytes) {
        live.commit(live.change().put("names", {"ana", 1}));
        EXPECT_TRUE(live->step_journal());
        live.store->cache = bytes;
        EXPECT_TRUE(live.drain().ok());
        return live.store->cache;
    };
    EXPECT_EQ(cache_after_a_drain(100), 100u);
    EXPECT_EQ(cache_after_a_drain(1001), 0u);
}

// After a power failure the store may be where it was safe, and then only the journal has the rest.
TEST(EngineTrim, leaves_what_is_visible_and_not_safe) {
    EngineOptions options;
    options.journal.file_bytes = 64 << 10;
    LiveEngine live(options);
    const auto files = [&] { return live->health().journal_files; };
    const auto step_store = [&] {
        live.clock.advance_ns(1'000'000'000);
        while (*live->step_store()) {
        }
    };
    live.store->checkpoint_is_held_up = true;
    for (std::int64_t value = 0; value < 12; ++value) {  // two of them fill a file
        const std::string name(20'000, 'a');
        EXPECT_TRUE(live.commit(live.change().put("names", {name, value})).wait().ok());
        step_store();
    }
    EXPECT_EQ(live->health().stored_lsn, live->health().accepted_lsn);
    EXPECT_GE(files(), 5U);
    live.store->checkpoint_is_held_up = false;
    step_store();
    EXPECT_EQ(files(), 1U);
}

TEST_F(EngineTest, what_is_accepted_behind_a_durable_change_set_is_not_durable) {
    const Token first = put(1);  // behind the tables' definition
    EXPECT_FALSE(first.done());
    EXPECT_TRUE(first.wait().ok());
    EXPECT_FALSE(put(2).done());
}

TEST_F(EngineTest, a_change_set_beyond_the_limit_is_refused) {
    EngineOptions options;
    options.change_set_bytes_max = 100'000;
    LiveEngine live(std::move(options));
    Proposal large;
    Change change = live.change();
    for (std::uint64_t number = 0; number < 10'000; ++number) change.put("numbers", {number, 1});
    large.changes = change.at(0);
    EXPECT_EQ(live->commit(large, {}).status().code(), Code::invalid);
    EXPECT_EQ(large.changes.batches.size(), 1u) << "the proposal is as it was";
    live.commit(live.change().put("names", {"ana", 1}));
}

TEST_F(EngineTest, a_transaction_stages_so_many_rows_and_no_more) {
    EXPECT_EQ(staged_rows_max, 4'000'000u);
    for (const bool is_tick : {false, true}) {
        Staging staging(*live_, is_tick, 3);
        const auto put = [&](std::uint64_t number) {
            const std::array<Cell, 2> row{{{"number", number}, {"value", 1}}};
            return staging.put("numbers", row, {}).code();
        };
        const auto append = [&](std::uint64_t at) {
            const std::array<Cell, 1> row{{{"at", at}}};
            return staging.append("events", row).code();
        };
        EXPECT_EQ(put(1), Code::ok);
        EXPECT_EQ(append(1), Code::ok);
        EXPECT_EQ(put(2), Code::ok);
        EXPECT_EQ(put(3), Code::invalid);
        EXPECT_EQ(append(2), Code::invalid);
        EXPECT_EQ(put(1), Code::invalid) << "rows, not keys";
        staging.clear();
        EXPECT_EQ(put(3), Code::ok);
    }
}

TEST_F(EngineTest, a_declaration_that_cannot_be_is_refused_and_changes_nothing) {
    const auto declare = [&](const TableBuilder& table, Engine::Declaring when) {
        return live_->declare({table.definition()}, when).code();
    };
    TableBuilder things("things");
    things.key<std::uint64_t>("id").category("unheard of");
    EXPECT_EQ(declare(things, Engine::Declaring::running), Code::invalid);
    TableBuilder names("names");
    names.key<std::string>("name").column<std::int64_t>("value").column<bool>("online");
    EXPECT_EQ(declare(names, Engine::Declaring::running), Code::incompatible);
    TableBuilder other("names");
    other.key<std::uint64_t>("name").column<std::int64_t>("value");
    EXPECT_EQ(declare(other, Engine::Declaring::opening), Code::incompatible);
    EXPECT_EQ(live_->catalog().find("names")->version, 1u);
    const TableId id = live_->catalog().find("names")->id;
    put(1);
    EXPECT_EQ(declare(names, Engine::Declaring::opening), Code::ok);
    EXPECT_EQ(live_->catalog().find("names")->version, 2u);
    EXPECT_EQ(live_->catalog().find("names")->id, id);
    EXPECT_EQ(declare(names, Engine::Declaring::running), Code::ok) << "it is so already";
    EXPECT_EQ(live_.find("names", {{"name", "ana"}}), "ana 1 false");
}

TEST_F(EngineTest, a_table_that_does_not_reach_the_store_is_not_declared) {
    TableBuilder things("things");
    things.key<std::uint64_t>("id");
    const std::vector<TableDefinition> wanted{things.definition()};
    live_.store->mood = Status(Code::no_space, "the disk is full");
    EXPECT_FALSE(live_->declare(wanted, Engine::Declaring::running).ok());
    EXPECT_EQ(live_->catalog().find("things"), nullptr);
    put(1);
    EXPECT_FALSE(live_->declare(wanted, Engine::Declaring::opening).ok());
    live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_FALSE(put(2).wait().ok());
    EXPECT_EQ(live_->declare(wanted, Engine::Declaring::running).code(), Code::read_only);
}

TEST_F(EngineTest, a_failed_world_says_so_wherever_it_is_asked) {
    const Token lost = put(1);
    live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_EQ(lost.wait(Level::stored).code(), Code::unknown);
    EXPECT_FALSE(*live_->step_prepare());
    pass(1000);
    EXPECT_TRUE(live_->step_store().ok()) << "what is durable is there already";
    EXPECT_FALSE(live_->health().trouble.ok());
    live_.store->checkpoint_is_held_up = true;
    EXPECT_EQ(live_->close().code(), Code::unknown);
}

TEST_F(EngineTest, a_failed_journal_is_the_trouble_though_the_store_fails_later) {
    EXPECT_TRUE(put(1).wait().ok());
    live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_FALSE(put(2).wait().ok());
    const std::string trouble = live_->health().trouble.text();
    EXPECT_NE(trouble, "ok");
    live_.store->mood = Status(Code::no_space, "the disk is full");
    pass(1000);
    EXPECT_EQ(live_->step_store().status().code(), Code::no_space);
    EXPECT_EQ(live_->health().trouble.text(), trouble);
}

TEST_F(EngineTest, a_store_that_somebody_else_owns_is_not_waited_for) {
    live_.store->mood = Status(Code::conflict, "somebody else has it");
    Runtime runtime;
    ASSERT_TRUE(runtime.add(*live_).ok());
    EXPECT_FALSE(put(1).wait(Level::stored).ok());
    runtime.remove(*live_);
    EXPECT_EQ(live_->health().trouble.code(), Code::conflict);
}

TEST_F(EngineTest, health_is_told_though_the_store_does_not_say_how_large_it_is) {
    live_.store->calls.fails = live_.store->calls.made + 1;
    const Health health = live_->health();
    EXPECT_EQ(live_.store->calls.made, live_.store->calls.fails);
    EXPECT_EQ(health.store, "memory");
    EXPECT_TRUE(health.trouble.ok());
}

TEST_F(EngineTest, who_waits_for_the_store_after_it_failed_is_told_at_once) {
    const Token saved = put(1);
    live_.store->mood = Status(Code::no_space, "the disk is full");
    EXPECT_EQ(saved.wait(Level::stored).code(), Code::unknown);
    EXPECT_EQ(saved.wait(Level::stored).code(), Code::unknown) << "it is left alone for a second";
}

TEST_F(EngineTest, views_want_a_store_with_sql) {
    EXPECT_EQ(live_->declare_views({}).code(), Code::unsupported);
}

TEST_F(EngineTest, log_lines_tell_of_trouble) {
    std::vector<std::string> lines;
    EngineOptions options;
    options.log = [&](std::string_view line) { lines.emplace_back(line); };
    LiveEngine live(std::move(options));
    live.commit(live.change().put("names", {"ana", 1}));
    EXPECT_TRUE(live->step_journal());
    live.store->mood = Status(Code::no_space, "the disk is full");
    live.clock.advance_ns(1'000'000'000);
    EXPECT_FALSE(live->step_store().ok());
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("the disk is full"), std::string::npos);
    live.commit(live.change().put("names", {"ana", 2}));
    live.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_TRUE(live->step_journal());
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_NE(lines[1].find("read-only"), std::string::npos);
}

}  // namespace
}  // namespace perdure::engine
