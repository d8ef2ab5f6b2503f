// Relaxed rows of user tables: src/engine/relaxed.cc.
#include <gtest/gtest.h>

#include "engine/live_engine.h"

namespace perdure::engine {
namespace {

class RelaxedTest : public testing::Test {
protected:
    Token drift(std::uint64_t number, std::int64_t value, const CommitOptions& options = {}) {
        auto token = live_.put("drifts", {{"number", number}, {"value", value}}, options);
        EXPECT_TRUE(token.ok()) << token.status().text();
        return token.ok() ? *token : Token();
    }
    std::string find(std::uint64_t number) { return live_.find("drifts", {{"number", number}}); }
    std::string durable(std::uint64_t number) {
        return live_.find("drifts", {{"number", number}}, true);
    }
    void pass(std::uint64_t milliseconds) { live_.clock.advance_ns(milliseconds * 1'000'000); }
    void flush() {
        while (live_->step_journal()) {
        }
    }
    Code compare_and_set(std::uint64_t number, std::int64_t expected) {
        Staging staging(*live_, false);
        const Row row{{"number", number}, {"value", expected + 1}};
        EXPECT_TRUE(staging.put("drifts", row, if_equal({{"value", expected}})).ok());
        return staging.commit({}).status().code();
    }

    LiveEngine live_;
};

TEST_F(RelaxedTest, rows_wait_in_memory_for_their_interval) {
    EXPECT_TRUE(drift(1, 1).done());
    drift(1, 2);
    drift(2, 1);
    flush();
    EXPECT_EQ(find(1), "1 2");
    EXPECT_EQ(durable(1), "none");
    pass(999);
    live_->step_held();
    flush();
    EXPECT_EQ(durable(1), "none");
    pass(1);
    live_->step_held();
    flush();
    EXPECT_EQ(durable(1), "1 2");
    EXPECT_EQ(durable(2), "2 1");
    live_->step_held();
    EXPECT_FALSE(live_->step_journal()) << "nothing is held any more";
}

TEST_F(RelaxedTest, rows_that_are_due_go_with_the_next_change_set) {
    drift(1, 1);
    drift(2, 1);
    pass(1000);
    drift(1, 2);
    live_.commit(live_.change().put("names", {"ana", 1}));
    flush();
    EXPECT_EQ(durable(1), "1 2");
    EXPECT_EQ(durable(2), "2 1");
    EXPECT_EQ(live_.find("names", {{"name", "ana"}}, true), "ana 1");
}

TEST_F(RelaxedTest, rows_that_are_due_join_those_of_their_table_that_go_at_once) {
    drift(1, 1);
    drift(2, 1);
    pass(1000);
    drift(2, 2, {.level = Level::journal});
    flush();
    EXPECT_EQ(durable(1), "1 1");
    EXPECT_EQ(durable(2), "2 2");
}

TEST_F(RelaxedTest, a_row_that_goes_at_once_takes_the_place_of_one_that_waits) {
    drift(1, 1);
    drift(1, 2, {.level = Level::journal});
    flush();
    EXPECT_EQ(durable(1), "1 2");
    pass(1000);
    live_->step_held();
    flush();
    EXPECT_EQ(durable(1), "1 2");
}

TEST_F(RelaxedTest, an_erase_goes_at_once_and_takes_the_row_that_waits_with_it) {
    drift(1, 1);
    live_.commit(live_.change().erase("drifts", {1u}));
    EXPECT_EQ(find(1), "none");
    pass(1000);
    live_->step_held();
    flush();
    EXPECT_EQ(durable(1), "none");
}

TEST_F(RelaxedTest, rows_that_are_due_go_beside_an_erase_in_their_table) {
    drift(1, 1);
    drift(2, 1);
    pass(1000);
    live_.commit(live_.change().erase("drifts", {2u}));
    flush();
    EXPECT_EQ(durable(1), "1 1");
    EXPECT_EQ(durable(2), "none");
}

TEST_F(RelaxedTest, rows_of_several_tables_go_together) {
    TableBuilder waves("waves");
    waves.key<std::uint64_t>("number").column<std::int64_t>("value").category("slow");
    ASSERT_TRUE(live_->declare({waves.definition()}, Engine::Declaring::running).ok());
    drift(1, 1);
    ASSERT_TRUE(live_.put("waves", {{"number", 1u}, {"value", 2}}).ok());
    drift(2, 1);
    pass(1000);
    const Lsn before = live_->health().accepted_lsn;
    live_->step_held();
    flush();
    EXPECT_EQ(live_->health().accepted_lsn, before + 1);
    EXPECT_EQ(live_.find("waves", {{"number", 1u}}, true), "1 2");
    EXPECT_EQ(durable(1), "1 1");
    EXPECT_EQ(durable(2), "2 1");
}

TEST_F(RelaxedTest, appended_rows_do_not_wait) {
    TableBuilder tides("tides");
    tides.key<std::uint64_t>("at").category("slow").append_only();
    ASSERT_TRUE(live_->declare({tides.definition()}, Engine::Declaring::running).ok());
    const auto token = live_.try_commit(live_.change().put("tides", {1u}));
    ASSERT_TRUE(token.ok()) << token.status().text();
    flush();
    EXPECT_EQ(live_.find("tides", {{"at", 1u}}, true), "1");
}

TEST_F(RelaxedTest, conditions_see_the_row_that_waits) {
    drift(1, 1);
    EXPECT_EQ(compare_and_set(1, 7), Code::conflict);
    EXPECT_EQ(compare_and_set(1, 1), Code::ok);
    EXPECT_EQ(find(1), "1 2");
}

TEST_F(RelaxedTest, beyond_so_many_they_do_not_wait) {
    Staging many(*live_, false);
    for (std::uint64_t number = 0; number < 100'000; ++number) {
        ASSERT_TRUE(many.put("drifts", Row{{"number", number}, {"value", 1}}, {}).ok());
    }
    ASSERT_TRUE(many.commit({}).ok());
    flush();
    EXPECT_EQ(durable(5), "5 1") << "they went with the change set that brought them";
}

TEST_F(RelaxedTest, closing_writes_what_waits) {
    drift(1, 1);
    EXPECT_TRUE(live_->close().ok());
    ASSERT_TRUE(live_.open().ok());
    EXPECT_EQ(find(1), "1 1");
}

TEST_F(RelaxedTest, closing_a_world_whose_disk_fails_says_so) {
    drift(1, 1);
    live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_FALSE(live_->close().ok());
}

// The budget of the journal, filled while the store takes nothing.
class CrowdedJournal : public testing::Test {
protected:
    static EngineOptions options() {
        EngineOptions options;
        options.journal = {.file_bytes = 256 << 10, .bytes_max = 1 << 20, .files_ahead = 1};
        return options;
    }
    void hold(std::uint64_t rows) {
        Staging many(*live_, false);
        for (std::uint64_t number = 0; number < rows; ++number) {
            ASSERT_TRUE(many.put("drifts", Row{{"number", number}, {"value", 1}}, {}).ok());
        }
        ASSERT_TRUE(many.commit({}).ok());
    }
    // With rows of names, so large, until one more is refused.
    Code fill(std::size_t bytes) {
        while (true) {
            auto token =
                live_.try_commit(live_.change().put("names", {std::string(bytes, 'a'), 1}), {});
            if (!token) return token.status().code();
            EXPECT_TRUE(token->wait().ok());
        }
    }

    LiveEngine live_{options()};
};

TEST_F(CrowdedJournal, rows_that_are_due_wait_for_room_and_hold_up_nobody) {
    hold(2000);
    EXPECT_NE(fill(50'000), Code::ok);
    live_.clock.advance_ns(1'000'000'000);
    const Lsn before = live_->health().accepted_lsn;
    live_->step_held();
    EXPECT_EQ(live_->health().accepted_lsn, before) << "there is no room for them";
    EXPECT_TRUE(live_.try_commit(live_.change().put("names", {"ana", 1})).ok());
    EXPECT_EQ(live_.find("drifts", {{"number", 7u}}), "7 1");
    EXPECT_EQ(live_.find("drifts", {{"number", 7u}}, true), "none");
    EXPECT_FALSE(live_->close().ok()) << "they are lost, and it says so";
}

TEST_F(CrowdedJournal, commits_are_refused_until_the_store_has_taken_over) {
    EXPECT_NE(fill(50'000), Code::ok);
    EXPECT_GE(live_->health().refused_busy, 1u);
    EXPECT_GE(live_->health().prepare_waits, 1u);
    ASSERT_TRUE(live_.drain().ok());
    while (*live_->step_prepare()) {
    }
    EXPECT_TRUE(live_.try_commit(live_.change().put("names", {std::string(50'000, 'a'), 1})).ok());
}

TEST_F(CrowdedJournal, a_world_that_was_left_so_can_be_opened_and_written) {
    EXPECT_NE(fill(3'000), Code::ok);
    live_.crash();
    ASSERT_TRUE(live_.open().ok());
    EXPECT_TRUE(live_.try_commit(live_.change().put("names", {std::string(50'000, 'a'), 1})).ok());
}

// They would have waited in memory for as long as the journal was too small for them, and more and
// more of them with them.
TEST(RelaxedLimit, rows_that_find_no_room_are_refused_in_the_end) {
    EngineOptions options;
    options.journal.file_bytes = 1 << 20;
    options.journal.bytes_max = 2 << 20;
    options.journal.files_ahead = 1;
    LiveEngine live(options);
    auto put_thousand = [&, number = std::uint64_t{0}]() mutable {
        Staging staging(*live, false);
        for (int row = 0; row < 1000; ++row) {
            EXPECT_TRUE(staging.put("drifts", Row{{"number", number++}, {"value", 1}}, {}).ok());
        }
        return staging.commit({}).status();
    };
    Status refused;
    int taken = 0;
    for (; taken < 1000; ++taken) {
        refused = put_thousand();
        if (!refused.ok()) break;
        while (live->step_journal()) {
        }
    }
    EXPECT_EQ(taken, 200);  // twice as many as go out early
    EXPECT_EQ(refused.code(), Code::busy);
    EXPECT_NE(refused.message().find("relaxed rows"), std::string_view::npos) << refused.text();
    EXPECT_TRUE(live.put("names", {{"name", "ana"}}).ok()) << "others go on";
    Change others = live.change();
    others.erase("drifts", {5u}).put("bodies", {Entity{2}, 1}).put("events", {1u, 1});
    EXPECT_TRUE(live.try_commit(std::move(others)).ok()) << "these do not wait";
    EXPECT_EQ(live.find("drifts", {{"number", 5u}}), "none");
}

TEST(RelaxedLimit, their_bytes_are_limited_too) {
    EngineOptions options;
    options.journal = {.file_bytes = 1 << 20, .bytes_max = 2 << 20, .files_ahead = 1};
    options.held_bytes_max = 4 << 20;
    LiveEngine live(options);
    TableBuilder waves("waves");
    waves.key<std::uint64_t>("number").column<std::string>("text").category("slow");
    ASSERT_TRUE(live->declare({waves.definition()}, Engine::Declaring::running).ok());
    const std::string text(10'000, 'w');
    Status refused;
    std::uint64_t number = 0;
    while (refused.ok() && number < 2000) {
        Staging some(*live, false);
        for (int row = 0; row < 20; ++row) {
            ASSERT_TRUE(some.put("waves", Row{{"number", number++}, {"text", text}}, {}).ok());
        }
        refused = some.commit({}).status();
        while (live->step_journal()) {
        }
    }
    EXPECT_GT(number, 400u);
    EXPECT_LT(number, 1000u) << "twice as many as go out early, if there is room";
    EXPECT_EQ(refused.code(), Code::busy);
    EXPECT_NE(refused.message().find("relaxed rows"), std::string_view::npos) << refused.text();
}

}  // namespace
}  // namespace perdure::engine
