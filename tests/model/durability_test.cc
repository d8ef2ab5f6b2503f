#include "perdure/durability.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

// The message of a category that is refused.
std::string refusal(const Category& category) {
    const Status status = category.validate();
    EXPECT_EQ(status.code(), Code::invalid);
    return std::string(status.message());
}

TEST(Durability, levels_have_names_that_parse) {
    for (const Level level : {Level::ephemeral, Level::relaxed, Level::journal, Level::stored}) {
        EXPECT_EQ(*parse_level(level_name(level)), level);
    }
}

TEST(Durability, another_name_is_no_level) {
    for (const char* name : {"", "Journal", "durable", "journal "}) {
        EXPECT_EQ(parse_level(name).status().code(), Code::invalid) << name;
    }
    EXPECT_NE(
        parse_level("durable").status().message().find("ephemeral, relaxed, journal or stored"),
        std::string_view::npos);
}

TEST(Category, the_default_is_valid) { EXPECT_TRUE(Category().validate().ok()); }

TEST(Category, refuses_what_is_not_enforced_today) {
    EXPECT_NE(refusal({.consistency = "eventual"}).find("only \"strict\" is"), std::string::npos);
    EXPECT_NE(refusal({.retention = "30d"}).find("only \"keep\" is"), std::string::npos);
}

TEST(Category, intervals_are_1_to_60000_ms) {
    EXPECT_TRUE((Category{.interval_ms = 1}.validate().ok()));
    EXPECT_TRUE((Category{.interval_ms = 60'000}.validate().ok()));
    EXPECT_NE(refusal({.interval_ms = 0}).find("interval_ms is 0"), std::string::npos);
    EXPECT_NE(refusal({.interval_ms = 60'001}).find("1 to 60000"), std::string::npos);
}

TEST(Category, refuses_bad_names_and_levels) {
    EXPECT_NE(refusal({.name = "two words"}).find("two words"), std::string::npos);
    EXPECT_NE(refusal({.name = "_ours"}).find("Perdure's own"), std::string::npos);
    EXPECT_NE(refusal({.durability = Level{7}}).find("durability 7"), std::string::npos);
}

}  // namespace
}  // namespace perdure
