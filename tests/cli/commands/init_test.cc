#include "cli/commands/init.h"

#include "cli/program.h"

namespace perdure::cli {
namespace {

class Init : public ProgramTest {};

TEST_F(Init, makes_a_world_that_verifies) {
    EXPECT_EQ(run({"init", world()}).exit_code, 0);
    EXPECT_EQ(run({"verify", world()}).exit_code, 0);
}

TEST_F(Init, leaves_a_world_that_is_there_alone) {
    ASSERT_EQ(run({"init", world()}).exit_code, 0);
    const std::string identity = file_text(world() + "/identity");
    expect_refused(run({"init", world()}), "already");
    EXPECT_EQ(file_text(world() + "/identity"), identity);
}

TEST_F(Init, needs_a_directory_to_put_it_in) {
    expect_refused(run({"init", path("not/there")}), "not/there");
}

}  // namespace
}  // namespace perdure::cli
