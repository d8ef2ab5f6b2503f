#include "cli/value_text.h"

#include <limits>

#include <gtest/gtest.h>

namespace perdure::cli {
namespace {

TEST(ValueText, is_what_a_person_would_write) {
    EXPECT_EQ(value_text({}), "NULL");
    EXPECT_EQ(value_text(true), "true");
    EXPECT_EQ(value_text(-7), "-7");
    EXPECT_EQ(value_text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    EXPECT_EQ(value_text(1.5F), "1.5");
    EXPECT_EQ(value_text("ana"), "ana");
    EXPECT_EQ(value_text(Bytes{std::byte{0}, std::byte{255}}), "x'00ff'");
    EXPECT_EQ(value_text(Entity{9}), "9");
}

// Without the end of the line.
std::string json(const Value& value) {
    std::string line = json_line(value_json(value));
    EXPECT_EQ(line.back(), '\n');
    line.pop_back();
    return line;
}

TEST(ValueJson, is_json_whatever_is_in_it) {
    EXPECT_EQ(json({}), "null");
    EXPECT_EQ(json(false), "false");
    EXPECT_EQ(json("a \"b\"\n"), R"("a \"b\"\n")");
    EXPECT_EQ(json("not \xff UTF-8"), "\"not \xEF\xBF\xBD UTF-8\"");
    EXPECT_EQ(json(std::numeric_limits<double>::quiet_NaN()), "null");
    EXPECT_EQ(json(0.1), "0.1");
    EXPECT_EQ(json(Bytes{std::byte{16}}), "\"10\"");
}

}  // namespace
}  // namespace perdure::cli
