#include "store/store_catalog.h"

#include "store/language.h"

namespace perdure::store {
namespace {

class StoreCatalogTest : public testing::Test {
protected:
    static TableDefinition version(std::uint32_t number) {
        TableDefinition table = positions();
        table.version = number;
        return table;
    }

    StoreCatalog catalog;
};

TEST_F(StoreCatalogTest, what_is_unknown_is_not_found) {
    EXPECT_EQ(catalog.first(1), nullptr);
    EXPECT_EQ(catalog.in_force(1, 9), nullptr);
    EXPECT_EQ(catalog.find(1, 1), nullptr);
    EXPECT_TRUE(*catalog.is_new(positions()));
}

TEST_F(StoreCatalogTest, what_was_cut_is_unknown_again) {
    catalog.add(version(1));
    catalog.cut(0);
    EXPECT_EQ(catalog.first(1), nullptr);
    EXPECT_EQ(catalog.in_force(1, 9), nullptr);
    EXPECT_EQ(catalog.find(1, 1), nullptr);
    EXPECT_TRUE(*catalog.is_new(positions()));
    EXPECT_EQ(catalog.count(), 0U);
}

TEST_F(StoreCatalogTest, each_count_has_its_version_in_force) {
    catalog.add(version(1));
    catalog.add(trades());
    catalog.add(version(5));
    EXPECT_EQ(catalog.in_force(1, 0), nullptr);
    EXPECT_EQ(catalog.in_force(1, 2)->version, 1U);
    EXPECT_EQ(catalog.in_force(1, 3)->version, 5U);
    EXPECT_EQ(catalog.first(1)->version, 1U);
    EXPECT_EQ(catalog.find(1, 5)->version, 5U);
    EXPECT_EQ(catalog.find(1, 4), nullptr);
}

TEST_F(StoreCatalogTest, a_version_that_is_past_is_refused) {
    catalog.add(version(5));
    expect_refused(catalog.is_new(version(3)).status(), Code::incompatible,
                   {"version 3 comes after version 5"});
}

TEST_F(StoreCatalogTest, what_is_no_definition_is_refused) {
    TableDefinition nothing = positions();
    nothing.columns.clear();
    EXPECT_FALSE(catalog.is_new(nothing).ok());
}

TEST_F(StoreCatalogTest, another_key_is_refused) {
    catalog.add(trades());
    TableDefinition longer = trades();
    longer.version = 2;
    longer.key_columns = 3;
    expect_refused(catalog.is_new(longer).status(), Code::incompatible, {"another key"});
    TableDefinition other = trades();
    other.version = 2;
    std::swap(other.columns[1], other.columns[2]);  // what was no key is one now
    expect_refused(catalog.is_new(other).status(), Code::incompatible, {"another key (amount)"});
}

}  // namespace
}  // namespace perdure::store
