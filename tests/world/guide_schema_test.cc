// The code of docs/guide/schema.md, word for word, and what it does. A test compares the two.
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "world/home.h"

// clang-format off
namespace guide {

perdure::Schema renamed_schema() {
    perdure::Schema schema;
    schema.table("deals").key<std::uint64_t>("id").column<std::int64_t>("price");
    schema.renamed("trades", "deals");                  // a table, component or relation
    schema.renamed_field("deals", "amount", "value");   // a chain: worlds of both versions
    schema.renamed_field("deals", "value", "price");    // become the same
    return schema;
}

perdure::Schema numbered_schema() {
    perdure::Schema schema;
    schema.table("deals").key<std::uint64_t>("id")
        .column<std::int64_t>("price", {.number = 2})
        .column<std::string>("note", {.number = 3, .default_value = "none"});
    return schema;
}

perdure::Schema converting_schema() {
    perdure::Schema schema;
    schema.table("deals").key<std::uint64_t>("id").column<std::int64_t>("price");
    schema.convert<std::string, std::int64_t>(
        "deals", "price", [](const std::string& text) -> perdure::Result<std::int64_t> {
            if (text.empty()) return perdure::Status(perdure::Code::invalid, "no price");
            return std::int64_t{100} * std::stoll(text);
        });
    return schema;
}

perdure::Schema splitting_schema() {
    perdure::Schema schema;
    schema.table("people").key<std::uint64_t>("id")
        .column<std::string>("first").column<std::string>("last");
    const auto split = [](const perdure::OldRow& from, perdure::Row& to) {
        const perdure::Value* name = from.find("name");
        const auto* text = name ? name->get_if<std::string>() : nullptr;
        if (text == nullptr) return perdure::Status();  // the fields get their defaults
        const auto space = text->find(' ');
        to.push_back({"first", text->substr(0, space)});
        if (space != std::string::npos) to.push_back({"last", text->substr(space + 1)});
        return perdure::Status();
    };
    schema.convert_rows({.table = "people", .name = "split_name",
                         .writes = {"first", "last"}, .convert = split});
    return schema;
}

perdure::Schema dropping_schema() {
    perdure::Schema schema;
    schema.table("deals").key<std::uint64_t>("id");
    schema.drop("deals", "note");
    return schema;
}

}  // namespace guide
// clang-format on

namespace perdure {
namespace {

std::string text_of_file(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return std::move(text).str();
}

TEST(GuideSchema, its_code_is_the_code_of_this_test) {
    const std::string page = text_of_file(PERDURE_SOURCE_DIRECTORY "/docs/guide/schema.md");
    const std::string here =
        text_of_file(PERDURE_SOURCE_DIRECTORY "/tests/world/guide_schema_test.cc");
    std::size_t blocks = 0;
    for (auto at = page.find("```cpp\n"); at != std::string::npos;
         at = page.find("```cpp\n", at + 1)) {
        const auto end = page.find("```", at + 7);
        ASSERT_NE(end, std::string::npos);
        const std::string block = page.substr(at + 7, end - at - 7);
        EXPECT_NE(here.find(block), std::string::npos) << block;
        ++blocks;
    }
    EXPECT_EQ(blocks, 5U);
}

TEST(GuideSchema, an_old_world_goes_through_its_schemas) {
    Home home;
    Schema first;
    first.table("trades")
        .key<std::uint64_t>("id")
        .column<std::string>("amount")
        .column<std::string>("note");
    home.know(first);
    home.open();
    home.put("trades", {{"id", 1U}, {"amount", "12"}, {"note", "n"}});
    home.close();
    Schema second = guide::converting_schema();
    second.renamed("trades", "deals").renamed_field("deals", "amount", "value");
    second.renamed_field("deals", "value", "price");
    home.know(std::move(second));
    home.open();
    EXPECT_EQ(home.rows("deals"), Rows{"1 1200"});
    home.close();
    home.know(guide::renamed_schema());
    home.open();
    EXPECT_EQ(home.rows("deals"), Rows{"1 1200"});
    home.close();
    home.know(guide::dropping_schema());
    home.open();
    EXPECT_EQ(home.rows("deals"), Rows{"1"});
}

TEST(GuideSchema, a_new_world_has_written_numbers_and_defaults) {
    Home home;
    home.know(guide::numbered_schema());
    home.open();
    home.put("deals", {{"id", 1U}, {"price", 5}});
    EXPECT_EQ(home.rows("deals"), Rows{"1 5 none"});
}

TEST(GuideSchema, names_are_split) {
    Home home;
    Schema first;
    first.table("people").key<std::uint64_t>("id").column<std::string>("name");
    home.know(first);
    home.open();
    home.put("people", {{"id", 1U}, {"name", "Ana Lee"}});
    home.put("people", {{"id", 2U}, {"name", "Bob"}});
    home.close();
    home.know(guide::splitting_schema());
    home.open();
    EXPECT_EQ(home.rows("people"), (Rows{"1 Ana Lee", "2 Bob "}));
}

}  // namespace
}  // namespace perdure
