// The commit path: ticks, levels, limits. What programs see of it is tested in tests/world.
#include <gtest/gtest.h>

#include "engine/live_engine.h"

namespace perdure::engine {
namespace {

class CommitTest : public testing::Test {
protected:
    explicit CommitTest(EngineOptions options = {}) : live_(std::move(options)) {}

    static Row name(const char* name) { return {{"name", name}}; }
    // A tick of one row of "names", and of one that a domain captured.
    Result<Token> end(std::optional<std::uint64_t> number, std::int64_t value) {
        Staging tick(*live_, true);
        EXPECT_TRUE(tick.put("names", Row{{"name", "ana"}, {"value", value}}, {}).ok());
        return live_.end(tick, live_.change().put("bodies", {Entity{2}, value}), {.tick = number});
    }
    Code end_code(std::optional<std::uint64_t> number, std::int64_t value) {
        return end(number, value).status().code();
    }

    LiveEngine live_;
};

TEST_F(CommitTest, ticks_are_numbered_and_only_go_forward) {
    EXPECT_EQ(live_->last_tick(), std::nullopt);
    EXPECT_EQ(end({}, 1)->tick(), 1u);
    EXPECT_EQ(end({}, 1)->tick(), 2u);
    EXPECT_EQ(end(50, 1)->tick(), 50u);
    EXPECT_EQ(end_code(49, 1), Code::invalid);
    EXPECT_EQ(live_->last_tick(), 50u);
    EXPECT_EQ(live_->health().tick, 50u);
}

TEST_F(CommitTest, the_last_tick_again_is_the_same_wherever_its_rows_are) {
    const Token first = *end(7, 1);
    EXPECT_EQ(end(7, 1)->lsn(), first.lsn()) << "in pending";
    EXPECT_EQ(end_code(7, 2), Code::conflict);
    ASSERT_TRUE(first.wait().ok());
    ASSERT_TRUE(live_.drain().ok());
    EXPECT_EQ(end(7, 1)->lsn(), first.lsn()) << "in the store";
    EXPECT_EQ(end_code(7, 2), Code::conflict);
    EXPECT_EQ(live_->health().accepted_lsn, first.lsn()) << "nothing was accepted twice";
}

TEST_F(CommitTest, the_last_tick_again_is_known_after_a_crash) {
    ASSERT_TRUE(end(7, 1)->wait().ok());
    live_.crash();
    ASSERT_TRUE(live_.open().ok());
    EXPECT_EQ(live_->last_tick(), 7u);
    EXPECT_EQ(end_code(7, 2), Code::conflict);
    EXPECT_EQ(end_code(7, 1), Code::ok);
    EXPECT_EQ(end_code(6, 1), Code::invalid);
}

TEST_F(CommitTest, rows_that_are_no_content_of_the_last_tick_go_in_by_themselves) {
    const Token first = *end(7, 1);
    const auto again = [&] {
        Staging tick(*live_, true);
        EXPECT_TRUE(tick.put("names", Row{{"name", "ana"}, {"value", 1}}, {}).ok());
        EXPECT_TRUE(tick.put("drifts", Row{{"number", 1u}, {"value", 5}}, {}).ok());
        return live_.end(tick, live_.change().put("bodies", {Entity{2}, 1}),
                         {.tick = 7, .level = Level::journal});
    };
    const auto token = again();
    ASSERT_TRUE(token.ok()) << token.status().text();
    EXPECT_GT(token->lsn(), first.lsn());
    EXPECT_EQ(token->tick(), 7u);
    EXPECT_EQ(live_.find("drifts", {{"number", 1u}}), "1 5");
    live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_EQ(token->wait().code(), Code::unknown);
    EXPECT_EQ(again().status().code(), Code::read_only);
}

// Reserved ids are as we need them, whatever the program does again.
TEST_F(CommitTest, rows_of_ours_are_no_content_of_a_tick_and_stay_as_they_are) {
    TableBuilder ours("_ours");
    ours.key<std::uint64_t>("number").column<std::int64_t>("value");
    ASSERT_TRUE(live_->declare({ours.definition()}, Engine::Declaring::running).ok());
    const auto end_with = [&](std::int64_t value) {
        Staging tick(*live_, true);
        EXPECT_TRUE(tick.put("names", Row{{"name", "ana"}, {"value", 1}}, {}).ok());
        return live_.end(tick, live_.change().put("_ours", {1u, value}), {.tick = 7});
    };
    const Token first = *end_with(1);
    const auto again = end_with(2);
    ASSERT_TRUE(again.ok()) << again.status().text();
    EXPECT_EQ(again->lsn(), first.lsn());
    ASSERT_TRUE(again->wait(Level::stored).ok());
    const auto snapshot = live_->store().snapshot();
    EXPECT_EQ(rows_of(*(*snapshot)->scan(*live_->catalog().find("_ours"), nullptr, 0, 10)),
              Rows{"1 1"});
}

class SmallCommit : public CommitTest {
protected:
    static EngineOptions options() {
        EngineOptions options;
        options.pending = {.resident_bytes_max = 0, .index_bytes_max = 200'000};
        options.row_bytes_max = 10'000;
        return options;
    }
    SmallCommit() : CommitTest(options()) {}

    [[nodiscard]] Change large() const {
        Change change = live_.change();
        for (std::uint64_t number = 0; number < 500; ++number) change.put("numbers", {number, 1});
        return change;
    }
    Code fill_index() {
        auto token = live_.try_commit(large());
        while (token) {
            EXPECT_TRUE(token->wait().ok());
            token = live_.try_commit(large());
        }
        return token.status().code();
    }
};

TEST_F(SmallCommit, the_last_tick_again_is_read_back_from_the_journal) {
    ASSERT_TRUE(end(7, 1)->wait().ok());
    live_.commit(live_.change().put("bodies", {Entity{2}, 2}));  // over the limit: it is let go
    EXPECT_EQ(end_code(7, 1), Code::ok);
    EXPECT_EQ(end_code(7, 2), Code::conflict);
    live_.files.inject({.kind = io::OperationKind::read, .from_then_on = true});
    EXPECT_EQ(end_code(7, 1), Code::io);
}

TEST_F(SmallCommit, the_last_tick_again_is_found_among_others_of_its_group) {
    const Token before = live_.commit(live_.change().put("bodies", {Entity{3}, 1}));
    const Token tick = *end(7, 1);
    ASSERT_TRUE(tick.wait().ok());
    ASSERT_EQ(live_->health().journal_groups, 2u) << "the tables, and then these two";
    live_.commit(live_.change().put("bodies", {Entity{2}, 2}));  // over the limit: they are let go
    EXPECT_EQ(end(7, 1)->lsn(), tick.lsn());
    EXPECT_EQ(end_code(7, 2), Code::conflict);
}

TEST_F(SmallCommit, is_refused_while_the_index_is_full) {
    ASSERT_TRUE(end(7, 1).ok());
    EXPECT_EQ(fill_index(), Code::busy);
    Staging tick(*live_, true);
    ASSERT_TRUE(tick.put("names", Row{{"name", "ana"}, {"value", 1}}, {}).ok());
    ASSERT_TRUE(tick.put("drifts", Row{{"number", 1u}, {"value", 5}}, {}).ok());
    EXPECT_EQ(
        live_.end(tick, live_.change().put("bodies", {Entity{2}, 1}), {.tick = 7}).status().code(),
        Code::busy)
        << "nor is there room for what the last tick brings when it comes again";
    EXPECT_TRUE(live_.try_commit(live_.change().put("bodies", {Entity{2}, 1})).ok())
        << "what is not indexed has room";
    ASSERT_TRUE(live_.drain().ok());
    EXPECT_TRUE(live_.try_commit(large()).ok());
}

TEST_F(SmallCommit, a_row_is_measured_in_every_table) {
    const std::string large(20'000, 'a');
    EXPECT_EQ(live_.try_commit(live_.change().put("names", {large, 1})).status().code(),
              Code::invalid);
    Change change = live_.change();
    for (std::uint64_t number = 0; number < 1000; ++number) change.put("glows", {number, 1});
    EXPECT_TRUE(live_.try_commit(std::move(change)).ok()) << "rows, not batches";
}

TEST_F(CommitTest, the_strongest_level_of_a_change_set_is_its_tokens) {
    const auto level = [&](Change& change, const CommitOptions& how = {}) {
        return live_.try_commit(change, how)->level();
    };
    EXPECT_EQ(level(live_.change().put("glows", {1u, 1})), Level::ephemeral);
    EXPECT_EQ(live_.put("drifts", {{"number", 1u}, {"value", 1}})->level(), Level::relaxed);
    EXPECT_EQ(level(live_.change().put("names", {"ana", 1})), Level::journal);
    EXPECT_EQ(level(live_.change().put("glows", {1u, 1}).put("names", {"ana", 1})), Level::journal);
    EXPECT_EQ(level(live_.change().put("drifts", {1u, 1}), {.level = Level::stored}),
              Level::stored);
}

TEST_F(CommitTest, ephemeral_rows_are_gone_after_a_crash_and_the_others_are_not) {
    Change both = live_.change();
    both.put("glows", {1u, 5}).put("names", {"ana", 1});
    ASSERT_TRUE(live_.commit(both).wait().ok());
    EXPECT_EQ(live_.find("glows", {{"number", 1u}}), "1 5");
    ASSERT_TRUE(live_.drain().ok());
    live_.crash();
    ASSERT_TRUE(live_.open().ok());
    EXPECT_EQ(live_.find("glows", {{"number", 1u}}), "none");
    EXPECT_EQ(live_.find("names", name("ana")), "ana 1");
}

TEST_F(CommitTest, a_closed_world_accepts_nothing_and_may_be_closed_again) {
    EXPECT_TRUE(live_->close().ok());
    EXPECT_TRUE(live_->close().ok());
    EXPECT_EQ(live_.try_commit(live_.change().put("names", {"ana", 1})).status().code(),
              Code::read_only);
}

}  // namespace
}  // namespace perdure::engine
