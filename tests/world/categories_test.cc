// That they are kept with the world is tested in settings_test.cc, as a person sees it.
#include "world/categories.h"

#include <gtest/gtest.h>

#include "engine/live_engine.h"
#include "model/batch_builder.h"
#include "model/catalog.h"
#include "world/views.h"

namespace perdure {
namespace {

class CategoriesTest : public testing::Test {
protected:
    CategoriesTest() { EXPECT_TRUE(catalog_.add(**catalog_.evolve(categories_definition())).ok()); }
    Batch row(std::string_view name, std::string_view durability) {
        BatchBuilder builder(*catalog_.find("_categories"), Operation::upsert);
        const std::vector<Cell> cells{{"name", name},
                                      {"durability", durability},
                                      {"consistency", "strict"},
                                      {"retention", "keep"},
                                      {"interval_ms", 700u}};
        EXPECT_TRUE(builder.add(cells).ok());
        return *builder.finish();
    }

    Catalog catalog_;
};

TEST_F(CategoriesTest, a_row_is_read_as_it_was_written) {
    const auto read = read_category(row("economy", "relaxed"), 0);
    ASSERT_TRUE(read.ok()) << read.status().text();
    EXPECT_EQ(*read, (Category{.name = "economy",
                               .durability = Level::relaxed,
                               .interval_ms = 700,
                               .consistency = "strict",
                               .retention = "keep"}));
}

TEST_F(CategoriesTest, a_row_that_cannot_be_ours_is_corrupt_and_named) {
    const auto read = read_category(row("economy", "for ever"), 0);
    EXPECT_EQ(read.status().code(), Code::corrupt);
    EXPECT_NE(read.status().message().find("economy"), std::string::npos) << read.status().text();
}

TEST_F(CategoriesTest, an_engine_without_our_tables_is_told_so) {
    engine::LiveEngine bare;
    EXPECT_EQ(keep_categories(*bare, {}).code(), Code::corrupt);
    EXPECT_EQ(declare_entity_views(*bare).code(), Code::corrupt);
}

}  // namespace
}  // namespace perdure
