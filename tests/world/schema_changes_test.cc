// What a program says about older worlds: renames, written numbers, wider types, conversions,
// drops.
#include "store/sqlite/query.h"
#include "world/home.h"

namespace perdure {

namespace gold {  // Purse, two years on: another name, a renamed field of a wider type
struct Wallet {
    double weight = 0.5;
    std::optional<std::int64_t> gold;
};
PERDURE_COMPONENT(Wallet, weight, gold);
}  // namespace gold
namespace social {  // a relation, and what became of it
struct Trades {
    std::string volume;
    std::int32_t times = 0;
};
PERDURE_COMPONENT(Trades, volume, times);
}  // namespace social
namespace graph {
struct Deals {
    std::int32_t count = 0;
    std::int64_t volume = 0;
    bool fair = true;
};
PERDURE_COMPONENT(Deals, count, volume, fair);
}  // namespace graph
namespace narrow {
struct Wallet {
    std::int32_t coins = 0;
};
PERDURE_COMPONENT_AS(narrow::Wallet, "Purse", coins);
}  // namespace narrow

namespace {

enum class Ended { closed, crashed };

class SchemaChanges : public testing::TestWithParam<Ended> {
protected:
    using Columns = std::function<void(TableBuilder&)>;

    static Schema things(const Columns& columns) {
        Schema schema;
        TableBuilder& table = schema.table("things");
        table.key<std::uint64_t>("id");
        columns(table);
        return schema;
    }
    void next_life(Schema schema) {
        const Status opened = try_next_life(std::move(schema));
        ASSERT_TRUE(opened.ok()) << opened.text();
    }
    Status try_next_life(Schema schema) {
        if (home_.is_open()) {
            if (GetParam() == Ended::closed) {
                home_.close();
            } else {
                home_.crash();
            }
        }
        home_.know(std::move(schema));
        return home_.try_open();
    }
    std::string sql(const std::string& query) {
        const auto answer = store::sqlite::run_query(home_.path("store.sqlite"), query);
        if (!answer) return answer.status().text();
        std::string text;
        for (const auto& row : answer->rows) {
            for (const Value& value : row) text += (text.empty() ? "" : " ") + value_text(value);
        }
        return text;
    }

    Home home_;
};
INSTANTIATE_TEST_SUITE_P(, SchemaChanges, testing::Values(Ended::closed, Ended::crashed),
                         [](const auto& end) {
                             return end.param == Ended::closed ? "Closed" : "Crashed";
                         });

Result<std::int64_t> to_cents(const std::string& text) {
    if (text.find_first_not_of("0123456789") != std::string::npos || text.empty()) {
        return Status(Code::invalid, "'" + text + "' is no amount");
    }
    return std::int64_t{100} * std::stoll(text);
}

TEST_P(SchemaChanges, a_component_and_its_field_change_their_names_and_grow_wider) {
    Schema first;
    first.component<narrow::Wallet>();
    next_life(first);
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, narrow::Wallet{7});
    home_.commit();
    Schema second;
    second.component<gold::Wallet>();
    second.renamed("Purse", "Wallet").renamed_field("Wallet", "coins", "gold");
    for (int life = 0; life < 3; ++life) {
        next_life(second);
        ASSERT_NE(home_.entities().get<gold::Wallet>(ana), nullptr);
        EXPECT_EQ(home_.entities().get<gold::Wallet>(ana)->gold, 7 + life);
        EXPECT_EQ(home_.entities().get<gold::Wallet>(ana)->weight, 0.5);
        *home_.entities().edit<gold::Wallet>(ana)->gold += 1;
        home_.commit();
        home_.drain();
        EXPECT_EQ(sql("SELECT Wallet_gold FROM entities WHERE Wallet_gold IS NOT NULL"),
                  std::to_string(8 + life));
    }
}

TEST_P(SchemaChanges, a_component_field_with_a_written_number_needs_no_renaming) {
    Schema first;
    first.component<narrow::Wallet>({.numbers = {{"coins", 2}}});
    next_life(first);
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, narrow::Wallet{7});
    home_.commit();
    Schema second;
    second.component<gold::Wallet>({.numbers = {{"gold", 2}}});
    second.renamed("Purse", "Wallet");
    next_life(second);
    EXPECT_EQ(home_.entities().get<gold::Wallet>(ana)->gold, 7);
}

TEST_P(SchemaChanges, a_field_is_converted_in_every_row_and_the_old_values_stay_in_sql) {
    next_life(things([](TableBuilder& table) { table.column<std::string>("price"); }));
    home_.put("things", {{"id", 1U}, {"price", "12"}});
    home_.drain();
    home_.put("things", {{"id", 2U}, {"price", "7"}});
    Schema second = things([](TableBuilder& table) { table.column<std::int64_t>("price"); });
    second.convert<std::string, std::int64_t>("things", "price", to_cents);
    next_life(second);
    EXPECT_EQ(home_.rows("things"), (Rows{"1 1200", "2 700"}));
    EXPECT_EQ(sql("SELECT _removed_2_price FROM things ORDER BY id"), "12 7");
    home_.put("things", {{"id", 3U}, {"price", 5}});
    next_life(second);
    EXPECT_EQ(home_.rows("things"), (Rows{"1 1200", "2 700", "3 5"}));
}

TEST_P(SchemaChanges, a_conversion_that_fails_leaves_the_world_to_the_old_program) {
    const Schema first = things([](TableBuilder& table) { table.column<std::string>("price"); });
    next_life(first);
    home_.put("things", {{"id", 1U}, {"price", "12"}});
    home_.put("things", {{"id", 2U}, {"price", "dear"}});
    Schema second = things([](TableBuilder& table) { table.column<std::int64_t>("price"); });
    second.convert<std::string, std::int64_t>("things", "price", to_cents);
    const Status refused = try_next_life(second);
    for (const char* word : {"table things", "2", "field price", "'dear' is no amount"}) {
        EXPECT_NE(refused.message().find(word), std::string_view::npos) << refused.text();
    }
    next_life(first);
    EXPECT_EQ(home_.rows("things"), (Rows{"1 12", "2 dear"}));
    home_.put("things", {{"id", 2U}, {"price", "3"}});
    next_life(second);
    EXPECT_EQ(home_.rows("things"), (Rows{"1 1200", "2 300"}));
}

TEST_P(SchemaChanges, components_are_converted_before_they_live) {
    Schema first;
    first.component<Title>();
    next_life(first);
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, Title{"Queen", 3});
    home_.commit();
    Schema second;
    second.component<Title>();
    second.convert_rows(
        {"Title", "louder", {"text"}, [](const OldRow& from, Row& to) {
             to.push_back({"text", *from.find("text")->get_if<std::string>() + "!"});
             return Status();
         }});
    for (int life = 0; life < 2; ++life) {
        next_life(second);
        EXPECT_EQ(*home_.entities().get<Title>(ana), (Title{"Queen!", 3})) << "once";
    }
}

// A key of two columns, more than two pages of rows.
TEST_P(SchemaChanges, relations_change_as_tables_do) {
    constexpr std::uint64_t edges = 9000;
    Schema first;
    first.relation<social::Trades>();
    next_life(first);
    const Entity ana = home_.entities().create();
    const Entity bo = home_.entities().create();
    std::vector<Entity> others;
    for (std::uint64_t at = 0; at < edges; ++at) {
        others.push_back(home_.entities().create());
        home_->relations().relate(at % 2 == 0 ? ana : bo, others.back(),
                                  social::Trades{std::to_string(at), 7});
    }
    home_.commit();
    Schema second;
    second.relation<graph::Deals>({.numbers = {{"count", 4}}});
    second.renamed("Trades", "Deals");
    second.convert<std::string, std::int64_t>("Deals", "volume", to_cents);
    second.convert_rows({"Deals", "ends", {"fair"}, [](const OldRow& from, Row& to) {
                             const auto* seller = from.find("from")->get_if<Entity>();
                             const auto* buyer = from.find("to")->get_if<Entity>();
                             to.push_back({"fair", seller->id % 2 == buyer->id % 2});
                             return Status();
                         }});
    for (int life = 0; life < 2; ++life) {
        next_life(second);
        Relations& relations = home_->relations();
        ASSERT_EQ(relations.count_of<graph::Deals>(), edges);
        for (std::uint64_t at = 0; at < edges; ++at) {
            const Entity seller = at % 2 == 0 ? ana : bo;
            const auto* deals = relations.get<graph::Deals>(seller, others[at]);
            ASSERT_NE(deals, nullptr) << at;
            ASSERT_EQ(deals->count, 7) << "a field with a number under another name";
            ASSERT_EQ(deals->volume, static_cast<std::int64_t>(at * 100));
            ASSERT_EQ(deals->fair, seller.id % 2 == others[at].id % 2);
        }
    }
    EXPECT_EQ(sql("SELECT count(*) FROM Deals WHERE _removed_3_volume = '8999'"), "1");
}

TEST_P(SchemaChanges, a_table_of_many_pages_is_converted_in_small_change_sets) {
    next_life(things([](TableBuilder& table) { table.column<std::string>("price"); }));
    constexpr std::uint64_t rows = 9000;  // more than two pages
    {
        Transaction all = home_->begin();
        for (std::uint64_t id = 0; id < rows; ++id) {
            ASSERT_TRUE(all.put("things", {{"id", id}, {"price", std::to_string(id)}}).ok());
        }
        ASSERT_TRUE(all.commit({.wait = true}).ok());
    }
    std::vector<std::string> log;
    home_.options.log = [&](std::string_view line) { log.emplace_back(line); };
    Schema second = things([](TableBuilder& table) { table.column<std::int64_t>("price"); });
    second.convert<std::string, std::int64_t>("things", "price", to_cents);
    next_life(second);
    const Rows found = home_.rows("things");
    ASSERT_EQ(found.size(), rows);
    for (std::uint64_t id = 0; id < rows; ++id) {
        ASSERT_EQ(found[id], text::format("{} {}", id, id * 100));
    }
    EXPECT_NE(std::find(log.begin(), log.end(), "table things: all 9000 rows are converted"),
              log.end());
    EXPECT_GT(home_->health().accepted_lsn, 9000 / 4096 + 2);
    home_.options.log = nullptr;
}

// Whatever the moment of the crash, the next program finds all rows old or all rows new.
TEST_P(SchemaChanges, a_conversion_is_all_or_nothing_whenever_the_disk_fails) {
    const Schema first = things([](TableBuilder& table) { table.column<std::string>("price"); });
    Schema second = things([](TableBuilder& table) { table.column<std::int64_t>("price"); });
    second.convert<std::string, std::int64_t>("things", "price", to_cents);
    const Rows before{"1 12", "2 7"};
    const Rows after{"1 1200", "2 700"};
    int failed = 0;
    for (std::uint64_t skip = 0; skip < 40; ++skip) {
        Home home;
        home.know(first);
        home.open();
        home.put("things", {{"id", 1U}, {"price", "12"}});
        home.put("things", {{"id", 2U}, {"price", "7"}});
        home.close();
        home.know(second);
        home.files.inject({.kind = io::OperationKind::sync, .at = skip + 1, .from_then_on = true});
        const bool opened = home.try_open().ok();
        if (opened) home.crash();
        home.files.clear_faults();
        failed += opened ? 0 : 1;
        home.know(GetParam() == Ended::closed ? first : second);
        if (GetParam() == Ended::closed && home.try_open().ok()) {
            EXPECT_EQ(home.rows("things"), before) << skip;
            home.close();
        }
        home.know(second);
        home.open();
        EXPECT_EQ(home.rows("things"), after) << skip;
        home.close();
    }
    EXPECT_GT(failed, 3) << "the failures hit nothing";
}

TEST_P(SchemaChanges, what_a_removed_field_held_stays_in_sql_until_it_is_dropped) {
    next_life(things([](TableBuilder& table) { table.column<int>("a").column<std::string>("b"); }));
    home_.put("things", {{"id", 1U}, {"a", 10}, {"b", "text"}});
    const Schema second = things([](TableBuilder& table) { table.column<int>("a"); });
    next_life(second);
    EXPECT_EQ(sql("SELECT _removed_3_b FROM things"), "text");
    Schema third = second;
    third.drop("things", "b");
    for (int life = 0; life < 2; ++life) {
        next_life(third);
        EXPECT_EQ(home_.rows("things"), Rows{"1 10"});
        EXPECT_NE(sql("SELECT _removed_3_b FROM things").find("no such column"), std::string::npos);
    }
    Schema unlisted;
    unlisted.drop("things", "a");
    const Status refused = try_next_life(unlisted);
    EXPECT_NE(refused.message().find("things.a is in use"), std::string_view::npos)
        << refused.text();
}

TEST_P(SchemaChanges, a_table_gets_the_name_that_another_one_leaves) {
    next_life(things([](TableBuilder& table) { table.column<int>("a"); }));
    home_.put("things", {{"id", 1U}, {"a", 10}});
    Schema second;
    second.table("goods").key<std::uint64_t>("id").column<int>("a");
    second.table("things").key<std::string>("name");
    second.renamed("things", "goods");
    for (std::size_t life = 0; life < 2; ++life) {
        next_life(second);
        EXPECT_EQ(home_.rows("goods"), Rows{"1 10"});
        EXPECT_EQ(home_.rows("things").size(), life);
        home_.put("things", {{"name", "new"}});
    }
}

// The same table would have been there twice, and the world could not be opened any more.
TEST_P(SchemaChanges, a_world_two_names_back_opens_where_the_name_between_is_used_again) {
    next_life(things([](TableBuilder& table) { table.column<int>("a"); }));
    home_.put("things", {{"id", 1U}, {"a", 10}});
    Schema second;
    second.table("stuff").key<std::uint64_t>("id").column<int>("a");
    second.table("goods").key<std::uint64_t>("id").column<int>("a");
    second.renamed("things", "stuff").renamed("stuff", "goods");
    for (std::size_t life = 0; life < 2; ++life) {
        next_life(second);
        EXPECT_EQ(home_.rows("goods"), Rows{"1 10"});
        EXPECT_EQ(home_.rows("stuff").size(), life);
        home_.put("stuff", {{"id", 7U}});
    }
}

TEST_P(SchemaChanges, defaults_of_columns_are_what_rows_from_before_them_read) {
    next_life(things([](TableBuilder&) {}));
    home_.put("things", {{"id", 1U}});
    next_life(things([](TableBuilder& table) {
        table.column<int>("a", {.default_value = 5});
        table.column<std::string>("b", {.default_value = "it's"});
    }));
    home_.put("things", {{"id", 2U}, {"b", "b"}});
    EXPECT_EQ(home_.rows("things"), (Rows{"1 5 it's", "2 5 b"}));
    next_life(things([](TableBuilder& table) {
        table.column<std::optional<std::int64_t>>("a").column<std::string>("b");
    }));
    EXPECT_EQ(home_.rows("things"), (Rows{"1 5 it's", "2 5 b"}));
    home_.put("things", {{"id", 2U}, {"a", Value()}});
    EXPECT_EQ(home_.row("things", {{"id", 2U}}), "2 null it's");
    EXPECT_EQ(
        try_next_life(things([](TableBuilder& table) {
            table.column<std::optional<int>>("a", {.default_value = 5});
        })).message(),
        "opening world " + home_.directory() +
            ": table things, column a: it may be null, so its default is null; give no other");
}

}  // namespace
}  // namespace perdure
