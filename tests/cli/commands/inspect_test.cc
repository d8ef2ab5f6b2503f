#include "cli/commands/inspect.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <sstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace perdure::cli {
namespace {

class Inspect : public ProgramTest {
protected:
    std::vector<nlohmann::json> inspect(std::vector<std::string> more, const std::string& kind) {
        more.insert(more.begin(), {"inspect", world(), "--json"});
        const Ran ran = run(more);
        EXPECT_EQ(ran.exit_code, 0) << ran.err;
        std::vector<nlohmann::json> found;
        std::istringstream lines(ran.out);
        for (std::string line; std::getline(lines, line);) {
            auto json = nlohmann::json::parse(line);
            if (json["kind"] == kind) found.push_back(std::move(json));
        }
        return found;
    }
};

TEST_F(Inspect, shows_every_change_set_in_order_and_the_ticks_in_them) {
    ASSERT_EQ(live(5).exit_code, 0);
    const auto sets = inspect({}, "change_set");
    ASSERT_GE(sets.size(), 6U);
    for (std::size_t at = 1; at < sets.size(); ++at)
        EXPECT_EQ(sets[at]["lsn"], sets[0]["lsn"].get<int>() + static_cast<int>(at));
    EXPECT_EQ(sets.back()["tick"], 6);
    EXPECT_EQ(inspect({}, "file")[0]["state"], "used");
}

TEST_F(Inspect, shows_the_last_ones_only_and_their_rows_if_asked) {
    ASSERT_EQ(live(5).exit_code, 0);
    const auto sets = inspect({"--last", "2", "--rows"}, "change_set");
    ASSERT_EQ(sets.size(), 2U);
    EXPECT_EQ(sets[0]["tick"], 5);
    for (const auto& batch : sets[1]["batches"]) {
        EXPECT_EQ(batch["cells"].size(), batch["rows"]);
        if (batch["table"] == "tick_summaries") {
            EXPECT_EQ(batch["cells"][0]["tick"], 6);
        }
    }
    EXPECT_FALSE(inspect({"--last", "1"}, "change_set")[0]["batches"][0].contains("cells"));
}

TEST_F(Inspect, shows_all_there_are_if_more_are_asked_for) {
    ASSERT_EQ(live(3).exit_code, 0);
    const auto all = inspect({}, "change_set");
    EXPECT_EQ(inspect({"--last", "1000000"}, "change_set"), all);
    EXPECT_EQ(inspect({"--last", "0"}, "change_set").size(), 0U);
    EXPECT_EQ(inspect({"--last", "0"}, "end").at(0)["change_sets"], all.size());
}

TEST_F(Inspect, says_when_and_at_which_level_they_were_committed) {
    ASSERT_EQ(live(3).exit_code, 0);
    const auto set = inspect({"--last", "1"}, "change_set").at(0);
    EXPECT_EQ(set["level"], "journal");
    EXPECT_GT(set["wall_us"], 1'600'000'000'000'000);
    EXPECT_TRUE(run({"inspect", world(), "--last", "1"}).says("  level journal  "));
}

TEST_F(Inspect, shows_the_first_rows_of_many_and_counts_the_others) {
    ASSERT_EQ(live(1).exit_code, 0);
    const auto sets = inspect({"--rows-max", "2"}, "change_set");
    for (const auto& set : sets) {
        for (const auto& batch : set["batches"]) {
            EXPECT_EQ(batch["cells"].size(), std::min(2, batch["rows"].get<int>()));
        }
    }
    const Ran ran = run({"inspect", world(), "--rows-max", "2"});
    EXPECT_TRUE(ran.says("upsert Walker  … and 98 more rows\n")) << ran.out;
    EXPECT_EQ(ran.out.find("upsert Walker  entity="), ran.out.find("upsert Walker"));
}

TEST_F(Inspect, of_an_empty_journal_says_that_nothing_is_there) {
    ASSERT_EQ(live(1).exit_code, 0);
    for (const auto& file : std::filesystem::directory_iterator(world() + "/journal")) {
        std::filesystem::remove(file.path());
    }
    const Ran ran = run({"inspect", world(), "--last", "3"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_TRUE(ran.says("end      the journal holds no change sets\n")) << ran.out;
    EXPECT_EQ(inspect({}, "end").at(0)["state"], "empty");
}

TEST_F(Inspect, says_what_a_killed_process_left_and_what_opening_will_replay) {
    live_and_be_killed();
    const auto end = inspect({"--last", "2"}, "end").at(0);
    EXPECT_EQ(end["state"], "whole");
    EXPECT_EQ(end["lsn"], inspect({"--last", "1"}, "change_set").at(0)["lsn"]);
    EXPECT_LT(end["stored_lsn"], end["lsn"]);
    EXPECT_LE(end["durable_lsn"], end["lsn"]);
    EXPECT_EQ(inspect({"--last", "2"}, "change_set").at(1)["tick"], end["tick"]);
    const Ran ran = run({"inspect", world(), "--last", "2"});
    EXPECT_TRUE(ran.says("a whole end")) << ran.out;
    EXPECT_TRUE(ran.says("beyond it: opening replays them")) << ran.out;
}

TEST_F(Inspect, says_that_the_end_is_torn_and_shows_what_is_before_it) {
    live_and_be_killed();
    const auto sets = inspect({"--last", "2"}, "change_set");
    ASSERT_EQ(sets.size(), 2U);
    const std::string file = world() + "/journal/" + sets[1]["file"].get<std::string>();
    const auto torn = sets[1]["offset"].get<std::uint64_t>();
    flip_byte(file, torn + payload);
    const auto shown = inspect({"--last", "1"}, "change_set");
    EXPECT_EQ(shown.at(0), sets[0]);
    const auto end = inspect({}, "end").at(0);
    EXPECT_EQ(end["offset"], torn);
    EXPECT_EQ(end["lsn"], sets[0]["lsn"]);
    const Ran ran = run({"inspect", world(), "--last", "1"});
    EXPECT_TRUE(ran.says("does not match its checksum\n         a torn end: ")) << ran.out;
    EXPECT_EQ(end["state"], "torn");
}

TEST_F(Inspect, tells_the_journal_though_the_store_cannot_be_asked) {
    ASSERT_EQ(live(2).exit_code, 0);
    std::filesystem::remove(world() + "/store.sqlite");
    EXPECT_EQ(inspect({"--last", "1"}, "change_set").at(0)["level"], nullptr);
    EXPECT_EQ(inspect({}, "end").at(0)["stored_lsn"], nullptr);
    EXPECT_TRUE(run({"inspect", world()}).says("store    cannot be asked: not_found: "));
}

TEST_F(Inspect, decodes_the_catalog) {
    ASSERT_EQ(live(1).exit_code, 0);
    const auto tables = inspect({"--last", "0"}, "table");
    const auto trades = std::find_if(tables.begin(), tables.end(),
                                     [](const auto& table) { return table["name"] == "trades"; });
    ASSERT_NE(trades, tables.end());
    EXPECT_EQ((*trades)["append_only"], true);
    EXPECT_EQ((*trades)["columns"][0]["name"], "tick");
    EXPECT_EQ((*trades)["columns"][0]["type"], "i64");
    EXPECT_EQ((*trades)["columns"][0]["key"], true);
}

TEST_F(Inspect, is_readable) {
    ASSERT_EQ(live(2).exit_code, 0);
    const Ran ran = run({"inspect", world(), "--last", "1", "--rows"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_TRUE(ran.says("  tick 3  ")) << ran.out;
    EXPECT_TRUE(ran.says("upsert Calendar  entity=1  day=1  minute=2")) << ran.out;
    EXPECT_TRUE(ran.says("append-only")) << ran.out;
}

TEST_F(Inspect, shows_one_file_or_says_that_it_is_not_there) {
    ASSERT_EQ(live(2).exit_code, 0);
    std::string name;  // of any that is still there
    for (const auto& file : std::filesystem::directory_iterator(world() + "/journal")) {
        if (file.path().extension() == ".pdj") name = file.path().filename().string();
    }
    EXPECT_EQ(inspect({"--file", name}, "file").size(), 1U);
    const Ran ran = run({"inspect", world(), "--file", "0000000000000099.pdj"});
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_TRUE(ran.complains("0000000000000099.pdj")) << ran.err;
}

TEST_F(Inspect, says_that_an_acknowledged_group_is_damaged_and_shows_the_rest) {
    for (const std::uint64_t place : {header, payload}) {
        live_and_be_killed();
        ASSERT_EQ(run({"inspect", world()}).exit_code, 0);
        flip_in_the_last_group_but_one(place);
        const Ran text = run({"inspect", world()});
        EXPECT_EQ(text.exit_code, 3) << text.err;
        EXPECT_TRUE(text.says("WRONG: corrupt: ")) << text.out;
        EXPECT_TRUE(text.says("  LSN ")) << text.out;
        EXPECT_TRUE(text.says("append-only")) << text.out;  // the catalog comes last
        EXPECT_TRUE(text.complains(".pdj at offset ")) << text.err;
        const Ran json = run({"inspect", world(), "--last", "1", "--json"});
        EXPECT_TRUE(json.says("\"kind\":\"damage\""));
        EXPECT_TRUE(json.says("\"state\":\"damaged\"")) << json.out;
        EXPECT_TRUE(json.says("\"kind\":\"change_set\"")) << json.out;
        EXPECT_TRUE(text.says("WRONG: acknowledged change sets were behind it")) << text.out;
        std::filesystem::remove_all(world());
        std::filesystem::create_directory(world());
        set_limits("");
    }
}

TEST_F(Inspect, works_beside_a_running_owner_and_touches_nothing) {
    Running owner = live_on();
    ASSERT_TRUE(owner.comes_to_say(" ticks/s")) << owner.out();
    EXPECT_GT(inspect({"--last", "1"}, "change_set").at(0)["tick"], 1);
    owner.send(SIGTERM);
    EXPECT_EQ(owner.wait().exit_code, 0);
    EXPECT_EQ(run({"verify", world()}).exit_code, 0);
}

}  // namespace
}  // namespace perdure::cli
