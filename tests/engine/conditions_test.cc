// What a commit depends on, beside others that commit: src/engine/conditions.cc.
#include <gtest/gtest.h>

#include "engine/live_engine.h"

namespace perdure::engine {
namespace {

class ConditionsTest : public testing::Test {
protected:
    static Row at(std::uint64_t at) { return {{"at", at}}; }
    static Row name(std::int64_t value) { return {{"name", "ana"}, {"value", value}}; }
    Status put(std::int64_t value, const Condition& condition = {}) {
        Staging staging(*live_, false);
        PERDURE_TRY(staging.put("names", name(value), condition));
        return staging.commit({.wait = true}).status();
    }
    Code append(std::uint64_t key) {
        Staging staging(*live_, false);
        EXPECT_TRUE(staging.append("events", at(key)).ok());
        return staging.commit({.wait = true}).status().code();
    }
    void drain() { ASSERT_TRUE(live_.drain().ok()); }

    LiveEngine live_;
};

TEST_F(ConditionsTest, are_judged_against_what_is_pending_first) {
    EXPECT_TRUE(put(1).ok());
    EXPECT_EQ(put(2, if_absent()).code(), Code::conflict);
    EXPECT_TRUE(put(2, if_equal({{"value", 1}})).ok());
    live_.commit(live_.change().erase("names", {"ana"}));
    EXPECT_EQ(put(3, if_present()).code(), Code::conflict);
    EXPECT_TRUE(put(3, if_absent()).ok());
}

TEST_F(ConditionsTest, are_judged_against_the_store_if_nothing_is_pending) {
    EXPECT_TRUE(put(1, if_absent()).ok());
    drain();
    EXPECT_EQ(put(2, if_absent()).code(), Code::conflict);
    EXPECT_TRUE(put(2, if_equal({{"value", 1}})).ok());
}

TEST_F(ConditionsTest, a_key_that_a_tick_has_judged_is_the_ticks_until_it_ends) {
    Staging tick(*live_, true);
    EXPECT_TRUE(put(1).ok());
    ASSERT_TRUE(tick.put("names", name(2), if_equal({{"value", 1}})).ok());
    ASSERT_TRUE(tick.append("events", at(5)).ok());
    EXPECT_EQ(put(3).code(), Code::conflict) << "without a condition, too";
    EXPECT_EQ(put(3, if_present()).code(), Code::conflict);
    EXPECT_EQ(append(5), Code::conflict);
    EXPECT_EQ(append(6), Code::ok) << "others are anyone's";
    ASSERT_TRUE(live_.end(tick, {.wait = true}).ok());
    EXPECT_TRUE(put(3).ok());
}

TEST_F(ConditionsTest, a_key_that_was_beyond_all_is_looked_for_once_it_is_not) {
    Staging first(*live_, false);
    Staging second(*live_, false);
    Staging third(*live_, false);
    Staging fourth(*live_, false);
    ASSERT_TRUE(first.append("events", at(5)).ok());
    ASSERT_TRUE(second.append("events", at(5)).ok());
    ASSERT_TRUE(third.append("events", at(4)).ok());
    ASSERT_TRUE(fourth.append("events", at(5)).ok());
    EXPECT_TRUE(first.commit({.wait = true}).ok());
    EXPECT_EQ(second.commit({}).status().code(), Code::conflict) << "it is pending";
    EXPECT_TRUE(third.commit({.wait = true}).ok()) << "pending has all that came since";
    drain();
    EXPECT_EQ(second.commit({}).status().code(), Code::conflict) << "it is in the store";
    live_.store->calls.fails = live_.store->calls.made + 1;
    EXPECT_EQ(fourth.commit({}).status().code(), Code::io);
}

TEST_F(ConditionsTest, a_key_below_others_that_came_and_went_is_new_all_the_same) {
    Staging late(*live_, false);
    ASSERT_TRUE(late.append("events", at(5)).ok());
    EXPECT_EQ(append(7), Code::ok);
    drain();
    EXPECT_TRUE(late.commit({.wait = true}).ok());
    EXPECT_EQ(append(5), Code::conflict);
}

TEST_F(ConditionsTest, the_greatest_key_is_known_after_a_crash) {
    EXPECT_EQ(append(5), Code::ok);
    drain();
    EXPECT_EQ(append(7), Code::ok);
    live_.crash();
    ASSERT_TRUE(live_.open().ok());
    EXPECT_EQ(append(7), Code::conflict);
    EXPECT_EQ(append(5), Code::conflict);
    EXPECT_EQ(append(6), Code::ok);
    EXPECT_EQ(append(8), Code::ok);
}

TEST_F(ConditionsTest, a_store_that_cannot_be_read_refuses_the_commit) {
    for (const std::uint64_t call : {1U, 2U}) {  // the snapshot, and the look into it
        live_.store->calls.fails = live_.store->calls.made + call;
        EXPECT_EQ(put(1, if_absent()).code(), Code::io);
    }
    EXPECT_TRUE(put(1, if_absent()).ok());
}

}  // namespace
}  // namespace perdure::engine
