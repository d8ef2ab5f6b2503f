// What the engine does with its store: when it drains and checkpoints, what it lets go, and what
// those are told who wait.
#include <atomic>
#include <thread>

#include "engine/engine_test.h"
#include "engine/runtime.h"

namespace perdure::engine {
namespace {

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

TEST_F(EngineTest, a_store_that_somebody_else_owns_is_not_waited_for) {
    live_.store->mood = Status(Code::conflict, "somebody else has it");
    Runtime runtime;
    ASSERT_TRUE(runtime.add(*live_).ok());
    EXPECT_FALSE(put(1).wait(Level::stored).ok());
    runtime.remove(*live_);
    EXPECT_EQ(live_->health().trouble.code(), Code::conflict);
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

}  // namespace
}  // namespace perdure::engine
