#include "model/catalog.h"

#include <cmath>
#include <thread>

#include <gtest/gtest.h>

#include "model/tables.h"

namespace perdure {
namespace {

TableBuilder trades() {
    TableBuilder table("trades");
    table.key<std::uint64_t>("tick").key<std::uint32_t>("seq").column<std::int64_t>("amount");
    return table;
}

class CatalogTest : public testing::Test {
protected:
    // Declares and, as the engine would, adds what came of it.
    std::optional<TableDefinition> declare(const TableDefinition& wanted) {
        auto evolved = catalog_.evolve(wanted);
        EXPECT_TRUE(evolved.ok()) << evolved.status().text();
        if (!evolved.ok()) return std::nullopt;
        if (*evolved) {
            EXPECT_TRUE(catalog_.add(**evolved).ok());
        }
        return *evolved;
    }
    std::optional<TableDefinition> declare(const TableBuilder& table) {
        return declare(table.definition());
    }

    void expect_refused(const TableDefinition& wanted, std::vector<std::string> words) {
        const Status status = catalog_.evolve(wanted).status();
        EXPECT_EQ(status.code(), Code::incompatible);
        for (const std::string& word : words) {
            EXPECT_NE(status.message().find(word), std::string_view::npos)
                << word << " in: " << status.message();
        }
    }

    Catalog catalog_;
};

TEST_F(CatalogTest, a_new_table_gets_id_version_and_numbers) {
    const auto table = *declare(trades());
    EXPECT_EQ(table.id, 1U);
    EXPECT_EQ(table.version, 1U);
    EXPECT_EQ(table.columns[0].number, 1);
    EXPECT_EQ(table.columns[2].number, 3);
    EXPECT_EQ(table.next_column_number, 4);
    EXPECT_EQ((*declare(TableBuilder("other").key<int>("k"))).id, 2U);
}

TEST_F(CatalogTest, evolve_alone_changes_nothing) {
    ASSERT_TRUE(catalog_.evolve(trades().definition()).ok());
    EXPECT_EQ(catalog_.find("trades"), nullptr);
    EXPECT_TRUE(catalog_.tables().empty());
}

TEST_F(CatalogTest, the_same_again_changes_nothing) {
    declare(trades());
    EXPECT_EQ(declare(trades()), std::nullopt);
}

TEST_F(CatalogTest, id_and_version_in_the_wanted_definition_are_not_looked_at) {
    const auto table = *declare(trades());
    TableDefinition wanted = table;
    wanted.id = 99;
    wanted.version = 7;
    EXPECT_EQ(declare(wanted), std::nullopt);
}

TEST_F(CatalogTest, an_added_column_gets_the_next_number) {
    declare(trades());
    const auto next = *declare(trades().column<std::string>("note"));
    EXPECT_EQ(next.id, 1U);
    EXPECT_EQ(next.version, 2U);
    EXPECT_EQ(next.columns[3].number, 4);
    EXPECT_EQ(catalog_.find("trades")->version, 2U);
    EXPECT_EQ(catalog_.find(1, 1)->columns.size(), 3U);
}

TEST_F(CatalogTest, the_number_of_a_removed_column_is_never_given_again) {
    declare(trades().column<int>("note"));
    declare(trades());
    const auto third = *declare(trades().column<std::string>("note"));
    EXPECT_EQ(third.version, 3U);
    EXPECT_EQ(third.columns[3].number, 5);
    EXPECT_EQ(third.next_column_number, 6);
}

TEST_F(CatalogTest, columns_stand_in_the_wanted_order_and_keep_their_numbers) {
    declare(TableBuilder("t").key<int>("k").column<int>("a").column<int>("b"));
    const auto next = *declare(
        TableBuilder("t").key<int>("k").column<int>("b").column<int>("c").column<int>("a"));
    EXPECT_EQ(next.columns[1].name, "b");
    EXPECT_EQ(next.columns[1].number, 3);
    EXPECT_EQ(next.columns[2].number, 4);
    EXPECT_EQ(next.columns[3].number, 2);
}

TEST_F(CatalogTest, another_category_is_a_new_version) {
    declare(trades());
    const auto next = *declare(trades().category("economy"));
    EXPECT_EQ(next.version, 2U);
    EXPECT_EQ(next.category, "economy");
}

TEST_F(CatalogTest, a_column_keeps_the_default_it_came_with) {
    TableDefinition wanted = trades().definition();
    wanted.columns[2].default_value = Value(5);
    declare(wanted);
    wanted.columns[2].default_value = Value(6);
    EXPECT_EQ(declare(wanted), std::nullopt);
    wanted.columns.push_back({"more", 0, test::type_of(ColumnKind::i32), false, Value(7U)});
    const auto next = *declare(wanted);
    EXPECT_EQ(next.columns[2].default_value, Value(5));
    EXPECT_EQ(next.columns[3].default_value, Value(7)) << "in the form that decoding gives";
}

TEST_F(CatalogTest, a_default_of_nan_is_equal_to_itself) {
    TableDefinition wanted = trades().definition();
    wanted.columns.push_back(
        {"heat", 0, test::type_of(ColumnKind::f64), false, Value(std::nan(""))});
    const auto table = *declare(wanted);
    EXPECT_EQ(declare(wanted), std::nullopt);
    EXPECT_TRUE(catalog_.add(table).ok());
}

TEST_F(CatalogTest, refuses_another_type_and_names_both) {
    declare(trades());
    TableDefinition wanted = trades().definition();
    wanted.columns[2].type = test::type_of(ColumnKind::f64);
    expect_refused(wanted, {"table trades, column amount", "the world has i64",
                            "the program wants f64", "another name"});
}

TEST_F(CatalogTest, refuses_another_key) {
    declare(trades());
    expect_refused(TableBuilder("trades")
                       .key<std::uint64_t>("tick")
                       .column<std::int64_t>("amount")
                       .definition(),
                   {"the key (tick u64, seq u32)", "wants (tick u64)"});
    expect_refused(
        TableBuilder("trades").key<std::uint32_t>("seq").key<std::uint64_t>("tick").definition(),
        {"(tick u64, seq u32)", "(seq u32, tick u64)"});
    expect_refused(
        TableBuilder("trades").key<std::uint64_t>("tick").key<std::int32_t>("seq").definition(),
        {"(tick u64, seq i32)"});
    expect_refused(
        TableBuilder("trades").key<std::uint64_t>("tock").key<std::uint32_t>("seq").definition(),
        {"(tock u64, seq u32)"});
}

TEST_F(CatalogTest, refuses_a_column_that_leaves_the_key_and_one_that_joins_it) {
    declare(trades());
    expect_refused(
        TableBuilder("trades").key<std::uint64_t>("tick").column<std::uint32_t>("seq").definition(),
        {"keys do not change"});
}

TEST_F(CatalogTest, refuses_other_flags) {
    declare(trades());
    expect_refused(trades().append_only().definition(),
                   {"not append-only", "wants it append-only"});
    TableDefinition wanted = trades().definition();
    wanted.resident = true;
    expect_refused(wanted, {"not resident", "wants it resident"});
}

TEST_F(CatalogTest, refuses_names_that_differ_only_in_case) {
    declare(trades());
    TableDefinition wanted = trades().definition();
    wanted.name = "Trades";
    expect_refused(wanted, {"table Trades", "the world has it as trades"});
    wanted = trades().definition();
    wanted.columns[2].name = "Amount";
    expect_refused(wanted, {"column Amount", "the world has it as amount"});
}

TEST_F(CatalogTest, refuses_definitions_that_are_not_valid) {
    EXPECT_EQ(catalog_.evolve(TableBuilder("t").key<float>("k").definition()).status().code(),
              Code::invalid);
    EXPECT_TRUE(declare(TableBuilder("_ids").key<int>("_k")).has_value())
        << "ours may begin with _";
}

TEST_F(CatalogTest, column_numbers_run_out) {
    TableDefinition table = *declare(trades());
    table.version = 2;
    table.next_column_number = 65534;
    ASSERT_TRUE(catalog_.add(table).ok());
    const auto last = *declare(trades().column<int>("last"));
    EXPECT_EQ(last.columns[3].number, 65534);
    expect_refused(trades().column<int>("last").column<int>("more").definition(), {"column more"});
}

TEST_F(CatalogTest, tables_are_found_by_name_in_any_case_and_by_id) {
    declare(trades());
    EXPECT_EQ(catalog_.find("TRADES"), catalog_.find(1));
    EXPECT_EQ(catalog_.find("trade"), nullptr);
    EXPECT_EQ(catalog_.find(2), nullptr);
    EXPECT_EQ(catalog_.find(1, 2), nullptr);
    EXPECT_EQ(catalog_.find(1, 1), catalog_.find(1));
    EXPECT_EQ(catalog_.tables().size(), 1U);
}

TEST_F(CatalogTest, versions_may_come_in_any_order) {
    Catalog other;
    const auto first = *declare(trades());
    const auto second = *declare(trades().column<int>("note"));
    ASSERT_TRUE(other.add(second).ok());
    ASSERT_TRUE(other.add(first).ok());
    ASSERT_TRUE(other.add(first).ok()) << "the same again is fine";
    EXPECT_EQ(other.find("trades")->version, 2U);
    EXPECT_EQ(*other.find(1, 1), first);
}

TEST_F(CatalogTest, definitions_stay_where_they_are) {
    declare(trades());
    const TableDefinition* first = catalog_.find("trades");
    for (int count = 0; count < 100; ++count) {
        declare(TableBuilder(text::format("t{}", count)).key<int>("k"));
    }
    declare(trades().column<int>("note"));
    EXPECT_EQ(first->version, 1U);
    EXPECT_EQ(first, catalog_.find(1, 1));
}

TEST_F(CatalogTest, contradictions_are_corrupt) {
    const auto table = *declare(trades());
    const auto expect_corrupt = [&](const auto& change) {
        TableDefinition bad = table;
        change(bad);
        EXPECT_EQ(catalog_.add(bad).code(), Code::corrupt);
    };
    expect_corrupt([](auto& bad) { bad.category = "other"; });  // the same version, another content
    expect_corrupt([](auto& bad) { bad.id = 0; });
    expect_corrupt([](auto& bad) { bad.id = 2; });  // the same name, another id
    expect_corrupt([](auto& bad) { bad.version = 0; });
    expect_corrupt([](auto& bad) { bad.version = 2, bad.append_only = true; });
    expect_corrupt([](auto& bad) { bad.version = 2, bad.key_columns = 1; });
    expect_corrupt([](auto& bad) { bad.version = 2, bad.columns[2].type.kind = ColumnKind::i32; });
    expect_corrupt([](auto& bad) { bad.version = 2, bad.columns[2].number = 1; });
    expect_corrupt([](auto& bad) { bad.version = 2, bad.columns[2].name = "a b"; });
    expect_corrupt([](auto& bad) { std::swap(bad.columns[0].number, bad.columns[1].number); });
}

TEST_F(CatalogTest, limits_the_number_of_tables) {
    const TableDefinition base = *declare(trades());
    for (TableId id = 2; id <= tables_max; ++id) {
        TableDefinition table = base;
        table.id = id;
        table.name = text::format("t{}", id);
        ASSERT_TRUE(catalog_.add(table).ok());
    }
    const auto one_more = catalog_.evolve(TableBuilder("more").key<int>("k").definition());
    EXPECT_EQ(one_more.status().code(), Code::no_space);
    EXPECT_TRUE(catalog_.evolve(trades().column<int>("x").definition()).ok());
}

TEST_F(CatalogTest, is_read_while_it_grows) {
    declare(trades());
    std::thread reader([&] {
        for (int round = 0; round < 2000; ++round) {
            EXPECT_EQ(catalog_.find("trades")->id, 1U);
            EXPECT_FALSE(catalog_.tables().empty());
        }
    });
    for (int count = 0; count < 200; ++count) {
        declare(TableBuilder(text::format("t{}", count)).key<int>("k"));
    }
    reader.join();
}

}  // namespace
}  // namespace perdure
