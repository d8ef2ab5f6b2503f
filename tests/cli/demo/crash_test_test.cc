#include "cli/demo/crash_test.h"

#include <filesystem>

#include "cli/program.h"

namespace perdure::cli {
namespace {

class CrashTest : public ProgramTest {
protected:
    Ran crash(const std::vector<std::string>& more) {
        std::vector<std::string> words{"demo", world(),      "--crash-test", "--side",
                                       "48",   "--walkers",  "100",          "--rate",
                                       "200",  "--interval", "0.15",         "--kills"};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }
};

TEST_F(CrashTest, kills_a_world_again_and_again_and_loses_nothing) {
    const Ran ran = crash({"8"});
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    EXPECT_TRUE(ran.says("perdure      8 kills")) << ran.out;
    EXPECT_TRUE(ran.says("0 ticks promised and lost; 0 coins and 0 goods doubled or gone"))
        << ran.out;
    EXPECT_TRUE(ran.says("--seed ")) << ran.out;
    EXPECT_TRUE(ran.says("three files")) << ran.out;
}

TEST_F(CrashTest, goes_on_with_a_world_that_is_there) {
    ASSERT_EQ(live(5).exit_code, 0);
    EXPECT_EQ(crash({"2"}).exit_code, 0);
    EXPECT_TRUE(live(1).says("all as they were"));
}

TEST_F(CrashTest, leaves_a_world_alone_that_somebody_has) {
    Running owner = live_on();
    ASSERT_TRUE(owner.comes_to_say("goes on")) << owner.out();
    expect_refused(crash({"1"}), "locked");
}

TEST_F(CrashTest, starts_nothing_if_there_is_no_room_for_what_is_asked) {
    expect_refused(run({"demo", world(), "--crash-test", "--side", "1000"}), "1000");
    EXPECT_FALSE(std::filesystem::exists(world() + "/identity"));
}

TEST_F(CrashTest, leaves_a_world_alone_that_was_made_otherwise) {
    ASSERT_EQ(live(1).exit_code, 0);
    expect_refused(run({"demo", world(), "--crash-test", "--side", "50"}), "--side 48");
}

TEST_F(CrashTest, passes_a_refusal_on) {
    ASSERT_EQ(run({"init", world()}).exit_code, 0);
    make_newer(world());
    const Ran ran = crash({"1"});
    EXPECT_EQ(ran.exit_code, 2) << ran.err;
    EXPECT_TRUE(ran.complains("newer")) << ran.err;
    EXPECT_TRUE(ran.complains("ended by itself")) << ran.err;
}

TEST_F(CrashTest, says_so_when_the_world_is_damaged) {
    ASSERT_EQ(live(1).exit_code, 0);
    flip_byte(world() + "/identity", 20);
    const Ran ran = crash({"1"});
    EXPECT_EQ(ran.exit_code, 3) << ran.err;
    EXPECT_TRUE(ran.complains("ended by itself")) << ran.err;
}

}  // namespace
}  // namespace perdure::cli
