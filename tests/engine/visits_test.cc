// What the runtime's threads find when they visit an engine, and when they come again.
#include <chrono>
#include <optional>

#include <gtest/gtest.h>

#include "engine/live_engine.h"

namespace perdure::engine {
namespace {

// Its visits, by hand, until nobody wants to come again; how often its store's alarm rang
// meanwhile.
class VisitsTest : public testing::Test {
protected:
    VisitsTest() {
        live_->set_alarms([] {}, [this] { ++store_rings_; }, [] {});
    }
    ~VisitsTest() override { live_->set_alarms(nullptr, nullptr, nullptr); }

    void pass(std::uint64_t milliseconds) { live_.clock.advance_ns(milliseconds * 1'000'000); }
    void become_quiet() {
        while (live_->visit_journal().again || live_->visit_store().again) pass(60'000);
    }
    // Once, until there is nothing to do at once; when to come again.
    std::optional<std::chrono::milliseconds> visit_store() {
        while (true) {
            const Visit visit = live_->visit_store();
            if (!visit.more) return visit.again;
        }
    }

    LiveEngine live_;
    int store_rings_ = 0;
};

TEST_F(VisitsTest, reading_from_a_store_that_rests_calls_once_for_who_gives_its_memory_back) {
    become_quiet();
    store_rings_ = 0;
    EXPECT_EQ(live_.find("names", {{"name", "ana"}}), "none");
    EXPECT_EQ(live_.find("names", {{"name", "bob"}}), "none");
    EXPECT_EQ(store_rings_, 1);
    live_.store->cache = 5000;
    become_quiet();
    EXPECT_EQ(live_.store->cache, 0u);
}

TEST_F(VisitsTest, a_store_whose_checkpoint_is_held_up_does_not_rest) {
    live_.commit(live_.change().put("names", {"ana", 1}));
    EXPECT_TRUE(live_->step_journal());
    live_.store->checkpoint_is_held_up = true;
    for (int i = 0; i < 4; ++i) {
        pass(20'000);
        EXPECT_TRUE(visit_store());
    }
    EXPECT_LT(live_->health().safe_lsn, live_->health().accepted_lsn);
    live_.store->checkpoint_is_held_up = false;
    pass(20'000);
    become_quiet();
    EXPECT_EQ(live_->health().safe_lsn, live_->health().accepted_lsn);
}

TEST_F(VisitsTest, a_file_that_cannot_be_made_ahead_is_tried_again_later) {
    live_.files.inject({.kind = io::OperationKind::open, .from_then_on = true});
    const Visit failed = live_->visit_prepare();
    EXPECT_FALSE(failed.more);
    EXPECT_TRUE(failed.again);
    live_.files.clear_faults();
    while (live_->visit_prepare().more) {
    }
    EXPECT_FALSE(live_->visit_prepare().again);
}

TEST_F(VisitsTest, an_abandoned_world_is_left_alone) {
    live_.commit(live_.change().put("names", {"ana", 1}));
    live_->abandon();
    for (const Visit& visit :
         {live_->visit_journal(), live_->visit_store(), live_->visit_prepare()}) {
        EXPECT_FALSE(visit.more);
        EXPECT_FALSE(visit.again);
    }
}

}  // namespace
}  // namespace perdure::engine
