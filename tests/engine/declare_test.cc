// Declaring on the store in memory: what changes, and the rows that are converted on the way.
#include <string>
#include <vector>

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

// Both would have had the same id, and the journal that has both could never be recovered.
TEST_F(DeclaringTest, a_table_waits_for_one_that_is_still_on_its_way) {
    TableBuilder things("things");
    things.key<std::uint64_t>("id");
    const auto declare_running = [&](const TableBuilder& table) {
        return live_->declare({table.definition()}, Engine::Declaring::running).code();
    };
    live_.store->mood = Status(Code::no_space, "the disk is full");
    EXPECT_EQ(declare_running(things), Code::unknown);
    EXPECT_EQ(declare_running(goods()), Code::unknown);
    EXPECT_EQ(live_->catalog().find("goods"), nullptr);
    live_.crash();
    ASSERT_TRUE(live_.open().ok());
    EXPECT_NE(live_->catalog().find("things"), nullptr);
    EXPECT_EQ(live_->catalog().find("goods"), nullptr) << "it was never accepted";
    EXPECT_EQ(declare_running(goods()), Code::ok);
}

TEST_F(DeclaringTest, a_table_that_did_not_reach_the_store_is_there_when_it_is_declared_again) {
    TableBuilder things("things");
    things.key<std::uint64_t>("id");
    live_.store->mood = Status(Code::no_space, "the disk is full");
    EXPECT_FALSE(live_->declare({things.definition()}, Engine::Declaring::running).ok());
    live_.store->mood = Status();
    live_.clock.advance_ns(1'000'000'000);
    const Lsn before = live_->health().accepted_lsn;
    EXPECT_TRUE(live_->declare({things.definition()}, Engine::Declaring::running).ok());
    EXPECT_EQ(live_->health().accepted_lsn, before) << "it is what was accepted then";
    EXPECT_TRUE(live_->declare({goods().definition()}, Engine::Declaring::running).ok());
    EXPECT_NE(live_->catalog().find("goods")->id, live_->catalog().find("things")->id);
}

TEST_F(DeclaringTest, dropping_what_was_never_there_is_nothing) {
    ASSERT_TRUE(declare(goods().column<bool>("sold")).ok());
    Schema older;
    older.drop("nothing", "colour").drop("goods", "colour");
    const Lsn before = live_->health().accepted_lsn;
    EXPECT_TRUE(declare(goods().column<bool>("sold"), older).ok());
    EXPECT_EQ(live_->health().accepted_lsn, before);
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

// Goods with a price in words, which becomes a number.
class ConvertingTest : public testing::Test {
protected:
    ConvertingTest() {
        older_.convert<std::string, std::int64_t>(
            "goods", "price", [this](const std::string& text) -> Result<std::int64_t> {
                ++converted_;
                return std::int64_t{std::stoll(text)};
            });
    }
    template <typename Price>
    static std::vector<TableDefinition> goods(const char* category = "world") {
        TableBuilder table("goods");
        table.key<std::uint64_t>("id").column<Price>("price").category(category);
        return {table.definition()};
    }
    static Status declare_old(LiveEngine& live, const char* category = "world") {
        return live->declare(goods<std::string>(category), Engine::Declaring::opening);
    }
    Status declare_new(LiveEngine& live, const char* category = "world") const {
        return live->declare(goods<std::int64_t>(category), Engine::Declaring::opening,
                             older_.evolution());
    }
    // Goods with ids up to that; each costs what its id is.
    static void fill(LiveEngine& live, std::uint64_t last, std::size_t digits) {
        for (std::uint64_t id = 0; id < last;) {
            Change change = live.change();
            for (int row = 0; row < 100 && id < last; ++row) {
                const std::string price = std::to_string(++id);
                change.put("goods", {id, std::string(digits - price.size(), '0') + price});
            }
            EXPECT_TRUE(live.commit(change).wait().ok());
            EXPECT_TRUE(live.drain().ok());
        }
    }
    // How many rows cost what their id is; none if one does not.
    static std::uint64_t rows_that_are_right(LiveEngine& live) {
        const auto snapshot = live->store().snapshot();
        const Batch rows =
            *(*snapshot)->scan(*live->catalog().find("goods"), nullptr, 0, 1'000'000);
        for (std::uint32_t row = 0; row < rows.rows(); ++row) {
            const Value price = rows.value(1, row);
            const auto* number = price.get_if<std::int64_t>();
            const std::int64_t costs =
                number ? *number : std::stoll(price.get_if<std::string>()->c_str());
            if (rows.value(0, row) != Value(static_cast<std::uint64_t>(costs))) return 0;
        }
        return rows.rows();
    }

    Schema older_;
    std::uint64_t converted_ = 0;
};

TEST_F(ConvertingTest, large_tables_are_logged_now_and_then) {
    std::vector<std::string> lines;
    LiveEngine live;
    ASSERT_TRUE(declare_old(live).ok());
    Change many = live.change();
    for (std::uint64_t id = 1; id <= 60'000; ++id) many.put("goods", {id, std::to_string(id)});
    EXPECT_TRUE(live.commit(many).wait().ok());
    ASSERT_TRUE(live->close().ok());
    live.settings.log = [&](std::string_view line) { lines.emplace_back(line); };
    ASSERT_TRUE(live.open().ok());
    ASSERT_TRUE(declare_new(live).ok());
    EXPECT_EQ(rows_that_are_right(live), 60'000u);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_NE(lines[0].find("of 60000 rows are converted"), std::string::npos) << lines[0];
    EXPECT_NE(lines[1].find("all 60000 rows are converted"), std::string::npos) << lines[1];
}

TEST_F(ConvertingTest, rows_of_an_ephemeral_table_went_when_the_world_was_opened) {
    LiveEngine live;
    ASSERT_TRUE(declare_old(live, "fleeting").ok());
    Proposal proposal;
    proposal.changes.ephemeral.push_back(*make_row(
        *live->catalog().find("goods"), Operation::upsert, Row{{"id", 1U}, {"price", "12"}}));
    ASSERT_TRUE(live->commit(proposal, {}).ok());
    live.crash();
    ASSERT_TRUE(live.open().ok());
    ASSERT_TRUE(declare_new(live, "fleeting").ok());
    EXPECT_EQ(converted_, 0u);
    EXPECT_EQ(live.find("goods", {{"id", 1U}}), "none");
    EXPECT_EQ(live->catalog().find("goods")->columns[1].type.kind, ColumnKind::i64);
}

// A remark needs a reader; a world without a log has none.
TEST_F(ConvertingTest, a_field_that_may_have_been_renamed_is_remarked_upon) {
    const auto declare_cost = [](LiveEngine& live) {
        TableBuilder table("goods");
        table.key<std::uint64_t>("id").column<std::string>("cost");
        return live->declare({table.definition()}, Engine::Declaring::opening);
    };
    LiveEngine silent;
    ASSERT_TRUE(declare_old(silent).ok());
    EXPECT_TRUE(declare_cost(silent).ok());
    std::vector<std::string> lines;
    EngineOptions options;
    options.log = [&](std::string_view line) { lines.emplace_back(line); };
    LiveEngine live(options);
    ASSERT_TRUE(declare_old(live).ok());
    EXPECT_TRUE(declare_cost(live).ok());
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("price (text) is gone and cost is new"), std::string::npos) << lines[0];
}

// In pages of several change sets, in a journal that is full again and again.
class ConvertingFailure : public ConvertingTest {
protected:
    static constexpr std::uint64_t rows = 400;

    static EngineOptions options() {
        EngineOptions options;
        options.journal = {.file_bytes = 64 << 10, .bytes_max = 128 << 10, .files_ahead = 1};
        return options;
    }
    // Converts with a fault in it, and says whether it was met. What it leaves is seen by nobody,
    // and the next opening converts everything, whether the old program was there meanwhile or not.
    bool survives(std::uint64_t call_of_store, std::uint64_t operation_of_disk,
                  bool old_program_meanwhile) const {
        LiveEngine live(options());
        EXPECT_TRUE(declare_old(live).ok());
        fill(live, rows, 100);
        const std::uint64_t calls = live.store_calls.made;
        const std::uint64_t operations = live.files.operation_count();
        if (call_of_store > 0) live.store_calls.fails = calls + call_of_store;
        if (operation_of_disk > 0) live.files.inject({.at = operation_of_disk});
        const Status declared = declare_new(live);
        const bool met = call_of_store > 0
                             ? live.store_calls.made >= calls + call_of_store
                             : live.files.operation_count() >= operations + operation_of_disk;
        EXPECT_TRUE(met || declared.ok()) << declared.text();
        EXPECT_NE(declared.code(), Code::corrupt) << declared.text();
        live.store_calls.fails = 0;
        live.files.clear_faults();
        live.crash();
        const Status opened = live.open();
        EXPECT_TRUE(opened.ok()) << opened.text();
        if (!opened.ok()) return false;
        if (!declared.ok() && old_program_meanwhile && !is_converted(live)) {
            EXPECT_TRUE(declare_old(live).ok());
            EXPECT_EQ(rows_that_are_right(live), rows);
        }
        const Status again = declare_new(live);
        EXPECT_TRUE(again.ok()) << again.text();
        EXPECT_TRUE(is_converted(live));
        EXPECT_EQ(rows_that_are_right(live), rows);
        return met;
    }

private:
    // The last definition may be in the journal though who declared it was told of a failure.
    static bool is_converted(LiveEngine& live) {
        return live->catalog().find("goods")->columns[1].type.kind == ColumnKind::i64;
    }
};

TEST_F(ConvertingFailure, of_the_store_is_an_error_and_no_loss) {
    std::uint64_t at = 1;
    while (survives(at, 0, at % 2 == 0) && !HasFailure()) ++at;
    EXPECT_GT(at, 10u);
}

TEST_F(ConvertingFailure, of_the_disk_is_an_error_and_no_loss) {
    std::uint64_t at = 1;
    while (survives(0, at, at % 2 == 0) && !HasFailure()) ++at;
    EXPECT_GT(at, 20u);
}

}  // namespace
}  // namespace perdure::engine
