// Progress and the tokens that share it: src/engine/progress.cc.
#include "engine/progress.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "perdure/token.h"

namespace perdure::engine {
namespace {

// An engine of one line: when asked to help, it does what the test says.
class ProgressTest : public testing::Test, public Helper {
protected:
    Token token(Lsn lsn, Level level = Level::journal) { return {progress_, lsn, level, {}}; }
    // Leaves a callback that writes down `name` and how it went.
    void then(const Token& token, const std::string& name) {
        token.then([this, name](const Status& status) {
            called_.push_back(name + " " + std::string(code_name(status.code())));
        });
    }
    void fail() { progress_->fail(Status(Code::io, "the disk is gone")); }

    std::function<void(Lsn, Level)> on_help_ = [](Lsn, Level) {};
    std::shared_ptr<Progress> progress_ = std::make_shared<Progress>(*this);
    std::vector<std::string> called_;

    void help(Lsn lsn, Level level) override { on_help_(lsn, level); }
};

using Calls = std::vector<std::string>;

TEST_F(ProgressTest, a_token_of_nothing_is_complete) {
    const Token nothing;
    EXPECT_TRUE(nothing.done());
    EXPECT_TRUE(nothing.status().ok());
    EXPECT_TRUE(nothing.wait().ok());
    EXPECT_TRUE(nothing.wait(Level::stored).ok());
    nothing.then([](const Status&) { FAIL() << "nobody polls for it"; });
}

TEST_F(ProgressTest, a_token_says_in_words_where_its_change_set_is) {
    EXPECT_EQ(to_text(Token()), "of nothing: done");
    EXPECT_EQ(to_text(token(5)), "LSN 5, level journal: under way");
    EXPECT_EQ(to_text(Token(progress_, 5, Level::relaxed, 3)),
              "LSN 5, tick 3, level relaxed: done");
    progress_->reached_journal(5);
    EXPECT_EQ(to_text(token(5)), "LSN 5, level journal: done");
    fail();
    EXPECT_EQ(to_text(token(6)),
              "LSN 6, level journal: unknown: change set 6: the disk is gone; the next open of the "
              "world decides");
}

TEST_F(ProgressTest, a_token_is_done_once_its_lsn_reaches_its_level) {
    const Token saved = token(5);
    EXPECT_FALSE(saved.done());
    EXPECT_EQ(saved.status().code(), Code::busy);
    progress_->reached_journal(4);
    EXPECT_FALSE(saved.done());
    progress_->reached_journal(5);
    EXPECT_TRUE(saved.done());
    EXPECT_TRUE(saved.status().ok());
}

TEST_F(ProgressTest, each_level_is_reached_by_itself) {
    EXPECT_TRUE(token(5, Level::ephemeral).done());
    EXPECT_TRUE(token(5, Level::relaxed).done());
    progress_->reached_journal(5);
    EXPECT_TRUE(token(5, Level::journal).done());
    EXPECT_FALSE(token(5, Level::stored).done());
    progress_->reached_store(5);
    EXPECT_TRUE(token(5, Level::stored).done());
}

TEST_F(ProgressTest, waiting_asks_the_engine_for_help) {
    on_help_ = [this](Lsn lsn, Level level) {
        EXPECT_EQ(lsn, 5u);
        EXPECT_EQ(level, Level::journal);
        progress_->reached_journal(lsn);
    };
    EXPECT_TRUE(token(5).wait().ok());
}

TEST_F(ProgressTest, waiting_for_what_is_reached_asks_nobody) {
    on_help_ = [](Lsn, Level) { FAIL() << "nobody needs help"; };
    progress_->reached_journal(5);
    EXPECT_TRUE(token(5).wait().ok());
    EXPECT_TRUE(token(6, Level::relaxed).wait().ok());
}

TEST_F(ProgressTest, one_may_wait_for_another_level_than_the_tokens_own) {
    on_help_ = [this](Lsn lsn, Level level) {
        if (level == Level::stored) progress_->reached_store(lsn);
    };
    EXPECT_TRUE(token(5).wait(Level::ephemeral).ok());
    EXPECT_TRUE(token(5).wait(Level::stored).ok());
    EXPECT_EQ(token(5).wait().code(), Code::unknown) << "help did not bring it there";
    EXPECT_EQ(token(5).status().code(), Code::busy) << "it is still on its way";
}

TEST_F(ProgressTest, after_a_failure_what_was_not_reached_is_unknown) {
    progress_->reached_journal(4);
    fail();
    EXPECT_TRUE(token(4).status().ok());
    EXPECT_TRUE(token(5).done());
    EXPECT_EQ(token(5).status().code(), Code::unknown);
    EXPECT_EQ(token(5).wait().code(), Code::unknown);
    EXPECT_NE(token(5).status().message().find("the disk is gone"), std::string::npos);
    EXPECT_TRUE(token(5, Level::relaxed).status().ok());
}

TEST_F(ProgressTest, the_first_failure_is_the_one_that_is_told) {
    fail();
    progress_->fail(Status(Code::io, "something else"));
    EXPECT_EQ(progress_->failure().message(), "the disk is gone");
}

TEST_F(ProgressTest, a_failure_while_waiting_ends_the_wait) {
    on_help_ = [this](Lsn, Level) { fail(); };
    EXPECT_EQ(token(5).wait().code(), Code::unknown);
}

TEST_F(ProgressTest, callbacks_run_in_poll_and_nowhere_else) {
    then(token(5), "five");
    EXPECT_EQ(progress_->poll(), 0u);
    progress_->reached_journal(5);
    EXPECT_EQ(called_, Calls{});
    EXPECT_EQ(progress_->poll(), 1u);
    EXPECT_EQ(called_, Calls{"five ok"});
    EXPECT_EQ(progress_->poll(), 0u) << "once";
}

TEST_F(ProgressTest, callbacks_run_in_the_order_of_their_change_sets) {
    then(token(7), "seven");
    then(token(5), "five");
    then(token(6), "six");
    then(token(5), "five again");
    progress_->reached_journal(6);
    progress_->poll();
    EXPECT_EQ(called_, (Calls{"five ok", "five again ok", "six ok"}));
    progress_->reached_journal(7);
    progress_->poll();
    EXPECT_EQ(called_.back(), "seven ok");
}

TEST_F(ProgressTest, a_callback_on_what_is_done_already_runs_in_the_next_poll) {
    progress_->reached_journal(5);
    then(token(5), "five");
    EXPECT_EQ(called_, Calls{});
    EXPECT_EQ(progress_->poll(), 1u);
    then(token(5), "five again");
    EXPECT_EQ(progress_->poll(), 1u);
}

TEST_F(ProgressTest, a_callback_on_a_token_of_nothing_runs_in_the_next_poll) {
    then(token(0), "nothing");
    EXPECT_EQ(progress_->poll(), 1u);
}

TEST_F(ProgressTest, a_weak_level_does_not_wait_for_stronger_ones_before_it) {
    then(token(5, Level::journal), "five");
    then(token(6, Level::relaxed), "six");
    EXPECT_EQ(progress_->poll(), 1u);
    EXPECT_EQ(called_, Calls{"six ok"});
}

TEST_F(ProgressTest, what_waits_for_the_store_does_not_hold_up_others) {
    then(token(5, Level::stored), "five");
    then(token(6, Level::journal), "six");
    progress_->reached_journal(6);
    progress_->poll();
    EXPECT_EQ(called_, Calls{"six ok"});
    progress_->reached_store(6);
    progress_->poll();
    EXPECT_EQ(called_, (Calls{"six ok", "five ok"}));
}

TEST_F(ProgressTest, a_failure_is_told_to_every_callback_that_waits) {
    then(token(4), "four");
    then(token(5), "five");
    then(token(6, Level::stored), "six");
    progress_->reached_journal(4);
    fail();
    EXPECT_EQ(progress_->poll(), 3u);
    EXPECT_EQ(called_, (Calls{"four ok", "five unknown", "six unknown"}));
}

TEST_F(ProgressTest, a_callback_may_leave_another_one) {
    progress_->reached_journal(5);
    token(5).then([this](const Status&) { then(token(5), "second"); });
    EXPECT_EQ(progress_->poll(), 1u);
    EXPECT_EQ(progress_->poll(), 1u);
    EXPECT_EQ(called_, Calls{"second ok"});
}

TEST_F(ProgressTest, tokens_outlive_the_engine) {
    progress_->reached_journal(5);
    progress_->detach();
    on_help_ = [](Lsn, Level) { FAIL() << "there is no engine any more"; };
    EXPECT_TRUE(token(5).wait().ok());
    EXPECT_EQ(token(6).wait().code(), Code::unknown);
    EXPECT_EQ(token(5).wait(Level::stored).code(), Code::unknown);
}

// "It then answers `unknown` unless it had completed", whichever way it is asked.
TEST_F(ProgressTest, after_the_engine_is_gone_nothing_is_on_its_way) {
    progress_->reached_journal(5);
    progress_->detach();
    EXPECT_TRUE(token(5).status().ok());
    EXPECT_EQ(token(6).status().code(), Code::unknown);
    EXPECT_TRUE(token(6).done());
}

TEST_F(ProgressTest, the_engine_does_not_go_while_someone_is_inside) {
    std::atomic<bool> inside{false};
    std::atomic<bool> go{false};
    on_help_ = [&](Lsn lsn, Level) {
        inside = true;
        inside.notify_all();
        go.wait(false);
        progress_->reached_journal(lsn);
    };
    std::thread waiter([&] { EXPECT_TRUE(token(5).wait().ok()); });
    inside.wait(false);
    std::atomic<bool> gone{false};
    std::thread owner([&] {
        progress_->detach();
        EXPECT_TRUE(progress_->reached(5, Level::journal)) << "the helper came to its end first";
        gone = true;
    });
    EXPECT_FALSE(gone);
    go = true;
    go.notify_all();
    waiter.join();
    owner.join();
    EXPECT_TRUE(gone);
}

TEST_F(ProgressTest, knows_what_a_token_was_given_for) {
    const Token saved(progress_, 5, Level::stored, 17);
    EXPECT_EQ(saved.lsn(), 5u);
    EXPECT_EQ(saved.level(), Level::stored);
    EXPECT_EQ(saved.tick(), 17u);
    EXPECT_EQ(token(5).tick(), std::nullopt);
}

TEST_F(ProgressTest, takes_callbacks_from_many_threads_while_it_is_polled) {
    constexpr int threads = 4;
    constexpr Lsn each = 2000;
    std::atomic<int> calls{0};
    std::vector<std::thread> committers;
    for (int thread = 0; thread < threads; ++thread) {
        committers.emplace_back([&] {
            for (Lsn lsn = 1; lsn <= each; ++lsn) {
                token(lsn).then([&](const Status& status) { calls += status.ok() ? 1 : 0; });
            }
        });
    }
    for (Lsn lsn = 1; lsn <= each; ++lsn) {
        progress_->reached_journal(lsn);
        progress_->poll();
    }
    for (std::thread& committer : committers) committer.join();
    progress_->poll();
    EXPECT_EQ(calls, threads * static_cast<int>(each));
}

}  // namespace
}  // namespace perdure::engine
