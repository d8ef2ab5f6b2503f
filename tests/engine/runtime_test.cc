#include "engine/runtime.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "engine/live_engine.h"
#include "engine/no_more_threads.h"
#include "engine/staging.h"
#include "perdure/runtime.h"

namespace perdure::engine {
namespace {

// What the threads do by themselves; a test waits until it is so, and hangs if it never is.
template <typename Condition>
void await(Condition&& condition) {
    while (!condition()) std::this_thread::yield();
}

class RuntimeTest : public testing::Test {
protected:
    static Token put(LiveEngine& live, std::int64_t value) {
        return live.commit(live.change().put("names", {"ana", value}));
    }

    LiveEngine live_;
    Runtime runtime_;
};

TEST_F(RuntimeTest, nothing_happens_by_itself_before_an_engine_is_added) {
    const Token saved = put(live_, 1);
    EXPECT_FALSE(saved.done());
    EXPECT_TRUE(live_->step_journal());
    EXPECT_TRUE(saved.done());
}

TEST_F(RuntimeTest, flushes_what_nobody_waits_for) {
    EXPECT_TRUE(runtime_.add(*live_).ok());
    const Token saved = put(live_, 1);
    await([&] { return saved.done(); });
    EXPECT_TRUE(saved.status().ok());
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, carries_to_the_store_what_someone_waits_for) {
    EXPECT_TRUE(runtime_.add(*live_).ok());
    const Token saved = put(live_, 1);
    EXPECT_TRUE(saved.wait(Level::stored).ok());
    EXPECT_GE(live_->health().stored_lsn, saved.lsn());
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, drains_when_the_interval_is_over) {
    EngineOptions options;
    options.drain_interval_ms = 20;
    LiveEngine live(options);
    EXPECT_TRUE(runtime_.add(*live).ok());
    const Token saved = put(live, 1);
    await([&] { return saved.done(); });
    live.clock.advance_ns(20'000'000);
    await([&] { return live->health().stored_lsn >= saved.lsn(); });
    await([&] { return live->health().safe_lsn >= saved.lsn(); });
    runtime_.remove(*live);
}

TEST_F(RuntimeTest, drains_early_when_much_is_pending) {
    EngineOptions options;
    options.drain_interval_ms = 3'600'000;
    options.drain_bytes = 1;
    LiveEngine live(options);
    EXPECT_TRUE(runtime_.add(*live).ok());
    const Token saved = put(live, 1);
    await([&] { return live->health().stored_lsn >= saved.lsn(); });
    runtime_.remove(*live);
}

TEST_F(RuntimeTest, sends_relaxed_rows_when_they_have_waited) {
    EXPECT_TRUE(runtime_.add(*live_).ok());
    Staging row(*live_, false);
    const std::vector<Cell> cells{{"number", 1u}, {"value", 1}};
    ASSERT_TRUE(row.put("drifts", cells, {}).ok());
    ASSERT_TRUE(row.commit({}).ok());
    const std::uint64_t accepted = live_->health().accepted_lsn;
    live_.clock.advance_ns(1'000'000'000);
    await([&] { return live_->health().accepted_lsn > accepted; });
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, attests_when_the_world_is_idle) {
    EXPECT_TRUE(runtime_.add(*live_).ok());
    const Token saved = put(live_, 1);
    await([&] { return saved.done(); });
    const std::uint64_t groups = live_->health().journal_groups;
    live_.clock.advance_ns(5'000'000);
    await([&] { return live_->health().journal_groups > groups; });
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, prepares_journal_files_ahead) {
    EXPECT_TRUE(runtime_.add(*live_).ok());
    await([&] { return live_->health().journal_bytes >= 3 * (64ULL << 20); });
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, looks_after_many_worlds) {
    LiveEngine other;
    LiveEngine third;
    for (LiveEngine* live : {&live_, &other, &third}) {
        EXPECT_TRUE(runtime_.add(**live).ok());
    }
    for (LiveEngine* live : {&third, &live_, &other}) {
        EXPECT_TRUE(put(*live, 1).wait(Level::stored).ok());
    }
    for (LiveEngine* live : {&live_, &other, &third}) runtime_.remove(**live);
}

TEST_F(RuntimeTest, does_nothing_to_an_engine_that_was_removed) {
    LiveEngine other;
    EXPECT_TRUE(runtime_.add(*live_).ok());
    EXPECT_TRUE(runtime_.add(*other).ok());
    runtime_.remove(*live_);
    const Token saved = put(live_, 1);
    EXPECT_TRUE(put(other, 1).wait(Level::stored).ok());
    EXPECT_FALSE(saved.done());
    runtime_.remove(*other);
}

TEST_F(RuntimeTest, an_engine_may_be_added_again) {
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(runtime_.add(*live_).ok());
        EXPECT_TRUE(put(live_, i).wait(Level::stored).ok());
        runtime_.remove(*live_);
    }
}

TEST_F(RuntimeTest, one_world_that_stands_still_does_not_lose_the_others) {
    LiveEngine stuck;
    stuck.store->mood = Status(Code::no_space, "the disk is full");
    EXPECT_TRUE(runtime_.add(*stuck).ok());
    EXPECT_TRUE(runtime_.add(*live_).ok());
    put(stuck, 1);
    EXPECT_TRUE(put(live_, 1).wait(Level::stored).ok());
    runtime_.remove(*stuck);
    runtime_.remove(*live_);
}

// Something that hangs until the test lets it go.
class Gate {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        ++inside_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
        --inside_;
    }
    void await_inside() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return inside_ > 0; });
    }
    void open() {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int inside_ = 0;
    bool open_ = false;
};

// An engine whose store or disk hangs from now on.
class StuckEngine : public LiveEngine {
public:
    StuckEngine() {
        files.on_operation = [this](const io::Operation& operation) {
            if (operation.kind == io::OperationKind::sync && hangs_) gate_.pass();
        };
    }
    ~StuckEngine() { files.on_operation = nullptr; }
    StuckEngine(const StuckEngine&) = delete;
    StuckEngine& operator=(const StuckEngine&) = delete;

    void hang_in_store() {
        store->on_apply = [this] { gate_.pass(); };
    }
    void hang_in_flush() { hangs_ = true; }
    void await_inside() { gate_.await_inside(); }
    void let_go() {
        hangs_ = false;
        gate_.open();
    }

private:
    Gate gate_;
    std::atomic<bool> hangs_{false};
};

// Commits, drains and closes while others hang.
void live_a_life(Runtime& runtime) {
    LiveEngine live;
    ASSERT_TRUE(runtime.add(*live).ok());
    Token saved;
    for (std::int64_t value = 1; value <= 5; ++value) {
        saved = live.commit(live.change().put("names", {"ana", value}));
        await([&] { return saved.done(); });
    }
    EXPECT_TRUE(saved.wait(Level::stored).ok());
    EXPECT_TRUE(live->close().ok());
    runtime.remove(*live);
}

TEST_F(RuntimeTest, a_store_that_hangs_holds_up_its_own_world_only) {
    StuckEngine stuck;
    stuck.hang_in_store();
    EXPECT_TRUE(runtime_.add(*stuck).ok());
    const Token late = put(stuck, 1);
    std::thread waiter([&] { EXPECT_TRUE(late.wait(Level::stored).ok()); });
    stuck.await_inside();
    live_a_life(runtime_);
    live_a_life(runtime_);
    // Its journal goes on, too.
    EXPECT_TRUE(put(stuck, 2).wait(Level::journal).ok());
    stuck.let_go();
    waiter.join();
    runtime_.remove(*stuck);
}

TEST_F(RuntimeTest, a_disk_that_hangs_holds_up_its_own_world_only) {
    StuckEngine stuck;
    EXPECT_TRUE(runtime_.add(*stuck).ok());
    stuck.hang_in_flush();
    const Token late = put(stuck, 1);
    stuck.await_inside();
    live_a_life(runtime_);
    EXPECT_FALSE(late.done());
    stuck.let_go();
    EXPECT_TRUE(late.wait(Level::stored).ok());
    runtime_.remove(*stuck);
}

TEST_F(RuntimeTest, several_worlds_that_hang_hold_up_none_of_the_others) {
    std::vector<std::unique_ptr<StuckEngine>> stuck;
    for (int i = 0; i < 8; ++i) {
        stuck.push_back(std::make_unique<StuckEngine>());
        EXPECT_TRUE(runtime_.add(**stuck.back()).ok());
    }
    std::vector<Token> late;
    for (std::size_t i = 0; i < stuck.size(); ++i) {
        if (i % 2 == 0) {
            stuck[i]->hang_in_store();
        } else {
            stuck[i]->hang_in_flush();
        }
        late.push_back(stuck[i]->commit(stuck[i]->change().put("names", {"ana", 1}),
                                        {.tick = {}, .level = Level::stored}));
    }
    for (const auto& one : stuck) one->await_inside();
    live_a_life(runtime_);
    for (const auto& one : stuck) one->let_go();
    for (std::size_t i = 0; i < stuck.size(); ++i) {
        EXPECT_TRUE(late[i].wait(Level::stored).ok());
        runtime_.remove(**stuck[i]);
    }
}

TEST_F(RuntimeTest, an_idle_world_is_visited_by_nobody) {
    EXPECT_TRUE(runtime_.add(*live_).ok());
    const Token saved = put(live_, 1);
    EXPECT_TRUE(saved.wait(Level::stored).ok());
    live_.clock.advance_ns(60'000'000'000);  // all intervals and rests are over
    runtime_.remove(*live_);
    while (live_->visit_journal().again || live_->visit_store().again) {
        live_.clock.advance_ns(60'000'000'000);
    }
    while (live_->visit_prepare().more) {
    }
    for (const Visit& visit :
         {live_->visit_journal(), live_->visit_store(), live_->visit_prepare()}) {
        EXPECT_FALSE(visit.more);
        EXPECT_FALSE(visit.again);
    }
}

TEST_F(RuntimeTest, a_world_that_gets_no_threads_is_refused_and_may_come_again) {
    {
        const NoMoreThreads none;
        const Status refused = runtime_.add(*live_);
        EXPECT_EQ(refused.code(), Code::busy);
        EXPECT_NE(refused.message().find("no more threads"), std::string_view::npos);
        EXPECT_EQ(runtime_.threads(), 0u);
        EXPECT_TRUE(put(live_, 1).wait(Level::stored).ok()) << "who waits does it himself";
    }
    EXPECT_TRUE(runtime_.add(*live_).ok());
    EXPECT_TRUE(put(live_, 2).wait(Level::stored).ok());
    runtime_.remove(*live_);
}

TEST(RuntimeBudgets, are_all_above_0) {
    for (const auto budget :
         {&RuntimeOptions::pending_bytes_max, &RuntimeOptions::index_bytes_max,
          &RuntimeOptions::journal_bytes_max, &RuntimeOptions::store_cache_bytes_max}) {
        RuntimeOptions options;
        EXPECT_TRUE(options.validate().ok());
        options.*budget = 0;
        EXPECT_EQ(options.validate().code(), Code::invalid);
    }
}

class SharedBudgetTest : public testing::Test {
protected:
    static EngineOptions of(const Runtime& runtime) {
        EngineOptions options;
        options.budgets = runtime.budgets();
        return options;
    }
    static Status live_to_store(LiveEngine& live) {
        return live->digest().status();  // waits until the store has everything
    }
    // Rows until the engine refuses; the refusal.
    static Status fill(LiveEngine& live, std::int64_t limit) {
        const std::string text(10'000, 'x');
        for (std::int64_t i = 0; i < limit; ++i) {
            Change change = live.change();
            change.put("names", {text::format("{}{}", text, i), i});
            Proposal proposal;
            proposal.changes = change.at(0);
            auto token = live->commit(proposal, {});
            if (!token) return token.status();
        }
        return {};
    }
};

TEST_F(SharedBudgetTest, a_greedy_world_gets_busy_and_a_modest_one_goes_on) {
    Runtime runtime({}, {.index_bytes = 8ULL << 20});
    LiveEngine greedy(of(runtime));
    LiveEngine modest(of(runtime));
    const Status refused = fill(greedy, 2000);
    EXPECT_EQ(refused.code(), Code::busy) << refused.text();
    // A quarter is kept for the others; a row counts a little more than what was asked for.
    EXPECT_LE(runtime.budgets()->index.used(), (6ULL << 20) + (256ULL << 10));
    EXPECT_TRUE(fill(modest, 50).ok());
    EXPECT_EQ(fill(greedy, 1).code(), Code::busy);
}

TEST_F(SharedBudgetTest, what_the_store_has_caught_up_with_is_given_back) {
    Runtime runtime({}, {.index_bytes = 8ULL << 20});
    LiveEngine greedy(of(runtime));
    LiveEngine other(of(runtime));
    EXPECT_EQ(fill(greedy, 2000).code(), Code::busy);
    ASSERT_TRUE(runtime.add(*greedy).ok());
    EXPECT_TRUE(live_to_store(greedy).ok());
    await([&] { return runtime.budgets()->index.used() < 1ULL << 20; });
    EXPECT_TRUE(fill(greedy, 50).ok());
    runtime.remove(*greedy);
}

TEST_F(SharedBudgetTest, an_engine_that_ends_leaves_nothing_behind) {
    Runtime runtime({}, {.index_bytes = 8ULL << 20});
    {
        LiveEngine brief(of(runtime));
        EXPECT_TRUE(fill(brief, 10).ok());
        EXPECT_GT(runtime.budgets()->index.used(), 0u);
        EXPECT_GT(runtime.budgets()->journal.used(), 0u);
    }
    EXPECT_EQ(runtime.budgets()->index.used(), 0u);
    EXPECT_EQ(runtime.budgets()->pending.used(), 0u);
    EXPECT_EQ(runtime.budgets()->journal.used(), 0u);
    EXPECT_EQ(runtime.budgets()->index.holders(), 0u);
}

TEST_F(SharedBudgetTest, journals_share_their_bytes_on_disk) {
    Runtime runtime({}, {.journal_bytes = 1ULL << 20});
    EngineOptions options = of(runtime);
    options.journal.file_bytes = 128 << 10;
    LiveEngine greedy(options);
    LiveEngine modest(options);
    const Status refused = fill(greedy, 200);
    EXPECT_EQ(refused.code(), Code::busy) << refused.text();
    EXPECT_LE(runtime.budgets()->journal.used(), 1ULL << 20);
    EXPECT_TRUE(fill(modest, 10).ok());
}

// Components that are not drained, and others whose world needs nothing: half is for each.
TEST_F(SharedBudgetTest, what_opening_finds_undrained_is_within_the_budget) {
    Runtime runtime({}, {.pending_bytes = 1ULL << 20});
    LiveEngine live(of(runtime));
    LiveEngine other(of(runtime));
    ASSERT_TRUE(live.drain().ok());
    for (std::int64_t value = 0; value < 40; ++value) {
        Change change = live.change();
        for (std::uint64_t id = 2; id < 4098; ++id) change.put("bodies", {Entity{id}, value});
        EXPECT_TRUE(live.commit(change).wait().ok());
    }
    live.crash();
    EXPECT_EQ(runtime.budgets()->pending.used(), 0u);
    ASSERT_TRUE(live.open().ok());
    EXPECT_GT(runtime.budgets()->pending.used(), 0u);
    EXPECT_LE(runtime.budgets()->pending.used(), 768ULL << 10);
    std::size_t rows = 0;
    ASSERT_TRUE(live->hydrate([&](const Batch& batch) -> Status {
                        rows += batch.rows();
                        return {};
                    })
                    .ok());
    EXPECT_EQ(rows, 40u * 4096) << "what was let go is read back";
    ASSERT_TRUE(live.drain().ok());
    EXPECT_EQ(runtime.budgets()->pending.used(), 0u);
}

// The program's mistakes.
class RuntimeDeathTest : public testing::Test {
protected:
    RuntimeDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    LiveEngine live_;
};

TEST_F(RuntimeDeathTest, it_outlives_its_engines) {
    EXPECT_DEATH(
        {
            Runtime runtime;
            static_cast<void>(runtime.add(*live_));
        },
        "places_.empty");
}

TEST_F(RuntimeDeathTest, an_engine_is_added_once_and_removed_once) {
    Runtime runtime;
    EXPECT_DEATH(runtime.remove(*live_), "places_.end");
    EXPECT_DEATH(
        {
            static_cast<void>(runtime.add(*live_));
            static_cast<void>(runtime.add(*live_));
        },
        "is_new");
}

TEST_F(RuntimeTest, many_threads_commit_to_worlds_that_come_and_go) {
    EXPECT_TRUE(runtime_.add(*live_).ok());
    std::atomic<bool> over{false};
    std::vector<std::thread> committers;
    for (std::int64_t thread = 0; thread < 4; ++thread) {
        committers.emplace_back([&, thread] {
            for (std::int64_t i = 0; i < 300; ++i) {
                Token saved = live_.commit(live_.change().put("counts", {thread, i}));
                if (i % 2 == 0) {
                    EXPECT_TRUE(saved.wait().ok());
                }
            }
        });
    }
    std::thread visitor([&] {
        while (!over) {
            LiveEngine brief;
            EXPECT_TRUE(runtime_.add(*brief).ok());
            put(brief, 1);
            runtime_.remove(*brief);
        }
    });
    for (std::thread& committer : committers) committer.join();
    over = true;
    visitor.join();
    runtime_.remove(*live_);
    EXPECT_TRUE(live_->close().ok());
    EXPECT_EQ(live_->health().accepted_lsn, live_->health().stored_lsn);
}

}  // namespace
}  // namespace perdure::engine
