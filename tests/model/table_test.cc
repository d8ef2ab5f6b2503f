#include "perdure/table.h"

#include <gtest/gtest.h>

#include "model/tables.h"

namespace perdure {
namespace {

class TableTest : public testing::Test {
protected:
    TableTest() {
        TableBuilder builder("trades");
        builder.key<std::uint64_t>("tick").column<std::int64_t>("amount").column<std::string>(
            "note");
        table_ = builder.definition();
    }

    // Whether the message of the refusal has these words.
    void expect_refused(std::string_view words) {
        const Status status = table_.validate();
        EXPECT_EQ(status.code(), Code::invalid);
        EXPECT_NE(status.message().find(words), std::string_view::npos) << status.message();
        if (!words.starts_with('"')) {
            EXPECT_NE(status.message().find("trades"), std::string_view::npos);
        }
    }

    TableDefinition table_;
};

TEST_F(TableTest, a_plain_table_is_valid) { EXPECT_TRUE(table_.validate().ok()); }

TEST_F(TableTest, columns_are_found_in_any_case) {
    EXPECT_EQ(table_.find_column("AMOUNT"), 1U);
    EXPECT_EQ(table_.find_column("amoun"), std::nullopt);
    EXPECT_EQ(table_.find_column("amounts"), std::nullopt);
}

TEST_F(TableTest, columns_are_found_by_number) {
    table_.columns[0].number = 1;
    table_.columns[1].number = 7;
    table_.columns[2].number = 3;
    EXPECT_EQ(table_.find_number(7), 1U);
    EXPECT_EQ(table_.find_number(3), 2U);
    EXPECT_EQ(table_.find_number(2), std::nullopt);
}

TEST_F(TableTest, refuses_names_that_sql_or_people_would_trip_over) {
    for (const char* name : {"", "9lives", "a-b", "a b", "é", "a\"b"}) {
        EXPECT_EQ(validate_name("table", name).code(), Code::invalid) << name;
    }
    EXPECT_TRUE(validate_name("table", std::string(63, 'x')).ok());
    EXPECT_EQ(validate_name("table", std::string(64, 'x')).code(), Code::invalid);
    EXPECT_TRUE(validate_name("table", "a9_B").ok());
}

// They may come from a damaged disk.
TEST_F(TableTest, a_name_that_is_refused_is_shown_without_control_characters) {
    const Status status = validate_name("table", "a\x1B[2J\xFF");
    EXPECT_EQ(status.message().find("\"a\\x1b[2J\\xff\" cannot name a table"), 0U)
        << status.message();
}

TEST_F(TableTest, names_that_begin_with_an_underscore_are_ours) {
    EXPECT_EQ(validate_name("table", "_ids").code(), Code::invalid);
    EXPECT_TRUE(validate_name("table", "_ids", Naming::internal).ok());
    EXPECT_EQ(validate_name("table", "9", Naming::internal).code(), Code::invalid);
    table_.columns[1].name = "_amount";
    expect_refused("Perdure's own");
    EXPECT_TRUE(table_.validate(Naming::internal).ok());
}

TEST_F(TableTest, refuses_two_columns_that_differ_only_in_case) {
    table_.columns[2].name = "Amount";
    expect_refused("two columns named Amount");
}

TEST_F(TableTest, refuses_bad_table_and_category_names) {
    table_.category = "a b";
    expect_refused("\"a b\" cannot name a category");
    table_.category = "world";
    table_.name = "";
    expect_refused("\"\" cannot name a table");
}

TEST_F(TableTest, refuses_keys_that_cannot_be_keys) {
    table_.columns[0].type = test::type_of(ColumnKind::f64);
    expect_refused("column tick (f64) cannot be part of a key");
    table_.columns[0].type = test::type_of(ColumnKind::u64);
    table_.columns[0].nullable = true;
    expect_refused("cannot be null");
    table_.columns[0].nullable = false;
    table_.key_columns = 0;
    expect_refused("0 key columns");
    table_.key_columns = 4;
    expect_refused("4 key columns of 3");
}

TEST_F(TableTest, limits_key_columns_and_columns) {
    const auto with_columns = [&](std::size_t count, std::size_t keys) {
        table_.columns.resize(count);
        for (std::size_t index = 0; index < count; ++index) {
            table_.columns[index].name = text::format("c{}", index);
            table_.columns[index].type = test::type_of(ColumnKind::i64);
        }
        table_.key_columns = static_cast<std::uint16_t>(keys);
    };
    with_columns(table_columns_max, key_columns_max);
    EXPECT_TRUE(table_.validate().ok());
    with_columns(table_columns_max + 1, 1);
    expect_refused("1001 columns");
    with_columns(20, key_columns_max + 1);
    expect_refused("17 key columns");
}

TEST_F(TableTest, refuses_types_that_do_not_exist) {
    table_.columns[1].type = {ColumnKind::array, ColumnKind::f32, 0};
    expect_refused("column amount has no valid type");
}

TEST_F(TableTest, refuses_append_only_tables_in_memory) {
    table_.append_only = table_.resident = true;
    expect_refused("resident and append-only");
}

TEST_F(TableTest, defaults_must_fit_their_column) {
    table_.columns[1].default_value = Value(-7);
    EXPECT_TRUE(table_.validate().ok());
    table_.columns[1].default_value = Value("seven");
    expect_refused("the default: column amount (i64) cannot hold the text \"seven\"");
    table_.columns[1].default_value = Value(7);
    table_.columns[1].nullable = true;  // it could not be null when the default came
    EXPECT_TRUE(table_.validate().ok());
}

TEST_F(TableTest, limits_the_bytes_of_a_default) {
    table_.columns[2].default_value = Value(std::string(default_bytes_max, 'x'));
    EXPECT_TRUE(table_.validate().ok());
    table_.columns[2].default_value = Value(std::string(default_bytes_max + 1, 'x'));
    expect_refused("at most 1048576");
}

TEST(Names, compare_and_lower_without_regard_to_case_or_locale) {
    EXPECT_TRUE(same_name("Trades_9", "tRADES_9"));
    EXPECT_FALSE(same_name("trades", "trade"));
    EXPECT_FALSE(same_name("[", "{"));  // 32 apart, and no letters
    EXPECT_EQ(lower_case("AZ_az[09"), "az_az[09");
}

}  // namespace
}  // namespace perdure
