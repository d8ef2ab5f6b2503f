#include "engine/runtime.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "engine/live_engine.h"

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
    runtime_.add(*live_);
    const Token saved = put(live_, 1);
    await([&] { return saved.done(); });
    EXPECT_TRUE(saved.status().ok());
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, carries_to_the_store_what_someone_waits_for) {
    runtime_.add(*live_);
    const Token saved = put(live_, 1);
    EXPECT_TRUE(saved.wait(Level::stored).ok());
    EXPECT_GE(live_->health().stored_lsn, saved.lsn());
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, drains_when_the_interval_is_over) {
    runtime_.add(*live_);
    const Token saved = put(live_, 1);
    await([&] { return saved.done(); });
    live_.clock.advance_ns(1'000'000'000);
    await([&] { return live_->health().stored_lsn >= saved.lsn(); });
    await([&] { return live_->health().safe_lsn >= saved.lsn(); });
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, attests_when_the_world_is_idle) {
    runtime_.add(*live_);
    const Token saved = put(live_, 1);
    await([&] { return saved.done(); });
    const std::uint64_t groups = live_->health().journal_groups;
    live_.clock.advance_ns(5'000'000);
    await([&] { return live_->health().journal_groups > groups; });
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, prepares_journal_files_ahead) {
    runtime_.add(*live_);
    await([&] { return live_->health().journal_bytes >= 3 * (64ULL << 20); });
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, looks_after_many_worlds) {
    LiveEngine other;
    LiveEngine third;
    for (LiveEngine* live : {&live_, &other, &third}) runtime_.add(**live);
    for (LiveEngine* live : {&third, &live_, &other}) {
        EXPECT_TRUE(put(*live, 1).wait(Level::stored).ok());
    }
    for (LiveEngine* live : {&live_, &other, &third}) runtime_.remove(**live);
}

TEST_F(RuntimeTest, does_nothing_to_an_engine_that_was_removed) {
    LiveEngine other;
    runtime_.add(*live_);
    runtime_.add(*other);
    runtime_.remove(*live_);
    const Token saved = put(live_, 1);
    EXPECT_TRUE(put(other, 1).wait(Level::stored).ok());
    EXPECT_FALSE(saved.done());
    runtime_.remove(*other);
}

TEST_F(RuntimeTest, an_engine_may_be_added_again) {
    for (int i = 0; i < 20; ++i) {
        runtime_.add(*live_);
        EXPECT_TRUE(put(live_, i).wait(Level::stored).ok());
        runtime_.remove(*live_);
    }
}

TEST_F(RuntimeTest, one_world_that_stands_still_does_not_lose_the_others) {
    LiveEngine stuck;
    stuck.store->mood = Status(Code::no_space, "the disk is full");
    runtime_.add(*stuck);
    runtime_.add(*live_);
    put(stuck, 1);
    EXPECT_TRUE(put(live_, 1).wait(Level::stored).ok());
    runtime_.remove(*stuck);
    runtime_.remove(*live_);
}

TEST_F(RuntimeTest, many_threads_commit_to_worlds_that_come_and_go) {
    runtime_.add(*live_);
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
            runtime_.add(*brief);
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
