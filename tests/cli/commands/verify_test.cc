#include "cli/commands/verify.h"

#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/demo/components.h"
#include "cli/program.h"
#include "perdure/world.h"

namespace perdure::cli {
namespace {

class Verify : public ProgramTest {
protected:
    void expect_damaged(const std::string& where) {
        const Ran ran = run({"verify", world()});
        EXPECT_EQ(ran.exit_code, 3) << ran.out << ran.err;
        EXPECT_TRUE(ran.complains(where)) << ran.err;
        EXPECT_TRUE(ran.says("WRONG")) << ran.out;
        EXPECT_FALSE(ran.says("perdure-") || ran.complains("perdure-verify") ||
                     ran.complains("perdure-scratch"))
            << ran.out << ran.err;
        const Ran json = run({"verify", world(), "--json"});
        EXPECT_EQ(json.exit_code, 3);
        EXPECT_EQ(nlohmann::json::parse(json.out)["whole"], false);
    }
    nlohmann::json verdict() {
        const Ran ran = run({"verify", world(), "--json"});
        EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
        return nlohmann::json::parse(ran.out, nullptr, false);
    }
};

TEST_F(Verify, finds_a_world_that_was_closed_whole_and_says_its_digest) {
    ASSERT_EQ(live(5).exit_code, 0);
    const auto said = verdict();
    EXPECT_EQ(said["whole"], true);
    EXPECT_EQ(said["tick"], 6);
    EXPECT_EQ(said["digest"].get<std::string>().size(), 32U);
    EXPECT_EQ(verdict()["digest"], said["digest"]);
}

TEST_F(Verify, gives_the_same_digest_before_and_after_recovery) {
    live_and_be_killed();
    const auto before = verdict();
    ASSERT_TRUE(before["whole"].get<bool>()) << before;
    {
        auto opened = World::open(world(), demo::demo_schema());
        ASSERT_TRUE(opened.ok()) << opened.status().text();
        ASSERT_TRUE((*opened)->close().ok());
    }
    const auto after = verdict();
    EXPECT_EQ(after["digest"], before["digest"]);
    EXPECT_EQ(after["tick"], before["tick"]);
}

TEST_F(Verify, changes_nothing) {
    live_and_be_killed();
    const auto bytes = [this] {
        std::string all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(world())) {
            if (entry.is_regular_file() && entry.path().filename() != "lock")
                all += file_text(entry.path());
        }
        return all;
    };
    const std::string before = bytes();
    EXPECT_EQ(run({"verify", world()}).exit_code, 0);
    EXPECT_EQ(bytes() == before, true);
}

TEST_F(Verify, finds_a_flipped_byte_in_the_store) {
    ASSERT_EQ(live(5).exit_code, 0);
    flip_byte(world() + "/store.sqlite", 5 * 4096 + 100);
    expect_damaged(world() + "/store.sqlite, page 6 at offset 20480");
    const Ran ran = run({"verify", world(), "--json"});
    EXPECT_EQ(nlohmann::json::parse(ran.out)["wrong"].size(), 1U) << ran.out;
}

TEST_F(Verify, finds_a_flipped_byte_in_an_acknowledged_group) {
    live_and_be_killed();
    flip_in_the_last_group_but_one(payload);
    expect_damaged(".pdj");
    const Ran ran = run({"verify", world()});
    EXPECT_TRUE(ran.says("         touches LSN")) << ran.out;
    EXPECT_TRUE(ran.says("can be done: cut-journal, or restore a backup")) << ran.out;
    EXPECT_TRUE(ran.says("         loses LSN")) << ran.out;
}

TEST_F(Verify, finds_a_damaged_identity) {
    ASSERT_EQ(live(1).exit_code, 0);
    flip_byte(world() + "/identity", 20);
    expect_damaged("identity");
}

TEST_F(Verify, needs_the_world_alone_and_says_who_has_it) {
    Running owner = live_on();
    ASSERT_TRUE(owner.comes_to_say("goes on")) << owner.out();
    expect_refused(run({"verify", world()}), "locked");
}

}  // namespace
}  // namespace perdure::cli
