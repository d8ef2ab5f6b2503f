#include "cli/commands/repair.h"

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace perdure::cli {
namespace {

class RepairCommand : public ProgramTest {
protected:
    nlohmann::json json_of(const std::vector<std::string>& arguments, int exit_code) {
        std::vector<std::string> all{"repair", world(), "--json"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const Ran ran = run(all);
        EXPECT_EQ(ran.exit_code, exit_code) << ran.out << ran.err;
        return nlohmann::json::parse(ran.out, nullptr, false);
    }
    std::string all_bytes() {
        std::string all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(world())) {
            if (entry.is_regular_file() && entry.path().filename() != "lock") {
                all += entry.path().filename().string() + file_text(entry.path());
            }
        }
        return all;
    }
};

TEST_F(RepairCommand, has_nothing_to_do_for_a_world_that_is_whole) {
    ASSERT_EQ(live(2).exit_code, 0);
    const Ran ran = run({"repair", world()});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_TRUE(ran.says("nothing to repair")) << ran.out;
    expect_refused(run({"repair", world(), "--remedy", "cut-journal"}), "nothing is damaged");
}

TEST_F(RepairCommand, lists_the_remedies_and_what_each_loses_and_changes_nothing) {
    live_and_be_killed();
    flip_in_the_last_group_but_one(payload);
    const std::string before = all_bytes();
    const Ran ran = run({"repair", world()});
    EXPECT_EQ(ran.exit_code, 3) << ran.err;
    EXPECT_TRUE(ran.says("remedy   cut-journal: end the journal at LSN ")) << ran.out;
    EXPECT_TRUE(ran.says("loses LSN")) << ran.out;
    EXPECT_TRUE(ran.says("perdure restore")) << ran.out;
    EXPECT_TRUE(ran.says("nothing was changed; to do one: perdure repair " + world() +
                         " --remedy cut-journal --yes"))
        << ran.out;
    EXPECT_FALSE(ran.says("scratch")) << ran.out;
    EXPECT_TRUE(all_bytes() == before);
}

TEST_F(RepairCommand, wants_yes_where_something_acknowledged_is_lost) {
    live_and_be_killed();
    flip_in_the_last_group_but_one(payload);
    const std::string before = all_bytes();
    expect_refused(run({"repair", world(), "--remedy", "cut-journal"}), "--yes");
    expect_refused(run({"repair", world(), "--remedy", "no-such", "--yes"}), "cut-journal");
    expect_refused(run({"repair", world(), "--yes"}), "--remedy");
    EXPECT_TRUE(all_bytes() == before);
}

TEST_F(RepairCommand, does_one_and_ends_with_what_was_lost_what_was_moved_and_what_verify_says) {
    live_and_be_killed();
    flip_in_the_last_group_but_one(header);
    const Ran ran = run({"repair", world(), "--remedy", "cut-journal", "--yes"});
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    EXPECT_TRUE(ran.says("did      cut-journal")) << ran.out;
    EXPECT_TRUE(ran.says("lost     LSN")) << ran.out;
    EXPECT_TRUE(ran.says("moved    " + world() + "/quarantine/")) << ran.out;
    EXPECT_TRUE(ran.says("verify says now:")) << ran.out;
    EXPECT_TRUE(ran.says("\nwhole\n")) << ran.out;
    EXPECT_EQ(run({"verify", world()}).exit_code, 0);
    EXPECT_EQ(run({"demo", world(), "--rate", "0", "--ticks", "2"}).exit_code, 0);
}

TEST_F(RepairCommand, says_the_same_as_json) {
    ASSERT_EQ(live(3).exit_code, 0);
    flip_byte(world() + "/store.sqlite", 5 * 4096 + 100);
    const auto listed = json_of({}, 3);
    ASSERT_EQ(listed["remedies"].size(), 1U) << listed;
    EXPECT_EQ(listed["remedies"][0]["name"], "rebuild-store");
    EXPECT_EQ(listed["wrong"][0]["offset"], 5 * 4096);
    EXPECT_EQ(listed["wrong"][0]["remedies"][0], "rebuild-store");
    const auto done = json_of({"--remedy", "rebuild-store", "--yes"}, 0);
    EXPECT_EQ(done["done"]["name"], "rebuild-store");
    EXPECT_EQ(done["after"]["whole"], true) << done;
    EXPECT_FALSE(done["quarantined"].empty());
}

TEST_F(RepairCommand, restores_an_identity) {
    ASSERT_EQ(live(1).exit_code, 0);
    std::filesystem::remove(world() + "/identity");
    EXPECT_TRUE(run({"repair", world()}).says("remedy   restore-identity"));
    EXPECT_EQ(run({"repair", world(), "--remedy", "restore-identity"}).exit_code, 0);
    EXPECT_EQ(run({"verify", world()}).exit_code, 0);
}

TEST_F(RepairCommand, leaves_a_newer_world_alone) {
    ASSERT_EQ(live(1).exit_code, 0);
    make_newer(world());
    expect_refused(run({"repair", world()}), "newer");
}

TEST_F(RepairCommand, finds_no_world_where_none_is) {
    std::filesystem::create_directory(path("empty"));
    expect_refused(run({"repair", path("empty")}), "not_found");
    EXPECT_TRUE(std::filesystem::is_empty(path("empty")));
}

}  // namespace
}  // namespace perdure::cli
