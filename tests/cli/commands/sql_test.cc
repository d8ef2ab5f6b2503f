#include "cli/commands/sql.h"

#include <cstdint>
#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/program.h"

namespace perdure::cli {
namespace {

class Sql : public ProgramTest {
protected:
    Ran ask(const std::string& query) { return run({"sql", world(), query}); }
};

TEST_F(Sql, answers_with_a_table) {
    ASSERT_EQ(live(3).exit_code, 0);
    const Ran ran = ask("SELECT count(*) AS walkers, 'x' AS letter FROM Walker");
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_EQ(ran.out, "walkers  letter\n-------  ------\n    100  x\n");
}

TEST_F(Sql, answers_in_json_one_row_per_line) {
    ASSERT_EQ(live(3).exit_code, 0);
    const Ran ran =
        run({"sql", world(), "--json", "SELECT tick, moves FROM tick_summaries ORDER BY tick"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    std::istringstream lines(ran.out);
    std::uint64_t tick = 1;
    for (std::string line; std::getline(lines, line);) {
        EXPECT_EQ(nlohmann::json::parse(line)["tick"], ++tick);
    }
    EXPECT_EQ(tick, 4U);
}

TEST_F(Sql, knows_the_ground_by_its_real_names) {
    ASSERT_EQ(live(1).exit_code, 0);
    EXPECT_TRUE(ask("SELECT DISTINCT name FROM Node").says("default:dirt_with_grass"));
}

TEST_F(Sql, reads_and_nothing_else) {
    ASSERT_EQ(live(1).exit_code, 0);
    for (const char* query : {"DELETE FROM Walker", "UPDATE Purse SET coins = 7",
                              "DROP TABLE Walker", "CREATE TABLE x (y)", "PRAGMA user_version = 9",
                              "nonsense", "", "SELECT 1; SELECT 2", "SELECT * FROM nowhere"}) {
        expect_refused(ask(query), "invalid");
    }
    EXPECT_TRUE(ask("SELECT count(*) FROM Walker").says("100"));
}

TEST_F(Sql, works_beside_a_running_owner) {
    Running owner = live_on();
    ASSERT_TRUE(owner.comes_to_say(" ticks/s")) << owner.out();
    const Ran ran = ask("SELECT count(*) AS walkers FROM Walker");
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_TRUE(ran.says("100")) << ran.out;
    owner.send(SIGTERM);
    EXPECT_EQ(owner.wait().exit_code, 0);
}

TEST_F(Sql, works_on_what_a_killed_owner_left) {
    Running owner = live_on();
    ASSERT_TRUE(owner.comes_to_say(" ticks/s")) << owner.out();
    owner.send(SIGKILL);
    owner.wait();
    const Ran ran = ask("SELECT count(*) AS walkers FROM Walker");
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_TRUE(ran.says("100")) << ran.out;
}

}  // namespace
}  // namespace perdure::cli
