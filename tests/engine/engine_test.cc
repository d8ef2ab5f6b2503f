// The engine's steps, its trouble, its end. What programs see of it is tested in tests/world, what
// it does with its store in engine_store_test.cc.
#include "engine/engine_test.h"

#include <array>

#include "engine/staging.h"

namespace perdure::engine {
namespace {

TEST_F(EngineTest, an_abandoned_engine_writes_nothing_more) {
    const Token lost = put(1);
    live_->abandon();
    const std::uint64_t written = live_->health().journal_bytes_written;
    EXPECT_FALSE(live_->step_journal());
    EXPECT_EQ(lost.wait().code(), Code::unknown);
    EXPECT_EQ(lost.wait(Level::stored).code(), Code::unknown);
    pass(5000);
    EXPECT_FALSE(step_store());
    EXPECT_TRUE(live_->close().ok());
    EXPECT_EQ(live_->health().journal_bytes_written, written);
    EXPECT_EQ(stored(), Rows{});
}

TEST_F(EngineTest, attests_only_when_it_was_idle_for_a_while) {
    EXPECT_TRUE(put(1).wait().ok());
    const std::uint64_t groups = live_->health().journal_groups;
    pass(4);
    live_->step_attest();
    EXPECT_EQ(live_->health().journal_groups, groups);
    pass(1);
    live_->step_attest();
    EXPECT_EQ(live_->health().journal_groups, groups + 1);
}

TEST_F(EngineTest, a_table_is_declared_once) {
    TableBuilder things("things");
    things.key<std::uint64_t>("id");
    TableBuilder same("THINGS");
    same.key<std::uint64_t>("id");
    EXPECT_EQ(
        live_->declare({things.definition(), same.definition()}, Engine::Declaring::running).code(),
        Code::invalid);
    EXPECT_EQ(live_->catalog().find("things"), nullptr);
    EXPECT_TRUE(live_->declare({things.definition()}, Engine::Declaring::running).ok());
    EXPECT_NE(live_->catalog().find("things"), nullptr);
}

TEST_F(EngineTest, a_row_that_no_store_can_hold_is_refused) {
    EngineOptions options;
    options.row_bytes_max = 10'000;
    LiveEngine live(std::move(options));
    Proposal large;
    large.changes = live.change().put("names", {std::string(20'000, 'a'), 1}).at(0);
    EXPECT_EQ(live->commit(large, {}).status().code(), Code::invalid);
    Change many = live.change();
    for (std::uint64_t number = 0; number < 10'000; ++number) many.put("numbers", {number, 1});
    EXPECT_TRUE(live.commit(many).wait().ok()) << "rows, not batches";
}

TEST_F(EngineTest, what_is_accepted_behind_a_durable_change_set_is_not_durable) {
    const Token first = put(1);  // behind the tables' definition
    EXPECT_FALSE(first.done());
    EXPECT_TRUE(first.wait().ok());
    EXPECT_FALSE(put(2).done());
}

TEST_F(EngineTest, a_change_set_beyond_the_limit_is_refused) {
    EngineOptions options;
    options.change_set_bytes_max = 100'000;
    LiveEngine live(std::move(options));
    Proposal large;
    Change change = live.change();
    for (std::uint64_t number = 0; number < 10'000; ++number) change.put("numbers", {number, 1});
    large.changes = change.at(0);
    EXPECT_EQ(live->commit(large, {}).status().code(), Code::invalid);
    EXPECT_EQ(large.changes.batches.size(), 1u) << "the proposal is as it was";
    live.commit(live.change().put("names", {"ana", 1}));
}

TEST_F(EngineTest, a_transaction_stages_so_many_rows_and_no_more) {
    EXPECT_EQ(staged_rows_max, 4'000'000u);
    for (const bool is_tick : {false, true}) {
        Staging staging(*live_, is_tick, 3);
        const auto put = [&](std::uint64_t number) {
            const std::array<Cell, 2> row{{{"number", number}, {"value", 1}}};
            return staging.put("numbers", row, {}).code();
        };
        const auto append = [&](std::uint64_t at) {
            const std::array<Cell, 1> row{{{"at", at}}};
            return staging.append("events", row).code();
        };
        EXPECT_EQ(put(1), Code::ok);
        EXPECT_EQ(append(1), Code::ok);
        EXPECT_EQ(put(2), Code::ok);
        EXPECT_EQ(put(3), Code::invalid);
        EXPECT_EQ(append(2), Code::invalid);
        EXPECT_EQ(put(1), Code::invalid) << "rows, not keys";
        staging.clear();
        EXPECT_EQ(put(3), Code::ok);
    }
}

TEST_F(EngineTest, a_declaration_that_cannot_be_is_refused_and_changes_nothing) {
    const auto declare = [&](const TableBuilder& table, Engine::Declaring when) {
        return live_->declare({table.definition()}, when).code();
    };
    TableBuilder things("things");
    things.key<std::uint64_t>("id").category("unheard of");
    EXPECT_EQ(declare(things, Engine::Declaring::running), Code::invalid);
    TableBuilder names("names");
    names.key<std::string>("name").column<std::int64_t>("value").column<bool>("online");
    EXPECT_EQ(declare(names, Engine::Declaring::running), Code::incompatible);
    TableBuilder other("names");
    other.key<std::uint64_t>("name").column<std::int64_t>("value");
    EXPECT_EQ(declare(other, Engine::Declaring::opening), Code::incompatible);
    EXPECT_EQ(live_->catalog().find("names")->version, 1u);
    const TableId id = live_->catalog().find("names")->id;
    put(1);
    EXPECT_EQ(declare(names, Engine::Declaring::opening), Code::ok);
    EXPECT_EQ(live_->catalog().find("names")->version, 2u);
    EXPECT_EQ(live_->catalog().find("names")->id, id);
    EXPECT_EQ(declare(names, Engine::Declaring::running), Code::ok) << "it is so already";
    EXPECT_EQ(live_.find("names", {{"name", "ana"}}), "ana 1 false");
}

TEST_F(EngineTest, a_table_that_does_not_reach_the_store_is_not_declared) {
    TableBuilder things("things");
    things.key<std::uint64_t>("id");
    const std::vector<TableDefinition> wanted{things.definition()};
    live_.store->mood = Status(Code::no_space, "the disk is full");
    EXPECT_FALSE(live_->declare(wanted, Engine::Declaring::running).ok());
    EXPECT_EQ(live_->catalog().find("things"), nullptr);
    put(1);
    EXPECT_FALSE(live_->declare(wanted, Engine::Declaring::opening).ok());
    live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_FALSE(put(2).wait().ok());
    EXPECT_EQ(live_->declare(wanted, Engine::Declaring::running).code(), Code::read_only);
}

TEST_F(EngineTest, a_failed_world_says_so_wherever_it_is_asked) {
    const Token lost = put(1);
    live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_EQ(lost.wait(Level::stored).code(), Code::unknown);
    EXPECT_FALSE(*live_->step_prepare());
    pass(1000);
    EXPECT_TRUE(live_->step_store().ok()) << "what is durable is there already";
    EXPECT_FALSE(live_->health().trouble.ok());
    live_.store->checkpoint_is_held_up = true;
    EXPECT_EQ(live_->close().code(), Code::unknown);
}

TEST_F(EngineTest, a_failed_journal_is_the_trouble_though_the_store_fails_later) {
    EXPECT_TRUE(put(1).wait().ok());
    live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_FALSE(put(2).wait().ok());
    const std::string trouble = live_->health().trouble.text();
    EXPECT_NE(trouble, "ok");
    live_.store->mood = Status(Code::no_space, "the disk is full");
    pass(1000);
    EXPECT_EQ(live_->step_store().status().code(), Code::no_space);
    EXPECT_EQ(live_->health().trouble.text(), trouble);
}

TEST_F(EngineTest, health_is_told_though_the_store_does_not_say_how_large_it_is) {
    live_.store->calls.fails = live_.store->calls.made + 1;
    const Health health = live_->health();
    EXPECT_EQ(live_.store->calls.made, live_.store->calls.fails);
    EXPECT_EQ(health.store, "memory");
    EXPECT_TRUE(health.trouble.ok());
}

TEST_F(EngineTest, log_lines_tell_of_trouble) {
    std::vector<std::string> lines;
    EngineOptions options;
    options.log = [&](std::string_view line) { lines.emplace_back(line); };
    LiveEngine live(std::move(options));
    live.commit(live.change().put("names", {"ana", 1}));
    EXPECT_TRUE(live->step_journal());
    live.store->mood = Status(Code::no_space, "the disk is full");
    live.clock.advance_ns(1'000'000'000);
    EXPECT_FALSE(live->step_store().ok());
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("the disk is full"), std::string::npos);
    live.commit(live.change().put("names", {"ana", 2}));
    live.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_TRUE(live->step_journal());
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_NE(lines[1].find("read-only"), std::string::npos);
}

}  // namespace
}  // namespace perdure::engine
