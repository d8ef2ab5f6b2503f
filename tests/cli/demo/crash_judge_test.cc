#include "cli/demo/crash_judge.h"

#include <gtest/gtest.h>

namespace perdure::cli::demo {
namespace {

// A world that was founded at tick 1 with 100 coins and 10 goods, and what a supervisor hears of
// it.
class CrashJudgeTest : public testing::Test {
protected:
    CrashJudgeTest() {
        recovers("0 d0 0 0");
        stages("1 d1 100 10");
        acknowledges(1);
    }

    void stages(const std::string& rest) { judge_.take("staged " + rest); }
    void acknowledges(int tick) { judge_.take("acknowledged " + std::to_string(tick)); }
    void recovers(const std::string& rest) {
        judge_.next_life();
        verdict_ = judge_.take("recovered " + rest);
    }
    [[nodiscard]] bool lost_nothing() const {
        return verdict_ && verdict_->losses.empty() && judge_.complaints().empty();
    }

    CrashJudge judge_;
    std::optional<Verdict> verdict_;
};

TEST_F(CrashJudgeTest, is_content_with_the_last_acknowledged_tick) {
    stages("2 d2 100 11");
    recovers("1 d1 100 10");
    EXPECT_TRUE(lost_nothing());
    EXPECT_EQ(verdict_->acknowledged, 1U);
    EXPECT_EQ(verdict_->staged, 2U);
}

TEST_F(CrashJudgeTest, is_content_with_a_tick_that_was_staged_and_not_yet_acknowledged) {
    stages("2 d2 100 11");
    recovers("2 d2 100 11");
    EXPECT_TRUE(lost_nothing());
}

TEST_F(CrashJudgeTest, notices_that_an_acknowledged_tick_is_gone) {
    stages("2 d2 100 11");
    acknowledges(2);
    recovers("1 d1 100 10");
    EXPECT_FALSE(verdict_->losses.empty());
    EXPECT_EQ(verdict_->ticks_lost, 1U);
}

TEST_F(CrashJudgeTest, notices_a_tick_that_nobody_staged) {
    recovers("2 d2 100 10");
    EXPECT_FALSE(verdict_->losses.empty());
}

TEST_F(CrashJudgeTest, notices_another_state_and_counts_coins_and_goods) {
    recovers("1 other 90 12");
    EXPECT_FALSE(verdict_->losses.empty());
    EXPECT_EQ(verdict_->coins_off, -10);
    EXPECT_EQ(verdict_->goods_off, 2);
}

TEST_F(CrashJudgeTest, holds_a_world_to_what_it_recovered) {
    stages("2 d2 100 11");
    recovers("2 d2 100 11");  // never acknowledged, but found: now it is promised
    recovers("1 d1 100 10");
    EXPECT_EQ(verdict_->ticks_lost, 1U);
}

TEST_F(CrashJudgeTest, notices_a_tick_that_is_another_the_second_time) {
    stages("2 d2 100 11");
    recovers("1 d1 100 10");
    stages("2 different 100 11");
    EXPECT_FALSE(judge_.complaints().empty());
}

TEST_F(CrashJudgeTest, lets_a_world_be_founded_anew_with_other_ids_if_its_founding_was_lost) {
    CrashJudge newborn;
    newborn.take("recovered 0 d0 0 0");
    newborn.take("staged 1 d1 100 10");
    newborn.next_life();
    const auto verdict = newborn.take("recovered 0 d0 0 0");
    ASSERT_TRUE(verdict.has_value());
    EXPECT_TRUE(verdict->losses.empty());
    newborn.take("staged 1 other 100 10");
    EXPECT_TRUE(newborn.complaints().empty());
    newborn.take("acknowledged 1");
    newborn.next_life();
    EXPECT_EQ(newborn.take("recovered 0 d0 0 0")->ticks_lost, 1U);
}

TEST_F(CrashJudgeTest, does_not_take_an_earlier_life_s_staging_for_this_one_s) {
    stages("2 d2 100 11");
    recovers("1 d1 100 10");
    recovers("2 d2 100 11");
    EXPECT_FALSE(verdict_->losses.empty());
}

TEST_F(CrashJudgeTest, passes_on_faults_and_lines_that_make_no_sense) {
    judge_.take("fault coins: 99 in purses");
    judge_.take("staged nonsense");
    judge_.take("");
    ASSERT_EQ(judge_.complaints().size(), 3U);
    EXPECT_EQ(judge_.complaints().front(), "coins: 99 in purses");
}

}  // namespace
}  // namespace perdure::cli::demo
