#include "perdure/snapshot.h"

#include <gtest/gtest.h>

#include "engine/live_engine.h"

namespace perdure::engine {
namespace {

class SnapshotTest : public testing::Test {
protected:
    Snapshot snapshot(bool durable_only = false) { return Snapshot(*live_->view(durable_only)); }
    static Row name(const char* name) { return {{"name", name}}; }

    LiveEngine live_;
};

TEST_F(SnapshotTest, shows_a_row_by_the_names_of_its_columns) {
    live_.commit(live_.change().put("names", {"ana", 7}));
    Snapshot now = snapshot();
    const auto found = now.find("names", name("ana"));
    ASSERT_TRUE(found.ok() && *found);
    EXPECT_EQ((**found)["value"], Value(7));
    EXPECT_TRUE((**found)["nothing"].is_null());
    EXPECT_FALSE(*now.find("names", name("bob")));
    EXPECT_EQ(now.scan("names")->rows(), 1u);
}

TEST_F(SnapshotTest, stands_at_what_was_accepted_or_durable_when_it_was_taken) {
    const Token saved = live_.commit(live_.change().put("names", {"ana", 7}));
    EXPECT_EQ(snapshot().lsn(), saved.lsn());
    EXPECT_EQ(snapshot(true).lsn(), saved.lsn() - 1);
}

TEST_F(SnapshotTest, refuses_tables_and_keys_that_are_none) {
    Snapshot now = snapshot();
    EXPECT_EQ(now.find("nothing", name("ana")).status().code(), Code::not_found);
    EXPECT_EQ(now.scan("nothing").status().code(), Code::not_found);
    EXPECT_EQ(now.find("names", {{"value", 1}}).status().code(), Code::invalid);
    EXPECT_EQ(now.scan("names", nullptr, 0).status().code(), Code::invalid);
}

TEST_F(SnapshotTest, passes_on_what_the_store_says) {
    Snapshot now = snapshot();
    const auto next_call_fails = [&] { live_.store->calls.fails = live_.store->calls.made + 1; };
    next_call_fails();
    EXPECT_EQ(now.find("names", name("ana")).status().code(), Code::io);
    next_call_fails();
    EXPECT_EQ(now.scan("names").status().code(), Code::io);
    next_call_fails();
    EXPECT_EQ(live_->view(false).status().code(), Code::io);
}

TEST_F(SnapshotTest, an_old_one_has_expired_for_rows_that_wait_in_memory_too) {
    ASSERT_TRUE(live_.put("drifts", {{"number", 1u}, {"value", 7}}).ok());
    Snapshot old = snapshot();
    EXPECT_TRUE(old.find("drifts", {{"number", 1u}}).ok());
    live_.clock.advance_ns(store::snapshot_age_ns_max + 1);
    EXPECT_EQ(old.find("drifts", {{"number", 1u}}).status().code(), Code::expired);
    EXPECT_EQ(old.find("names", name("ana")).status().code(), Code::expired);
    EXPECT_EQ(old.scan("names").status().code(), Code::expired);
}

}  // namespace
}  // namespace perdure::engine
