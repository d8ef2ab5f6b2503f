// perdure/status.h, and base/error.h, which makes and passes on what it says.
#include "perdure/status.h"

#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace perdure {
namespace {

std::vector<Code> every_code() {
    std::vector<Code> codes;
    for (int value = 0; value <= 14; ++value) codes.push_back(static_cast<Code>(value));
    return codes;
}

TEST(Status, is_ok_unless_told_otherwise) {
    const Status status;
    EXPECT_TRUE(status.ok());
    EXPECT_TRUE(static_cast<bool>(status));
    EXPECT_EQ(status.code(), Code::ok);
    EXPECT_EQ(status.message(), "");
    EXPECT_EQ(status.text(), "ok");
}

TEST(Status, is_one_pointer_wide) { EXPECT_EQ(sizeof(Status), sizeof(void*)); }

TEST(Status, with_code_ok_is_ok_whatever_the_message) {
    EXPECT_TRUE(Status(Code::ok, "all is well").ok());
}

TEST(Status, says_code_and_message) {
    const Status status(Code::corrupt, "journal at offset 8192");
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(status.code(), Code::corrupt);
    EXPECT_EQ(status.message(), "journal at offset 8192");
    EXPECT_EQ(status.text(), "corrupt: journal at offset 8192");
}

TEST(Status, copies_are_equal_and_independent) {
    Status first(Code::busy, "later");
    const Status second = first;
    first = Status();
    EXPECT_TRUE(first.ok());
    EXPECT_EQ(second.text(), "busy: later");
    first = second;
    EXPECT_EQ(first.text(), "busy: later");
    const Status& itself = first;
    first = itself;
    EXPECT_EQ(first.text(), "busy: later");
}

TEST(Status, context_comes_before_the_message_and_the_code_stays) {
    const Status status = Status(Code::locked, "by process 7").with_context("opening world shard7");
    EXPECT_EQ(status.text(), "locked: opening world shard7: by process 7");
    EXPECT_TRUE(Status().with_context("opening world shard7").ok());
}

TEST(Status, every_code_has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (const Code code : every_code()) names.insert(code_name(code));
    EXPECT_EQ(names.size(), every_code().size());
    EXPECT_EQ(names.count(code_name(static_cast<Code>(15))), 0u) << "15 is no code";
}

TEST(Result, holds_a_value_or_says_why_not) {
    const Result<int> seven(7);
    ASSERT_TRUE(seven.ok());
    EXPECT_EQ(*seven, 7);
    EXPECT_TRUE(seven.status().ok());

    const Result<int> none(Status(Code::not_found, "no seven"));
    EXPECT_FALSE(none.ok());
    EXPECT_EQ(none.status().text(), "not_found: no seven");
}

TEST(Result, gives_away_what_can_only_be_moved) {
    Result<std::unique_ptr<int>> made(std::make_unique<int>(5));
    const std::unique_ptr<int> taken = *std::move(made);
    EXPECT_EQ(*taken, 5);
}

TEST(Result, of_a_temporary_gives_a_value_so_that_nothing_dangles) {
    using Moved = decltype(*std::declval<Result<std::string>>());
    EXPECT_FALSE(std::is_reference_v<Moved>);
}

using ResultDeathTest = testing::Test;

TEST(ResultDeathTest, without_a_value_it_cannot_be_ok) {
    EXPECT_DEATH(static_cast<void>(Result<int>{Status()}), "");
}

TEST(ResultDeathTest, looking_at_a_value_that_is_not_there_stops_the_program) {
    Result<int> none(Status(Code::io, "gone"));
    EXPECT_DEATH(static_cast<void>(*none), "");
}

// A function of the kind that all of Perdure is made of.
Result<int> half(int value) {
    if (value % 2 != 0) return error(Code::invalid, "{} is odd", value);
    return value / 2;
}

Status try_half(int value) {
    PERDURE_TRY(half(value).status());
    return error(Code::expired, "{} was even", value);
}

Result<int> quarter(int value) {
    PERDURE_TAKE(const int once, half(value));
    PERDURE_TAKE(const int twice, half(once));
    return twice;
}

TEST(Error, formats_its_message) { EXPECT_EQ(half(3).status().text(), "invalid: 3 is odd"); }

TEST(Error, try_passes_a_failure_on_and_goes_on_otherwise) {
    EXPECT_EQ(try_half(3).code(), Code::invalid);
    EXPECT_EQ(try_half(4).code(), Code::expired);
}

TEST(Error, take_gives_the_value_or_passes_the_failure_on) {
    EXPECT_EQ(*quarter(12), 3);
    EXPECT_EQ(quarter(6).status().text(), "invalid: 3 is odd");
}

}  // namespace
}  // namespace perdure
