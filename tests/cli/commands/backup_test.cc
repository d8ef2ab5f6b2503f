#include "cli/commands/backup.h"

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace perdure::cli {
namespace {

class BackupCommand : public ProgramTest {
protected:
    nlohmann::json answer(const std::vector<std::string>& arguments) {
        const Ran ran = run(arguments);
        EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
        return nlohmann::json::parse(ran.out, nullptr, false);
    }
    nlohmann::json take(const std::string& name) {
        return answer({"backup", world(), "--to", path(name), "--json"});
    }
    // Restored, judged, and lived in.
    void expect_restores(const std::string& name, const nlohmann::json& taken) {
        const std::string restored = path(name + "-restored");
        const auto said = answer({"restore", path(name), "--to", restored, "--json"});
        EXPECT_EQ(said["digest"], taken["digest"]);
        EXPECT_EQ(said["world"], taken["world"]);
        const auto verdict = answer({"verify", restored, "--json"});
        EXPECT_EQ(verdict["digest"], taken["digest"]);
        EXPECT_EQ(verdict["rows"], taken["rows"]);
        EXPECT_EQ(verdict["tick"], taken["tick"]);
        const Ran ran = run({"demo", restored, "--rate", "0", "--ticks", "3"});
        EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
        EXPECT_EQ(answer({"verify", restored, "--json"})["whole"], true);
    }
};

TEST_F(BackupCommand, of_a_world_at_rest_says_what_verify_says) {
    ASSERT_EQ(live(5).exit_code, 0);
    const auto verdict = answer({"verify", world(), "--json"});
    const auto taken = take("backup");
    EXPECT_EQ(taken["digest"], verdict["digest"]);
    EXPECT_EQ(taken["rows"], verdict["rows"]);
    EXPECT_EQ(taken["lsn"], verdict["lsn"]);
    EXPECT_EQ(taken["had_owner"], false);
    expect_restores("backup", taken);
}

TEST_F(BackupCommand, of_a_killed_world_says_what_verify_says) {
    live_and_be_killed();
    const auto verdict = answer({"verify", world(), "--json"});
    const auto taken = take("backup");
    EXPECT_EQ(taken["digest"], verdict["digest"]);
    EXPECT_EQ(taken["lsn"], verdict["lsn"]);
    expect_restores("backup", taken);
}

TEST_F(BackupCommand, beside_a_running_owner_is_of_one_tick_and_leaves_the_owner_alone) {
    Running owner = live_on();
    ASSERT_TRUE(owner.comes_to_say(" ticks/s")) << owner.out();
    const auto first = take("first");
    EXPECT_EQ(first["had_owner"], true);
    ASSERT_TRUE(owner.comes_to_say(" ticks/s", 3)) << owner.out();
    const auto second = take("second");
    EXPECT_GT(second["tick"], first["tick"]);
    owner.send(SIGTERM);
    EXPECT_EQ(owner.wait().exit_code, 0);
    EXPECT_GE(answer({"verify", world(), "--json"})["tick"], second["tick"]);
    expect_restores("first", first);
    expect_restores("second", second);
}

TEST_F(BackupCommand, that_was_killed_is_taken_again_under_the_same_name) {
    ASSERT_EQ(live(5).exit_code, 0);
    const auto verdict = answer({"verify", world(), "--json"});
    for (const char* place : {"", "/lock", "/store/store.sqlite", "/built/store.sqlite"}) {
        {
            Running job = start({"backup", world(), "--to", path("backup")});
            while (!std::filesystem::exists(path("backup.unfinished") + place) &&
                   !std::filesystem::exists(path("backup"))) {
                usleep(100);
            }
            job.send(SIGKILL);
            job.wait();
        }
        if (!std::filesystem::exists(path("backup"))) {
            expect_refused(run({"restore", path("backup.unfinished"), "--to", path("none")}),
                           "never finished");
            take("backup");
            EXPECT_FALSE(std::filesystem::exists(path("backup.unfinished")));
        }
        EXPECT_EQ(run({"restore", path("backup"), "--to", path("restored")}).exit_code, 0);
        EXPECT_EQ(answer({"verify", path("restored"), "--json"})["digest"], verdict["digest"]);
        std::filesystem::remove_all(path("backup"));
        std::filesystem::remove_all(path("backup.unfinished"));
        std::filesystem::remove_all(path("restored"));
    }
}

TEST_F(BackupCommand, refuses_what_it_would_have_to_overwrite_or_make_up) {
    expect_refused(run({"backup", world(), "--to", path("backup")}), world());
    expect_refused(run({"backup", world()}), "--to");
    expect_refused(run({"restore", world(), "--to", path("restored")}), "never finished");
    ASSERT_EQ(live(2).exit_code, 0);
    expect_refused(run({"backup", world(), "--to", world()}), "exists");
    EXPECT_FALSE(std::filesystem::exists(path("world.unfinished")));
    const auto taken = take("backup");
    expect_refused(run({"backup", world(), "--to", path("backup")}), "exists");
    expect_refused(run({"restore", path("backup"), "--to", world()}), "exists");
    expect_refused(run({"backup", world(), "--to", path("nowhere/backup")}), "nowhere");
    expect_restores("backup", taken);
}

TEST_F(BackupCommand, says_damage_and_where_it_is) {
    ASSERT_EQ(live(5).exit_code, 0);
    const auto taken = take("backup");
    flip_byte(path("backup") + "/store.sqlite", 5 * 4096 + 100);
    const Ran restored = run({"restore", path("backup"), "--to", path("restored")});
    EXPECT_EQ(restored.exit_code, 3) << restored.err;
    EXPECT_TRUE(restored.complains(path("backup") + "/store.sqlite, page 6 at offset 20480"))
        << restored.err;
    EXPECT_FALSE(std::filesystem::exists(path("restored")));
    flip_byte(path("backup") + "/store.sqlite", 5 * 4096 + 100);
    expect_restores("backup", taken);
}

TEST_F(BackupCommand, as_new_is_another_world) {
    ASSERT_EQ(live(2).exit_code, 0);
    const auto taken = take("backup");
    const auto said =
        answer({"restore", path("backup"), "--to", path("fork"), "--as-new", "--json"});
    EXPECT_NE(said["world"], taken["world"]);
    EXPECT_EQ(answer({"verify", path("fork"), "--json"})["digest"], taken["digest"]);
    const Ran ran = run({"restore", path("backup"), "--to", path("same")});
    EXPECT_TRUE(ran.says(taken["world"].get<std::string>())) << ran.out;
    EXPECT_TRUE(ran.says("as it was")) << ran.out;
    EXPECT_EQ(answer({"verify", path("same"), "--json"})["digest"], taken["digest"]);
}

}  // namespace
}  // namespace perdure::cli
