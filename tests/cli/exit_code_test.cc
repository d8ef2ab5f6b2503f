#include "cli/exit_code.h"

#include <gtest/gtest.h>

namespace perdure::cli {
namespace {

TEST(ExitCode, of_what_worked_is_0) { EXPECT_EQ(exit_code(Code::ok), ExitCode::done); }

TEST(ExitCode, of_what_nothing_was_changed_by_is_2) {
    for (const Code code :
         {Code::invalid, Code::not_found, Code::locked, Code::unsupported, Code::incompatible}) {
        EXPECT_EQ(exit_code(code), ExitCode::refused) << code_name(code);
    }
}

TEST(ExitCode, of_damage_is_3_and_of_nothing_else) {
    for (int number = 0; number <= static_cast<int>(Code::refused); ++number) {
        const auto code = static_cast<Code>(number);
        EXPECT_EQ(exit_code(code) == ExitCode::damaged, code == Code::corrupt) << code_name(code);
    }
}

TEST(ExitCode, of_a_failing_system_is_4) {
    EXPECT_EQ(exit_code(Code::io), ExitCode::failed);
    EXPECT_EQ(exit_code(Code::no_space), ExitCode::failed);
}

TEST(Report, is_one_line_whatever_the_message) {
    testing::internal::CaptureStderr();
    const ExitCode code = report(Status(Code::corrupt, "first\nsecond"));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "perdure: corrupt: first second\n");
    EXPECT_EQ(code, ExitCode::damaged);
}

}  // namespace
}  // namespace perdure::cli
