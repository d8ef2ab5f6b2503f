// Declaring on the store in memory: what changes, and the rows that are converted on the way.
#include <gtest/gtest.h>

#include "base/text.h"
#include "engine/live_engine.h"
#include "model/rows.h"

namespace perdure::engine {
namespace {

class DeclaringTest : public testing::Test {
protected:
    static TableBuilder goods() {
        TableBuilder table("goods");
        table.key<std::uint64_t>("id");
        return table;
    }
    Status declare(const TableBuilder& table, const Schema& older = {}) {
        return live_->declare({table.definition()}, Engine::Declaring::opening, older.evolution());
    }
    void put(const Row& cells) {
        const TableDefinition* table = live_->catalog().find("goods");
        Proposal proposal;
        proposal.changes.batches.push_back(*make_row(*table, Operation::upsert, cells));
        const auto token = live_->commit(proposal, {.tick = {}, .level = {}, .wait = true});
        ASSERT_TRUE(token.ok()) << token.status().text();
        ASSERT_TRUE(token->wait().ok());
    }
    // The cells of all rows, as the store has them.
    std::vector<Value> cells(std::string_view name) {
        std::vector<Value> all;
        const auto snapshot = live_->store().snapshot();
        const Batch rows = *(*snapshot)->scan(*live_->catalog().find(name), nullptr, 0, 1000);
        for (std::uint32_t row = 0; row < rows.rows(); ++row) {
            for (std::size_t column = 0; column < rows.columns(); ++column) {
                all.push_back(rows.value(column, row));
            }
        }
        return all;
    }

    LiveEngine live_;
};

TEST_F(DeclaringTest, pending_rows_reach_the_store_before_their_table_changes) {
    ASSERT_TRUE(declare(goods().column<std::int16_t>("amount")).ok());
    put({{"id", 1U}, {"amount", -7}});
    ASSERT_TRUE(declare(goods().column<std::int64_t>("amount").column<bool>("sold")).ok());
    EXPECT_EQ(cells("goods"), (std::vector<Value>{1U, -7, false}));
}

TEST_F(DeclaringTest, rows_are_converted_and_a_failure_shows_nothing) {
    ASSERT_TRUE(declare(goods().column<std::string>("price")).ok());
    put({{"id", 1U}, {"price", "12"}});
    put({{"id", 2U}, {"price", ""}});
    Schema older;
    older.convert<std::string, std::int64_t>("goods", "price",
                                             [](const std::string& text) -> Result<std::int64_t> {
                                                 if (text.empty())
                                                     return Status(Code::invalid, "no price");
                                                 return std::int64_t{std::stoll(text)};
                                             });
    const TableBuilder wanted = goods().column<std::int64_t>("price");
    EXPECT_NE(declare(wanted, older).message().find("no price"), std::string_view::npos);
    ASSERT_TRUE(declare(goods().column<std::string>("price")).ok());
    EXPECT_EQ(cells("goods"), (std::vector<Value>{1U, "12", 2U, ""}));
    put({{"id", 2U}, {"price", "7"}});
    const Status converted = declare(wanted, older);
    ASSERT_TRUE(converted.ok()) << converted.text();
    EXPECT_EQ(cells("goods"), (std::vector<Value>{1U, 12, 2U, 7}));
}

TEST_F(DeclaringTest, a_table_changes_while_it_is_opened_and_not_while_it_runs) {
    ASSERT_TRUE(declare(goods()).ok());
    const Status refused =
        live_->declare({goods().column<bool>("sold").definition()}, Engine::Declaring::running);
    EXPECT_EQ(refused.code(), Code::incompatible);
    EXPECT_NE(refused.message().find("changes when the world is opened"), std::string_view::npos);
}

TEST_F(DeclaringTest, renamed_tables_make_room_for_new_ones_and_removed_columns_are_dropped) {
    ASSERT_TRUE(declare(goods().column<bool>("sold").column<bool>("new")).ok());
    put({{"id", 1U}, {"sold", true}});
    Schema older;
    older.renamed("goods", "things").renamed("things", "stuff").drop("stuff", "new");
    TableBuilder stuff("stuff");
    stuff.key<std::uint64_t>("id").column<bool>("sold");
    const Status declared = live_->declare({goods().definition(), stuff.definition()},
                                           Engine::Declaring::opening, older.evolution());
    ASSERT_TRUE(declared.ok()) << declared.text();
    EXPECT_EQ(cells("stuff"), (std::vector<Value>{1U, true}));
    EXPECT_EQ(cells("goods"), std::vector<Value>());
}

// Were it journalled, the world could not be opened any more.
TEST_F(DeclaringTest, two_tables_that_would_both_be_an_old_one_are_refused) {
    ASSERT_TRUE(declare(goods()).ok());
    Schema older;
    older.renamed("goods", "things").renamed("goods", "stuff");
    TableBuilder things("things");
    things.key<std::uint64_t>("id");
    TableBuilder stuff("stuff");
    stuff.key<std::uint64_t>("id");
    const std::uint64_t before = live_->health().accepted_lsn;
    const Status refused = live_->declare({things.definition(), stuff.definition()},
                                          Engine::Declaring::opening, older.evolution());
    EXPECT_EQ(refused.code(), Code::invalid);
    EXPECT_NE(refused.message().find("would both become of the world's table 'goods'"),
              std::string_view::npos)
        << refused.text();
    EXPECT_EQ(live_->health().accepted_lsn, before);
    live_.crash();
    ASSERT_TRUE(live_.open().ok());
    EXPECT_NE(live_->catalog().find("goods"), nullptr);
}

TEST_F(DeclaringTest, what_the_catalog_would_refuse_is_refused_before_it_is_journalled) {
    Schema older;
    for (std::size_t count = 0; count <= row_conversions_max; ++count) {
        older.convert_rows({.table = "goods",
                            .name = text::format("number_{}", count),
                            .writes = {"id"},
                            .convert = nullptr});
    }
    const std::uint64_t before = live_->health().accepted_lsn;
    const Status refused = declare(goods(), older);
    EXPECT_EQ(refused.code(), Code::invalid);
    EXPECT_NE(refused.message().find("1001 row conversions"), std::string_view::npos)
        << refused.text();
    EXPECT_EQ(live_->health().accepted_lsn, before);
    live_.crash();
    ASSERT_TRUE(live_.open().ok());
    EXPECT_TRUE(declare(goods()).ok());
}

}  // namespace
}  // namespace perdure::engine
