#include "engine/duty.h"

#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "engine/no_more_threads.h"

namespace perdure::engine {
namespace {

using namespace std::chrono_literals;

// A place whose visits a test can hold up and let go.
class Place {
public:
    explicit Place(Duty& duty) : duty_(duty), post_(duty.add([this] { return visit(); })) {}
    ~Place() {
        let_go();
        duty_.remove(*post_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    void ring() { duty_.ring(*post_); }
    void hold_up() { held_ = true; }
    void let_go() {
        held_ = false;
        held_.notify_all();
    }
    void await_visits(int count) {
        for (int seen = visits_; seen < count; seen = visits_) visits_.wait(seen);
    }
    void await_inside() {
        while (inside_ == 0) std::this_thread::yield();
    }
    [[nodiscard]] int visits() const { return visits_; }
    [[nodiscard]] int most_inside() const { return most_inside_; }

    std::atomic<int> more{0};  // how often the next visits say that there is more
    std::atomic<bool> again{false};
    std::atomic<std::chrono::milliseconds> again_after{1ms};

private:
    Visit visit() {
        const int now = ++inside_;
        most_inside_ = std::max(most_inside_.load(), now);
        held_.wait(true);
        --inside_;
        ++visits_;
        visits_.notify_all();
        if (more > 0) {
            --more;
            return {.more = true, .again = {}};
        }
        return again ? Visit{.more = false, .again = again_after.load()} : Visit{};
    }

    Duty& duty_;
    std::atomic<bool> held_{false};
    std::atomic<int> inside_{0};
    std::atomic<int> most_inside_{0};
    std::atomic<int> visits_{0};
    const std::shared_ptr<Duty::Post> post_;
};

DutyLimits limits(std::uint32_t threads_max, std::uint32_t at_once,
                  std::chrono::milliseconds stuck_after = 1ms) {
    return {.threads_max = threads_max,
            .at_once = at_once,
            .stuck_after = stuck_after,
            .spare_for = 10'000ms};
}

TEST(Duty, has_no_threads_before_somebody_rings) {
    Duty duty(limits(8, 2));
    Place place(duty);
    EXPECT_EQ(duty.threads(), 0u);
    EXPECT_EQ(place.visits(), 0);
}

TEST(Duty, visits_who_was_rung_for_and_nobody_else) {
    Duty duty(limits(8, 2));
    Place rung(duty);
    Place quiet(duty);
    rung.ring();
    rung.await_visits(1);
    EXPECT_EQ(quiet.visits(), 0);
}

TEST(Duty, comes_again_while_there_is_more) {
    Duty duty(limits(8, 2));
    Place place(duty);
    place.more = 5;
    place.ring();
    place.await_visits(6);
    EXPECT_EQ(place.visits(), 6);
}

TEST(Duty, comes_again_when_the_time_has_come) {
    Duty duty(limits(8, 2));
    Place place(duty);
    place.again = true;
    place.ring();
    place.await_visits(5);
}

TEST(Duty, a_ring_during_a_visit_is_not_lost) {
    Duty duty(limits(8, 2));
    Place place(duty);
    place.hold_up();
    place.ring();
    place.await_inside();
    place.ring();
    place.let_go();
    place.await_visits(2);
}

// However slow the machine is, no visit counts as stuck.
DutyLimits patient_limits() { return limits(8, 2, std::chrono::minutes(1)); }

TEST(Duty, one_place_needs_one_thread) {
    Duty duty(patient_limits());
    Place place(duty);
    for (int visit = 1; visit <= 100; ++visit) {
        place.ring();
        place.await_visits(visit);
    }
    EXPECT_EQ(duty.threads(), 1u);
}

TEST(Duty, a_place_that_has_more_needs_no_second_thread) {
    Duty duty(patient_limits());
    Place place(duty);
    place.more = 100;
    place.ring();
    place.await_visits(101);
    EXPECT_EQ(duty.threads(), 1u);
}

TEST(Duty, a_ring_during_a_visit_needs_no_second_thread) {
    Duty duty(patient_limits());
    Place place(duty);
    for (int visits = 2; visits <= 20; visits += 2) {
        place.hold_up();
        place.ring();
        place.await_inside();
        place.ring();
        place.let_go();
        place.await_visits(visits);
    }
    EXPECT_EQ(duty.threads(), 1u);
}

TEST(Duty, nobody_is_visited_by_two_threads_at_once) {
    Duty duty(limits(8, 8));
    Place place(duty);
    Place other(duty);
    std::thread ringer([&] {
        for (int i = 0; i < 2000; ++i) other.ring();
    });
    for (int i = 0; i < 2000; ++i) place.ring();
    ringer.join();
    place.await_visits(1);
    other.await_visits(1);
    EXPECT_EQ(place.most_inside(), 1);
    EXPECT_EQ(other.most_inside(), 1);
}

TEST(Duty, a_visit_that_stands_still_does_not_hold_up_the_others) {
    Duty duty(limits(8, 1));
    Place stuck(duty);
    Place other(duty);
    stuck.hold_up();
    stuck.ring();
    stuck.await_inside();
    for (int visit = 1; visit <= 10; ++visit) {
        other.ring();
        other.await_visits(visit);
    }
    EXPECT_EQ(stuck.visits(), 0);
}

TEST(Duty, several_visits_that_stand_still_take_a_thread_each) {
    Duty duty(limits(8, 1));
    std::vector<std::unique_ptr<Place>> stuck;
    for (int i = 0; i < 6; ++i) {
        stuck.push_back(std::make_unique<Place>(duty));
        stuck.back()->hold_up();
        stuck.back()->ring();
    }
    for (const auto& place : stuck) place->await_inside();
    Place other(duty);
    other.again = true;
    other.ring();
    other.await_visits(3);
    EXPECT_LE(duty.threads(), 8u);
}

TEST(Duty, has_no_more_threads_than_it_may_and_goes_on_when_one_is_let_go) {
    Duty duty(limits(2, 1));
    Place first(duty);
    Place second(duty);
    Place third(duty);
    for (Place* place : {&first, &second}) {
        place->hold_up();
        place->ring();
        place->await_inside();
    }
    third.ring();
    EXPECT_EQ(duty.threads(), 2u);
    EXPECT_EQ(third.visits(), 0);
    first.let_go();
    third.await_visits(1);
}

TEST(Duty, no_more_work_at_once_than_it_may_while_nothing_is_stuck) {
    Duty duty(limits(8, 2, std::chrono::milliseconds(std::chrono::hours(1))));
    std::vector<std::unique_ptr<Place>> places;
    for (int i = 0; i < 4; ++i) {
        places.push_back(std::make_unique<Place>(duty));
        places.back()->hold_up();
        places.back()->ring();
    }
    places[0]->await_inside();
    places[1]->await_inside();
    EXPECT_LE(duty.threads(), 3u);  // and one that keeps watch
    for (const auto& place : places) place->let_go();
    for (const auto& place : places) place->await_visits(1);
}

TEST(Duty, who_is_removed_is_left_alone_and_the_others_are_not) {
    Duty duty(limits(8, 2));
    Place other(duty);
    {
        Place brief(duty);
        brief.again = true;
        brief.ring();
        brief.await_visits(2);
    }
    other.ring();
    other.await_visits(1);
}

TEST(Duty, a_neighbour_of_one_that_stands_still_can_be_removed) {
    Duty duty(limits(8, 1));
    Place stuck(duty);
    stuck.hold_up();
    stuck.ring();
    stuck.await_inside();
    for (int i = 0; i < 20; ++i) {
        Place neighbour(duty);
        neighbour.ring();
        if (i % 2 == 0) neighbour.await_visits(1);
    }
}

// Who waits for it to go has its thread: the neighbour gets one of its own. (If the removal has not
// begun when the neighbour rings, this shows nothing.)
TEST(Duty, a_neighbour_is_visited_while_the_removal_of_one_that_stands_still_waits) {
    Duty duty(limits(8, 4));
    Place neighbour(duty);
    std::atomic<bool> held{true};
    std::atomic<bool> inside{false};
    const auto post = duty.add([&] {
        inside = true;
        inside.notify_all();
        held.wait(true);
        return Visit{};
    });
    duty.ring(*post);
    inside.wait(false);
    std::atomic<bool> begins{false};
    std::thread removal([&] {
        begins = true;
        duty.remove(*post);
    });
    while (!begins) std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    neighbour.ring();
    neighbour.await_visits(1);
    held = false;
    held.notify_all();
    removal.join();
}

TEST(Duty, that_got_no_thread_asks_for_one_again) {
    Duty duty(limits(8, 4));
    Place place(duty);
    Place neighbour(duty);
    {
        const NoMoreThreads none;
        place.ring();
        EXPECT_EQ(duty.threads(), 0u);
        EXPECT_EQ(place.visits(), 0);
    }
    neighbour.ring();
    neighbour.await_visits(1);
    place.await_visits(1);
}

TEST(Duty, goes_on_with_the_threads_that_there_are) {
    Duty duty(limits(8, 4));
    Place place(duty);
    place.hold_up();
    place.ring();
    place.await_inside();
    const NoMoreThreads none;
    Place neighbour(duty);
    neighbour.ring();
    EXPECT_EQ(duty.threads(), 1u);
    place.let_go();
    neighbour.await_visits(1);
}

TEST(Duty, threads_that_nobody_needs_end) {
    DutyLimits brief = limits(8, 4);
    brief.spare_for = 1ms;
    Duty duty(brief);
    std::vector<std::unique_ptr<Place>> places;
    for (int i = 0; i < 4; ++i) {
        places.push_back(std::make_unique<Place>(duty));
        places.back()->hold_up();
        places.back()->ring();
    }
    for (const auto& place : places) place->await_inside();
    for (const auto& place : places) place->let_go();
    while (duty.threads() > 2) std::this_thread::yield();
    for (const auto& place : places) place->ring();
    for (const auto& place : places) place->await_visits(2);
}

// The first watches until somebody rings; the second comes back sooner and takes the watch.
TEST(Duty, a_watcher_that_is_relieved_ends_as_other_spare_threads_do) {
    DutyLimits brief = patient_limits();
    brief.spare_for = 1ms;
    for (int round = 0; round < 20; ++round) {
        Duty duty(brief);
        Place first(duty);
        Place second(duty);
        second.again = true;
        second.again_after = std::chrono::hours(1);
        for (Place* place : {&first, &second}) {
            place->hold_up();
            place->ring();
        }
        for (Place* place : {&first, &second}) place->await_inside();
        first.let_go();
        first.await_visits(1);
        second.let_go();
        while (duty.threads() > 1) std::this_thread::yield();
    }
}

// A thread that is called at the moment at which it would end.
TEST(Duty, a_ring_is_not_lost_where_spare_threads_end_at_once) {
    DutyLimits brief = limits(8, 4, std::chrono::minutes(1));
    brief.spare_for = 0ms;
    Duty duty(brief);
    Place first(duty);
    Place second(duty);
    Place later(duty);
    later.again = true;
    later.again_after = std::chrono::hours(1);
    later.ring();
    later.await_visits(1);
    for (int visit = 1; visit <= 1000; ++visit) {
        first.ring();
        second.ring();
        first.await_visits(visit);
        second.await_visits(visit);
    }
}

TEST(Duty, places_come_and_go_while_others_are_rung_for) {
    Duty duty(limits(8, 2));
    Place steady(duty);
    std::atomic<bool> over{false};
    std::thread ringer([&] {
        while (!over) steady.ring();
    });
    for (int i = 0; i < 200; ++i) {
        Place brief(duty);
        brief.again = i % 3 == 0;
        brief.ring();
        if (i % 5 == 0) brief.await_visits(1);
    }
    over = true;
    ringer.join();
    steady.await_visits(1);
    EXPECT_EQ(steady.most_inside(), 1);
}

}  // namespace
}  // namespace perdure::engine
