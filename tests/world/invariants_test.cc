// Invariants of a world: what is logged, refused and remembered.
#include "invariants/invariants.h"

#include <limits>

#include "world/home.h"

namespace perdure {
namespace {

struct Chest {
    std::int64_t coins = 0;
    Entity owner;
};
PERDURE_COMPONENT(Chest, coins, owner);

struct Owes {
    std::int64_t coins = 0;
};
PERDURE_COMPONENT(Owes, coins);

Schema treasury() {
    Schema schema = test_schema();
    schema.component<Chest>().relation<Owes>();
    schema.table("mint").key<std::uint64_t>("id").column<std::int64_t>("issued");
    return schema;
}

const std::vector<WatchedColumn> all_coins{{"Purse", "coins"}, {"Chest", "coins"}};

class InvariantTest : public testing::TestWithParam<Home::Kind> {
protected:
    void open(Schema schema) {
        home_.know(std::move(schema));
        home_.open();
    }
    void open_with(ConserveOptions options) {
        open(std::move(treasury().conserve("gold", all_coins, std::move(options))));
    }
    Entity purse(std::int64_t coins) {
        const Entity made = home_.entities().create();
        home_.entities().set(made, Purse{coins});
        return made;
    }
    // "1 gold 0 5 5 alarm": rows of the log, in order.
    Rows log() { return home_.rows("_invariant_log"); }
    InvariantResult result(std::size_t at = 0) { return home_->invariants().at(at); }
    std::string brief(std::size_t at = 0) {
        const InvariantResult one = result(at);
        return text::format("{} {} {} {} {}", one.name, one.expected, one.found, one.residual,
                            grade_name(one.grade));
    }
    Code commit_code() { return home_->commit({.wait = true}).status().code(); }

    Home home_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(, InvariantTest, every_store(), store_name);

TEST_P(InvariantTest, a_world_without_any_has_no_tables_for_them) {
    open(treasury());
    EXPECT_TRUE(home_->invariants().empty());
    EXPECT_EQ(home_->engine().catalog().find("_invariants"), nullptr);
    EXPECT_EQ(home_->engine().catalog().find("_invariant_log"), nullptr);
}

TEST_P(InvariantTest, gold_that_moves_is_conserved_and_gold_that_comes_is_an_alarm) {
    open_with({.expected = 10});
    const Entity ana = purse(10);
    home_.commit();
    home_.entities().set(ana, Purse{4});
    home_.entities().set(home_.entities().create(), Chest{6, ana});
    home_.commit();
    EXPECT_EQ(brief(), "gold 10 10 0 ok");
    home_.entities().set(ana, Purse{5});
    home_.commit();
    EXPECT_EQ(brief(), "gold 10 11 1 alarm");
    EXPECT_EQ(result().tick, 3u);
    EXPECT_EQ(result().alarms, 1u);
    EXPECT_EQ(home_->health().invariant_alarms, 1u);
}

TEST_P(InvariantTest, only_what_is_not_ok_or_changes_is_logged) {
    open_with({.expected = 10, .tolerance = 1, .alarm_beyond = 5});
    const Entity ana = purse(10);
    const auto tick = [&](std::int64_t coins) {
        home_.entities().set(ana, Purse{coins});
        home_.commit();
    };
    for (const std::int64_t coins : {10, 10, 11, 12, 20, 20, 9, 10}) tick(coins);
    EXPECT_EQ(log(), (Rows{"1 gold 10 10 0 ok", "4 gold 10 12 2 warn", "5 gold 10 20 10 alarm",
                           "6 gold 10 20 10 alarm", "7 gold 10 9 -1 ok"}));
    EXPECT_EQ(result().alarms, 2u);
}

TEST_P(InvariantTest, each_tick_is_logged_if_asked_for) {
    open_with({.expected = 0, .each_tick = true});
    home_.commit();
    home_.commit();
    EXPECT_EQ(log(), (Rows{"1 gold 0 0 0 ok", "2 gold 0 0 0 ok"}));
}

TEST_P(InvariantTest, what_is_minted_counts_negative_in_the_same_change_set) {
    open_with({.minus = {{"mint", "issued"}}, .expected = 0});
    purse(10);
    ASSERT_TRUE(home_.tick().put("mint", {{"id", 1u}, {"issued", 10}}).ok());
    home_.commit();
    EXPECT_EQ(brief(), "gold 0 0 0 ok");
    home_.put("mint", {{"id", 1u}, {"issued", 9}});
    home_.commit();
    EXPECT_EQ(brief(), "gold 0 1 1 alarm") << "a transaction counts at the next tick";
}

TEST_P(InvariantTest, one_that_refuses_names_what_it_expected_and_found) {
    open_with({.expected = 10, .refuse = true});
    const Entity ana = purse(10);
    home_.commit();
    home_.entities().set(ana, Purse{12});
    const auto refused = home_->commit();
    EXPECT_EQ(refused.status().text(),
              "refused: invariant gold: expected 10, but with tick 2 it would be 12, off by 2");
    EXPECT_EQ(home_->next_tick(), 2u);
    EXPECT_EQ(brief(), "gold 10 10 0 ok");
    EXPECT_EQ(result().refusals, 1u);
    EXPECT_EQ(home_->health().invariant_alarms, 1u);
    EXPECT_EQ(log(), Rows{"1 gold 10 10 0 ok"});
    home_.entities().set(ana, Purse{10});
    home_.commit();
    EXPECT_EQ(brief(), "gold 10 10 0 ok");
}

TEST_P(InvariantTest, one_that_refuses_lets_through_what_it_was_and_what_mends) {
    open_with({.expected = 10, .refuse = true});
    home_.commit();  // 10 are missing: that was so before
    const Entity ana = purse(4);
    home_.commit();
    EXPECT_EQ(brief(), "gold 10 4 -6 alarm");
    home_.commit();
    home_.entities().set(ana, Purse{3});
    EXPECT_EQ(commit_code(), Code::refused);
    home_.entities().set(ana, Purse{16});
    EXPECT_EQ(commit_code(), Code::refused) << "no nearer on the other side";
    home_.entities().set(ana, Purse{10});
    EXPECT_EQ(commit_code(), Code::ok);
}

TEST_P(InvariantTest, one_that_refuses_refuses_transactions_too) {
    open_with({.minus = {{"mint", "issued"}}, .expected = 0, .refuse = true});
    home_.commit();
    const Status refused = home_.try_put("mint", {{"id", 1u}, {"issued", 5}});
    EXPECT_EQ(refused.text(),
              "refused: invariant gold: expected 0, but with this transaction it "
              "would be -5, off by -5");
    EXPECT_EQ(home_.rows("mint"), Rows{});
    home_.put("counters", {{"id", 1u}});
    EXPECT_EQ(commit_code(), Code::ok);
}

TEST_P(InvariantTest, references_hold_while_both_ends_are_there) {
    open(
        std::move(treasury().refer("owner", {"Chest", "owner"}, "entity", {.zero_is_none = true})));
    const Entity ana = home_.entities().create();
    const Entity chest = home_.entities().create();
    home_.entities().set(chest, Chest{5, ana});
    home_.entities().set(home_.entities().create(), Chest{});
    home_.commit();
    EXPECT_EQ(brief(), "owner 0 0 0 ok");
    home_.entities().destroy(ana);
    home_.commit();
    EXPECT_EQ(brief(), "owner 0 1 1 alarm");
    home_.entities().destroy(chest);
    home_.commit();
    EXPECT_EQ(brief(), "owner 0 0 0 ok");
}

TEST_P(InvariantTest, a_reference_that_refuses_keeps_what_is_referred_to) {
    open(std::move(treasury().refer("owner", {"Chest", "owner"}, "Purse", {.refuse = true})));
    const Entity ana = purse(1);
    home_.entities().set(home_.entities().create(), Chest{5, ana});
    home_.commit();
    home_.entities().remove<Purse>(ana);
    const auto refused = home_->commit();
    EXPECT_EQ(refused.status().text(),
              "refused: invariant owner: with tick 2, 1 rows of Chest would refer to no row of "
              "Purse in owner; before, 0 did");
    home_.entities().set(ana, Purse{2});
    EXPECT_EQ(commit_code(), Code::ok);
}

TEST_P(InvariantTest, edges_and_user_tables_are_watched_as_components_are) {
    open(std::move(
        treasury()
            .conserve("debts", {{"Owes", "coins"}, {"counters", "value"}}, {.expected = 5})
            .refer("profile", {"profiles", "guild"}, "profiles")));
    const Entity ana = purse(0);
    const Entity bob = purse(0);
    home_->relations().relate(ana, bob, Owes{3});
    ASSERT_TRUE(home_.tick().put("counters", {{"id", 1u}, {"value", 2}}).ok());
    ASSERT_TRUE(home_.tick().put("profiles", {{"name", "ana"}, {"guild", "ana"}}).ok());
    ASSERT_TRUE(home_.tick().put("profiles", {{"name", "bob"}, {"guild", "smiths"}}).ok());
    home_.commit();
    EXPECT_EQ(brief(0), "debts 5 5 0 ok");
    EXPECT_EQ(brief(1), "profile 0 1 1 alarm");
    home_.entities().destroy(bob);
    home_.erase("profiles", {{"name", "bob"}});
    home_.commit();
    EXPECT_EQ(brief(0), "debts 5 2 -3 alarm");
    EXPECT_EQ(brief(1), "profile 0 0 0 ok");
}

TEST_P(InvariantTest, external_components_are_watched_as_well) {
    Schema schema;
    schema.component<Purse>({.external = true});
    schema.conserve("gold", {{"Purse", "coins"}}, {.expected = 5});
    home_.options.external.on_load<Purse>(
        [](std::span<const Entity>, std::span<const Purse>) { return Status(); });
    open(std::move(schema));
    const Entity ana = home_.entities().create();
    const Purse five{5};
    ASSERT_TRUE(home_->external().put<Purse>({&ana, 1}, {&five, 1}).ok());
    home_.commit();
    EXPECT_EQ(brief(), "gold 5 5 0 ok");
    home_->external().removed<Purse>(ana);
    home_.commit();
    EXPECT_EQ(brief(), "gold 5 0 -5 alarm");
}

TEST_P(InvariantTest, a_sum_that_is_no_number_is_an_alarm_without_a_residual) {
    open(std::move(treasury().conserve("x", {{"Position", "x"}}, {.expected = 0})));
    home_.entities().set(world_entity, Position{std::numeric_limits<float>::infinity(), 0, 0});
    home_.commit();
    EXPECT_EQ(log(), Rows{"1 x 0 nan null alarm"});
}

TEST_P(InvariantTest, a_change_of_grade_is_told) {
    std::vector<std::string> lines;
    home_.options.log = [&](std::string_view line) { lines.emplace_back(line); };
    open_with({.expected = 0});
    lines.clear();
    const Entity ana = purse(2);
    home_.commit();
    home_.commit();
    home_.entities().destroy(ana);
    home_.commit();
    EXPECT_EQ(lines, (Rows{"tick 1: invariant gold is alarm: expected 0, found 2",
                           "tick 3: invariant gold is ok: expected 0, found 0"}));
}

// What others refuse leaves the sums as they were.
TEST_P(InvariantTest, a_conflict_leaves_it_as_it_was) {
    open_with({.minus = {{"mint", "issued"}}, .expected = 0});
    home_.put("mint", {{"id", 1u}, {"issued", 0}});
    EXPECT_EQ(home_.try_put("mint", {{"id", 1u}, {"issued", 5}}, if_absent()).code(),
              Code::conflict);
    home_.commit();
    EXPECT_EQ(brief(), "gold 0 0 0 ok");
}

TEST_P(InvariantTest, a_tick_that_is_refused_as_busy_leaves_it_as_it_was) {
    home_.options.index_bytes_max = 1 << 20;
    open_with({.expected = 10});
    purse(10);
    home_.commit();
    purse(1);
    for (std::uint64_t id = 0; id < 12; ++id) {  // more than the index may hold
        const std::string text(100'000, 'x');
        ASSERT_TRUE(home_.tick().put("letters", {{"id", id}, {"text", text}}).ok());
    }
    EXPECT_EQ(home_->commit({.level = Level::journal}).status().code(), Code::busy);
    EXPECT_EQ(brief(), "gold 10 10 0 ok");
    EXPECT_EQ(result().tick, 1u);
    EXPECT_EQ(log(), Rows{"1 gold 10 10 0 ok"});
    home_.put("counters", {{"id", 1u}});
    EXPECT_EQ(brief(), "gold 10 10 0 ok");
}

TEST_P(InvariantTest, the_last_tick_again_counts_once) {
    open_with({.expected = 5});
    home_.commit();  // the entity of the world itself
    home_.entities().set(world_entity, Purse{5});
    home_.commit({.tick = 3});
    home_.entities().set(world_entity, Purse{5});
    EXPECT_EQ(home_.commit({.tick = 3}).tick(), 3u);
    EXPECT_EQ(brief(), "gold 5 5 0 ok");
    EXPECT_EQ(log(), (Rows{"1 gold 5 0 -5 alarm", "3 gold 5 5 0 ok"}));
}

// Mistakes, all of them found before anything is made.
TEST_P(InvariantTest, what_cannot_be_watched_is_refused_at_opening) {
    const auto refusal = [&](Schema schema) {
        home_.know(std::move(schema));
        const Status opened = home_.try_open();
        EXPECT_EQ(opened.code(), Code::invalid) << opened.text();
        return std::string(opened.message());
    };
    const auto has = [](const std::string& text, std::string_view part) {
        EXPECT_NE(text.find(part), std::string::npos) << text;
    };
    using Columns = std::vector<WatchedColumn>;
    has(refusal(std::move(treasury().conserve("gold", Columns{}))), "names no column");
    has(refusal(std::move(treasury().conserve("g d", all_coins))), "g d");
    has(refusal(std::move(treasury().conserve("x", Columns{{"Pouch", "coins"}}))), "Pouch");
    has(refusal(std::move(treasury().conserve("x", Columns{{"Purse", "silver"}}))), "silver");
    has(refusal(std::move(treasury().conserve("x", Columns{{"Title", "text"}}))), "integers");
    has(refusal(
            std::move(treasury().conserve("x", Columns{{"Purse", "coins"}, {"purse", "COINS"}}))),
        "twice");
    has(refusal(std::move(treasury().conserve("x", all_coins, {.expected = 1.5}))), "integer");
    has(refusal(std::move(treasury().conserve("x", all_coins, {.tolerance = -1}))), "tolerance");
    has(refusal(
            std::move(treasury().conserve("x", all_coins, {.tolerance = 2, .alarm_beyond = 1}))),
        "alarm_beyond");
    has(refusal(std::move(treasury().conserve("x", all_coins).conserve("X", all_coins))),
        "named X");
    has(refusal(std::move(treasury().refer("x", {"Chest", "owner"}, "profiles"))), "profiles");
    has(refusal(std::move(treasury().refer("x", {"Chest", "owner"}, "Nobody"))), "Nobody");
    has(refusal(std::move(
            treasury().refer("x", {"profiles", "guild"}, "profiles", {.zero_is_none = true}))),
        "zero");
    has(refusal(
            std::move(treasury().conserve("x", Columns{{"Purse", "coins"}, {"Mood", "level"}}))),
        "relaxed");
    has(refusal(std::move(
            treasury().conserve("x", Columns{{"counters", "value"}, {"flashes", "value"}}))),
        "ephemeral");
}

TEST_P(InvariantTest, a_relaxed_table_alone_may_be_watched) {
    open(std::move(treasury().conserve("drift", {{"drifts", "value"}}, {.expected = 0})));
    home_.put("drifts", {{"id", 1u}, {"value", 4}});
    home_.clock.advance_ns(2 * second_ns);
    home_->engine().step_held();
    home_.commit();
    EXPECT_EQ(brief(), "drift 0 4 4 alarm") << "once, though it was accepted and went out later";
}

// What stays over lives.
class InvariantLives : public OnDisk {
protected:
    void SetUp() override { know({.expected = 10}); }
    void know(ConserveOptions options, std::vector<WatchedColumn> columns = all_coins) {
        home_.know(std::move(treasury().conserve("gold", std::move(columns), std::move(options))));
    }
    InvariantResult result() { return home_->invariants().at(0); }
};

TEST_F(InvariantLives, sums_are_the_same_after_a_crash_and_after_closing) {
    home_.open();
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, Purse{10});
    home_.commit();
    home_.drain();
    home_.entities().set(ana, Purse{13});
    home_.entities().set(home_.entities().create(), Chest{2, ana});
    home_.commit();  // only in the journal
    crash();
    EXPECT_EQ(result().found, "15");
    EXPECT_EQ(result().tick, std::nullopt);
    EXPECT_EQ(result().grade, Grade::alarm);
    home_.reopen();
    EXPECT_EQ(result().found, "15");
}

TEST_F(InvariantLives, without_a_stated_sum_it_is_what_was_there_when_it_was_declared) {
    home_.know(treasury());
    home_.open();
    home_.entities().set(world_entity, Purse{7});
    home_.commit();
    home_.close();
    know({});
    home_.open();
    EXPECT_EQ(result().expected, "7");
    EXPECT_EQ(result().grade, Grade::ok);
    EXPECT_EQ(home_.rows("_invariants"),
              Rows{"gold Purse.coins + Chest.coins +4.2 +9.2 7 0 0 false"});
}

TEST_F(InvariantLives, what_was_expected_stays_though_gold_goes_missing_meanwhile) {
    know({});
    home_.open();
    home_.close();
    home_.know(treasury());  // a program that does not look
    home_.open();
    home_.entities().set(world_entity, Purse{3});
    home_.commit();
    home_.close();
    know({});
    home_.open();
    EXPECT_EQ(result().expected, "0");
    EXPECT_EQ(result().grade, Grade::alarm);
    know({.expected = 3});
    home_.reopen();
    EXPECT_EQ(result().grade, Grade::ok) << "what is stated now counts";
}

TEST_F(InvariantLives, other_columns_under_its_name_begin_anew_and_that_is_said) {
    know({});
    home_.open();
    home_.entities().set(world_entity, Purse{3});
    home_.commit();
    home_.close();
    know({}, {{"Purse", "coins"}});
    home_.open();
    EXPECT_EQ(result().expected, "3");
    ASSERT_EQ(home_->recovery().remarks.size(), 1u);
    EXPECT_EQ(home_->recovery().remarks[0],
              "invariant gold looks at other columns than before; it was: Purse.coins + "
              "Chest.coins, expected 0");
}

TEST_F(InvariantLives, a_renamed_column_is_the_same_column) {
    Schema old = test_schema();
    old.conserve("value", {{"counters", "value"}});
    home_.know(std::move(old));
    home_.open();
    home_.put("counters", {{"id", 1u}, {"value", 4}});
    home_.close();
    Schema schema;
    schema.category({.name = "slow", .durability = Level::relaxed})
        .category({.name = "fleeting", .durability = Level::ephemeral})
        .category({.name = "economy"});
    schema.table("counts").key<std::uint64_t>("id").column<std::int64_t>("number");
    schema.renamed("counters", "counts").renamed_field("counts", "value", "number");
    schema.conserve("value", {{"counts", "number"}});
    home_.know(std::move(schema));
    home_.open();
    EXPECT_EQ(result().expected, "0");
    EXPECT_EQ(result().found, "4");
    EXPECT_TRUE(home_->recovery().remarks.empty());
}

TEST_F(InvariantLives, more_rows_than_a_page_are_read_at_opening) {
    home_.know(std::move(test_schema().conserve("value", {{"counters", "value"}})));
    home_.open();
    for (std::uint64_t part = 0; part < 4; ++part) {
        Transaction transaction = home_->begin();
        for (std::uint64_t id = 0; id < 10'000; ++id) {
            ASSERT_TRUE(
                transaction.put("counters", {{"id", part * 10'000 + id}, {"value", 1}}).ok());
        }
        ASSERT_TRUE(transaction.commit({.wait = true}).ok());
        if (part == 1) home_.drain();
    }
    crash();
    EXPECT_EQ(result().found, "40000");
}

TEST_F(InvariantLives, an_accepted_tick_that_never_was_durable_is_not_counted) {
    home_.open();
    home_.entities().set(world_entity, Purse{10});
    home_.commit();
    home_.fail_flushes();
    home_.entities().set(world_entity, Purse{99});
    ASSERT_TRUE(home_->commit().ok());
    home_->engine().step_journal();
    home_.files.clear_faults();
    crash();
    const std::int64_t coins = home_.entities().get<Purse>(world_entity)->coins;
    EXPECT_EQ(result().found, text::format("{}", coins));
}

}  // namespace
}  // namespace perdure
