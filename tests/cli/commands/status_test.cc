#include "cli/commands/status.h"

#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace perdure::cli {
namespace {

class StatusCommand : public ProgramTest {
protected:
    nlohmann::json status() {
        const Ran ran = run({"status", world(), "--json"});
        EXPECT_EQ(ran.exit_code, 0) << ran.err;
        return nlohmann::json::parse(ran.out);
    }
};

TEST_F(StatusCommand, says_how_far_a_world_at_rest_is_and_that_nobody_has_it) {
    ASSERT_EQ(live(5).exit_code, 0);
    const nlohmann::json said = status();
    EXPECT_EQ(said["tick"], 6);
    EXPECT_EQ(said["lsn"], said["stored_lsn"]);
    EXPECT_TRUE(said["owner"].is_null());
    EXPECT_TRUE(run({"status", world()}).says("owner       nobody"));
}

TEST_F(StatusCommand, says_who_has_it_and_does_not_disturb_them) {
    Running owner = live_on();
    ASSERT_TRUE(owner.comes_to_say(" ticks/s")) << owner.out();
    EXPECT_FALSE(status()["owner"].is_null());
    EXPECT_GT(status()["tick"], 1);
    owner.send(SIGTERM);
    EXPECT_EQ(owner.wait().exit_code, 0);
}

TEST_F(StatusCommand, says_that_the_identity_is_damaged) {
    ASSERT_EQ(run({"init", world()}).exit_code, 0);
    flip_byte(world() + "/identity", 20);
    EXPECT_EQ(run({"status", world()}).exit_code, 3);
}

TEST_F(StatusCommand, says_that_an_acknowledged_group_is_damaged) {
    live_and_be_killed();
    EXPECT_EQ(status()["wrong"].size(), 0U);
    flip_in_the_last_group_but_one(payload);
    const Ran ran = run({"status", world()});
    EXPECT_EQ(ran.exit_code, 3) << ran.err;
    EXPECT_TRUE(ran.says("WRONG       corrupt: ")) << ran.out;
    EXPECT_TRUE(ran.says("owner       nobody")) << ran.out;
    const Ran json = run({"status", world(), "--json"});
    EXPECT_EQ(json.exit_code, 3);
    EXPECT_EQ(nlohmann::json::parse(json.out)["wrong"].size(), 1U) << json.out;
}

TEST_F(StatusCommand, leaves_a_newer_format_to_a_newer_program) {
    ASSERT_EQ(run({"init", world()}).exit_code, 0);
    make_newer(world());
    for (const char* command : {"status", "inspect", "verify", "init", "demo"}) {
        expect_refused(run({command, world()}), "newer");
    }
}

TEST_F(StatusCommand, leaves_a_newer_store_to_a_newer_program) {
    for (const char* before : {"", "PRAGMA journal_mode = DELETE; "}) {  // with a log, without one
        ASSERT_EQ(live(1).exit_code, 0);
        make_store_newer(world(), before);
        for (const char* command : {"status", "verify", "demo"}) {
            expect_refused(run({command, world()}), "store.sqlite has format 99");
        }
        expect_refused(run({"sql", world(), "SELECT 1"}), "store.sqlite has format 99");
        std::filesystem::remove_all(world());
        std::filesystem::create_directory(world());
        set_limits("");
    }
}

}  // namespace
}  // namespace perdure::cli
