#include "cli/command_line.h"

#include "cli/program.h"

namespace perdure::cli {
namespace {

class CommandLine : public ProgramTest {};

TEST_F(CommandLine, says_what_there_is) {
    const Ran ran = run({"--help"});
    EXPECT_EQ(ran.exit_code, 0);
    for (const char* command :
         {"demo", "init", "status", "inspect", "verify", "backup", "restore", "sql"}) {
        EXPECT_TRUE(ran.says(command)) << command;
    }
    EXPECT_TRUE(run({"--version"}).says("perdure 0."));
    EXPECT_TRUE(run({"demo", "--help"}).says("--crash-test"));
    EXPECT_FALSE(run({"demo", "--help"}).says("--report-descriptor"));
}

TEST_F(CommandLine, refuses_what_it_does_not_understand) {
    expect_refused(run({}), "subcommand");
    expect_refused(run({"dance"}), "dance");
    expect_refused(run({"status"}), "DIR");
    expect_refused(run({"sql", world()}), "QUERY");
    expect_refused(run({"demo", world(), "--rate", "-1"}), "--rate");
    expect_refused(run({"demo", world(), "--walkers", "0"}), "--walkers");
    expect_refused(run({"demo", world(), "--side", "1000"}), "1000");
    expect_refused(run({"demo", world(), "--ticks", "many"}), "--ticks");
    expect_refused(run({"demo", world(), "--ticks", "-1"}), "--ticks");
    expect_refused(run({"demo", world(), "--seed", "-1"}), "--seed");
    for (const char* bad : {"-1", "many", "1.5"}) {
        expect_refused(run({"inspect", world(), "--last", bad}), "--last");
        expect_refused(run({"inspect", world(), "--rows-max", bad}), "--rows-max");
    }
    expect_refused(run({"demo", world(), "--kills", "3"}), "--crash-test");
    expect_refused(run({"demo", world(), "--crash-test", "--ticks", "3"}), "--ticks");
}

TEST_F(CommandLine, makes_nothing_where_there_is_no_world) {
    for (const char* command : {"status", "inspect", "verify"}) {
        expect_refused(run({command, world()}), world());
    }
    expect_refused(run({"sql", world(), "SELECT 1"}), world());
    EXPECT_FALSE(std::filesystem::exists(world() + "/lock"));
}

}  // namespace
}  // namespace perdure::cli
