// Conditions that are judged while what they were read from moves on.
#include <array>
#include <utility>

#include "engine/engine_test.h"
#include "engine/staging.h"

namespace perdure::engine {
namespace {

// A store that moves on whenever a commit has read what its conditions need.
class RestlessStore : public EngineTest {
protected:
    // Others commit, the drain carries it away, pending lets go, just after a snapshot was taken.
    void move_on(int times) {
        live_.store->on_snapshot = [this, times]() mutable {
            if (times-- <= 0 || moving_) return;
            moving_ = true;
            live_.clock.advance_ns(1'000'000'000);
            EXPECT_TRUE(put(++value_).wait().ok());
            while (step_store()) {
            }
            moving_ = false;
        };
    }
    Status compare_and_set(std::int64_t expected) {
        Staging staging(*live_, false);
        const std::array<Cell, 2> row{{{"name", "ana"}, {"value", 100}}};
        const Status staged = staging.put("names", row, if_equal({{"value", expected}}));
        EXPECT_TRUE(staged.ok()) << staged.text();
        return staging.commit({.wait = true}).status();
    }

private:
    std::int64_t value_ = 1;
    bool moving_ = false;
};

TEST_F(RestlessStore, a_condition_is_read_again_until_it_can_be_judged) {
    EXPECT_TRUE(put(1).wait(Level::stored).ok());
    while (step_store()) {
    }
    move_on(3);
    EXPECT_EQ(compare_and_set(1).code(), Code::conflict) << "it was 1 when it was read first";
    move_on(3);
    EXPECT_TRUE(compare_and_set(7).ok());
    EXPECT_EQ(stored(), Rows{"ana 7"});
}

TEST_F(RestlessStore, a_condition_that_can_never_be_judged_is_busy_in_the_end) {
    EXPECT_TRUE(put(1).wait(Level::stored).ok());
    while (step_store()) {
    }
    move_on(1000);
    EXPECT_EQ(compare_and_set(1).code(), Code::busy);
    EXPECT_EQ(live_->health().refused_busy, 1u);
}

TEST_F(RestlessStore, a_condition_is_read_again_when_a_change_set_is_half_released) {
    EXPECT_TRUE(put(1).wait(Level::stored).ok());
    while (step_store()) {
    }
    live_.store->on_snapshot = [this] {
        live_.store->on_snapshot = nullptr;
        Change large = live_.change();
        large.put("names", {"ana", 2});
        for (int number = 0; number < 1000; ++number) {
            large.put("names", {"z" + std::to_string(number), 1});
        }
        EXPECT_TRUE(live_.commit(large).wait().ok());
        live_.clock.advance_ns(1'000'000'000);
        EXPECT_TRUE(step_store()) << "drains";
        EXPECT_TRUE(step_store()) << "releases a piece, and there is more";
    };
    EXPECT_EQ(compare_and_set(1).code(), Code::conflict) << "it is 2, and in the store by now";
}

TEST_F(RestlessStore, a_commit_in_whose_middle_the_disk_fails_is_refused) {
    EXPECT_TRUE(put(1).wait(Level::stored).ok());
    while (step_store()) {
    }
    bool failed = false;
    live_.store->on_snapshot = [&] {
        if (std::exchange(failed, true)) return;
        live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
        EXPECT_FALSE(put(2).wait().ok());
    };
    EXPECT_EQ(compare_and_set(1).code(), Code::read_only);
    EXPECT_TRUE(failed);
}

}  // namespace
}  // namespace perdure::engine
