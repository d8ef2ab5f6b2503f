#include "cli/demo/demo.h"

#include <filesystem>

#include "cli/program.h"
#include "perdure/world.h"

namespace perdure::cli {
namespace {

class Demo : public ProgramTest {
protected:
    [[nodiscard]] Running start_at_20_ticks_a_second() {
        return start({"demo", world(), "--side", "48", "--walkers", "100", "--rate", "20"});
    }
};

TEST_F(Demo, goes_on_at_the_very_next_tick) {
    const Ran first = live(40);
    EXPECT_EQ(first.exit_code, 0) << first.err;
    EXPECT_TRUE(first.says("new world in " + world())) << first.out;
    EXPECT_TRUE(first.says("goes on at tick 2\n")) << first.out;
    EXPECT_TRUE(first.says("closed after tick 41\n")) << first.out;
    const Ran second = live(3);
    EXPECT_EQ(second.exit_code, 0) << second.err;
    EXPECT_TRUE(second.says("closed in good order")) << second.out;
    EXPECT_TRUE(second.says("all as they were")) << second.out;
    EXPECT_TRUE(second.says("goes on at tick 42\n")) << second.out;
    EXPECT_TRUE(second.says("closed after tick 44\n")) << second.out;
}

TEST_F(Demo, says_after_kill_9_what_recovery_found_and_goes_on) {
    Running running = start_at_20_ticks_a_second();
    ASSERT_TRUE(running.comes_to_say(" ticks/s")) << running.out();
    running.send(SIGKILL);
    EXPECT_EQ(running.wait().exit_code, 128 + SIGKILL);
    const Ran next = live(1);
    EXPECT_EQ(next.exit_code, 0) << next.err;
    EXPECT_TRUE(next.says("was not closed: recovered it")) << next.out;
    EXPECT_TRUE(next.says("all as they were")) << next.out;
    EXPECT_TRUE(next.says("goes on at tick ")) << next.out;
}

TEST_F(Demo, closes_in_good_order_when_it_is_told_to_stop) {
    for (const int signal : {SIGINT, SIGTERM}) {
        Running running = start_at_20_ticks_a_second();
        ASSERT_TRUE(running.comes_to_say("goes on")) << running.out();
        running.send(signal);
        const Ran ran = running.wait();
        EXPECT_EQ(ran.exit_code, 0) << ran.err;
        EXPECT_TRUE(ran.says("closed after tick")) << ran.out;
    }
    EXPECT_TRUE(live(1).says("closed in good order"));
}

TEST_F(Demo, lives_on_the_same_whether_it_is_stopped_or_not) {
    ASSERT_EQ(live(60).exit_code, 0);
    std::filesystem::rename(world(), path("unbroken"));
    std::filesystem::create_directory(world());
    for (int life = 0; life < 3; ++life) ASSERT_EQ(live(20).exit_code, 0);
    for (const char* table : {"Position", "Walker", "Purse", "Bag", "Crop", "Dice", "Totals",
                              "trades", "tick_summaries"}) {
        const std::string query = std::string("SELECT * FROM ") + table;
        const Ran broken = run({"sql", world(), query});
        EXPECT_EQ(broken.exit_code, 0) << broken.err;
        EXPECT_EQ(broken.out, run({"sql", path("unbroken"), query}).out) << table;
    }
}

TEST_F(Demo, stops_after_the_seconds_it_was_given) {
    const Ran ran = run({"demo", world(), "--side", "48", "--seconds", "0.2"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_TRUE(ran.says("closed after tick")) << ran.out;
}

TEST_F(Demo, has_one_owner) {
    Running running = start_at_20_ticks_a_second();
    ASSERT_TRUE(running.comes_to_say("goes on")) << running.out();
    expect_refused(live(1), "locked");
}

TEST_F(Demo, settles_in_an_empty_world) {
    ASSERT_EQ(run({"init", world()}).exit_code, 0);
    EXPECT_EQ(live(1).exit_code, 0);
}

TEST_F(Demo, leaves_a_world_alone_that_was_made_otherwise) {
    ASSERT_EQ(live(1).exit_code, 0);
    expect_refused(run({"demo", world(), "--side", "50"}), "--side 48");
    expect_refused(run({"demo", world(), "--seed", "99"}), "--seed 1");
    expect_refused(run({"demo", world(), "--walkers", "5"}), "--walkers 100");
}

TEST_F(Demo, leaves_a_world_alone_that_is_somebody_else_s) {
    Schema schema;
    schema.table("profiles").key<std::string>("name");
    {
        auto other = World::open(world(), schema);
        ASSERT_TRUE(other.ok()) << other.status().text();
        ASSERT_TRUE((*other)->close().ok());
    }
    const Ran before = run({"verify", world(), "--json"});
    expect_refused(live(1), "not the demonstration's");
    EXPECT_EQ(run({"verify", world(), "--json"}).out, before.out);
}

TEST_F(Demo, makes_nothing_if_there_is_no_room_for_what_is_asked) {
    expect_refused(run({"demo", world(), "--side", "441"}), "441");
    expect_refused(run({"demo", world(), "--side", "10", "--walkers", "90"}), "90 walkers");
    EXPECT_FALSE(std::filesystem::exists(world() + "/identity"));
}

}  // namespace
}  // namespace perdure::cli
