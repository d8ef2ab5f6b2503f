#include "model/renames.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

using Names = std::vector<std::string_view>;

Evolution evolution_of_tables(std::vector<Evolution::TableName> names) {
    Evolution evolution;
    evolution.tables = std::move(names);
    return evolution;
}

TEST(Renames, lead_along_a_chain_in_both_directions) {
    const Evolution evolution = evolution_of_tables({{"stuff", "goods"}, {"Things", "Stuff"}});
    const Renames renames = Renames::of_tables(evolution);
    EXPECT_EQ(renames.before("goods"), (Names{"stuff", "Things"}));
    EXPECT_EQ(renames.after("things"), (Names{"Stuff", "goods"}));
    EXPECT_EQ(renames.from("GOODS"), "stuff");
    EXPECT_EQ(renames.to("stuff"), "goods");
    EXPECT_TRUE(renames.before("other").empty());
    EXPECT_TRUE(renames.after("goods").empty());
}

TEST(Renames, lead_past_a_name_that_is_left) {
    const Evolution evolution = evolution_of_tables({{"things", "stuff"}, {"stuff", "goods"}});
    const Renames renames = Renames::of_tables(evolution);
    EXPECT_TRUE(renames.leaves("stuff"));
    EXPECT_FALSE(renames.leaves("goods"));
    EXPECT_TRUE(renames.before("stuff").empty());
}

TEST(Renames, of_fields_are_those_of_their_table) {
    Evolution evolution;
    evolution.fields = {{"things", "a", "b"}, {"others", "b", "c"}};
    EXPECT_EQ(Renames::of_fields(evolution, "Things").after("a"), Names{"b"});
    EXPECT_EQ(Renames::of_fields(evolution, "others").after("a"), Names{});
}

TEST(Renames, in_a_ring_are_refused_and_end) {
    const Evolution evolution = evolution_of_tables({{"a", "b"}, {"b", "a"}});
    const Renames renames = Renames::of_tables(evolution);
    EXPECT_EQ(renames.after("a"), (Names{"b", "a"}));
    const Status refused = renames.validate("renamed", [](std::string_view) { return true; });
    EXPECT_EQ(refused.code(), Code::invalid);
    EXPECT_NE(refused.message().find("in a ring"), std::string::npos) << refused.text();
}

}  // namespace
}  // namespace perdure
