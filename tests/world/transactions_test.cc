// Transactions: what may be staged, conditions, conflicts. src/engine/staging.cc,
// src/engine/commit.cc.
#include "engine/read_view.h"
#include "model/key.h"
#include "perdure/transaction.h"
#include "world/home.h"

namespace perdure {

struct Counter {
    std::uint64_t id = 0;
    std::int64_t value = 0;
};
PERDURE_COMPONENT(Counter, id, value);

struct Event {
    std::uint64_t at = 0;
    std::uint32_t seq = 0;
    std::string what;
};
PERDURE_COMPONENT(Event, at, seq, what);

namespace {

class TransactionTest : public OnEveryStore {
protected:
    void put_ana(int level, const Condition& condition = {}) {
        home_.put("profiles", {{"name", "ana"}, {"level", level}}, condition);
    }
    Code try_ana(int level, const Condition& condition) {
        return home_.try_put("profiles", {{"name", "ana"}, {"level", level}}, condition).code();
    }
    std::string ana() { return home_.row("profiles", {{"name", "ana"}}); }
};
INSTANTIATE_TEST_SUITE_P(, TransactionTest, every_store(), store_name);

TEST_P(TransactionTest, put_creates_a_row_and_replaces_it) {
    put_ana(7);
    EXPECT_EQ(ana(), "ana 7 false null");
    home_.put("profiles", {{"name", "ana"}, {"online", true}});
    EXPECT_EQ(ana(), "ana 0 true null") << "cells that are not named take their default";
}

TEST_P(TransactionTest, erase_removes_a_row_if_it_is_there) {
    put_ana(7);
    home_.erase("profiles", {{"name", "ana"}});
    EXPECT_EQ(ana(), "none");
    home_.erase("profiles", {{"name", "ana"}});
    home_.drain();
    EXPECT_EQ(ana(), "none");
}

TEST_P(TransactionTest, names_are_known_in_any_case) {
    home_.put("PROFILES", {{"Name", "ana"}, {"LEVEL", 7}});
    EXPECT_EQ(home_.row("Profiles", {{"NAME", "ana"}}), "ana 7 false null");
}

TEST_P(TransactionTest, append_adds_a_row) {
    home_.append("events", {{"at", 5u}, {"seq", 1u}, {"what", "born"}});
    home_.append("events", {{"at", 5u}, {"seq", 2u}, {"what", "named"}});
    EXPECT_EQ(home_.rows("events"), (Rows{"5 1 born", "5 2 named"}));
}

TEST_P(TransactionTest, all_of_it_or_nothing) {
    put_ana(7);
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}, {"value", 1}}).ok());
    ASSERT_TRUE(transaction.put("profiles", {{"name", "ana"}, {"level", 9}}, if_absent()).ok());
    EXPECT_EQ(transaction.commit().status().code(), Code::conflict);
    EXPECT_EQ(home_.rows("counters"), Rows{});
    EXPECT_EQ(ana(), "ana 7 false null");
}

TEST_P(TransactionTest, dropped_without_a_commit_it_never_was) {
    {
        Transaction transaction = home_->begin();
        ASSERT_TRUE(transaction.put("counters", {{"id", 1u}}).ok());
    }
    EXPECT_EQ(home_.rows("counters"), Rows{});
}

TEST_P(TransactionTest, is_empty_after_a_commit_and_may_be_used_again) {
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}}).ok());
    ASSERT_TRUE(transaction.commit().ok());
    EXPECT_EQ(transaction.commit().status().code(), Code::invalid) << "nothing is staged";
    ASSERT_TRUE(transaction.put("counters", {{"id", 2u}}).ok());
    ASSERT_TRUE(transaction.commit().ok());
    EXPECT_EQ(home_.rows("counters"), (Rows{"1 0", "2 0"}));
}

TEST_P(TransactionTest, the_last_change_of_a_key_counts) {
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}, {"value", 1}}).ok());
    ASSERT_TRUE(transaction.erase("counters", {{"id", 1u}}).ok());
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}, {"value", 2}}).ok());
    ASSERT_TRUE(transaction.put("counters", {{"id", 2u}, {"value", 2}}).ok());
    ASSERT_TRUE(transaction.erase("counters", {{"id", 2u}}).ok());
    ASSERT_TRUE(transaction.commit({.wait = true}).ok());
    EXPECT_EQ(home_.rows("counters"), Rows{"1 2"});
    home_.drain();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 2"});
}

TEST_P(TransactionTest, find_shows_what_will_be) {
    put_ana(7);
    Transaction transaction = home_->begin();
    const auto level = [&]() -> std::string {
        auto found = transaction.find("profiles", std::array<Cell, 1>{{{"name", "ana"}}});
        EXPECT_TRUE(found.ok()) << found.status().text();
        return *found ? row_text(**found, 0) : "none";
    };
    EXPECT_EQ(level(), "ana 7 false null");
    put_ana(8);
    EXPECT_EQ(level(), "ana 8 false null") << "the newest accepted";
    ASSERT_TRUE(transaction.put("profiles", {{"name", "ana"}, {"level", 9}}).ok());
    EXPECT_EQ(level(), "ana 9 false null");
    ASSERT_TRUE(transaction.erase("profiles", {{"name", "ana"}}).ok());
    EXPECT_EQ(level(), "none");
    EXPECT_EQ(ana(), "ana 8 false null");
}

TEST_P(TransactionTest, structs_can_be_put_many_at_a_time) {
    const std::vector<Counter> counters{{1, 5}, {2, 6}, {1, 7}};
    const std::vector<Event> events{{3, 1, "a"}, {3, 2, "b"}};
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put_rows("counters", std::span(counters)).ok());
    ASSERT_TRUE(transaction.put_rows("events", std::span(events)).ok());
    ASSERT_TRUE(transaction.commit({.wait = true}).ok());
    EXPECT_EQ(home_.rows("counters"), (Rows{"1 7", "2 6"}));
    EXPECT_EQ(home_.rows("events"), (Rows{"3 1 a", "3 2 b"}));
}

TEST_P(TransactionTest, of_structs_all_are_staged_or_none) {
    const std::vector<Event> bad{{3, 1, "a"}, {3, 2, "\xFF"}};
    const std::vector<Event> twice{{3, 1, "a"}, {3, 1, "b"}};
    const std::vector<Purse> others{{5}};
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.append("events", {{"at", 1u}, {"seq", 0u}}).ok());
    EXPECT_EQ(transaction.put_rows("events", std::span(bad)).code(), Code::invalid);
    EXPECT_EQ(transaction.put_rows("events", std::span(twice)).code(), Code::conflict);
    EXPECT_EQ(transaction.put_rows("events", std::span(others)).code(), Code::not_found);
    EXPECT_EQ(transaction.put_rows("Purse", std::span(others)).code(), Code::invalid);
    ASSERT_TRUE(transaction.commit({.wait = true}).ok());
    EXPECT_EQ(home_.rows("events"), Rows{"1 0 "});
}

// Conditions: judged at the commit, whether the row is pending, in the store, or both.
class ConditionTest : public TransactionTest {
protected:
    // The same question in every place in which a row may be.
    template <typename Ask>
    void everywhere(Ask&& ask) {
        ask("pending");
        home_.drain();
        ask("stored");
    }
};
INSTANTIATE_TEST_SUITE_P(, ConditionTest, every_store(), store_name);

TEST_P(ConditionTest, create_only) {
    EXPECT_EQ(try_ana(1, if_absent()), Code::ok);
    everywhere(
        [&](const char* where) { EXPECT_EQ(try_ana(2, if_absent()), Code::conflict) << where; });
    home_.erase("profiles", {{"name", "ana"}});
    everywhere([&](const char* where) {
        EXPECT_EQ(try_ana(3, if_absent()), Code::ok) << where;
        home_.erase("profiles", {{"name", "ana"}});
    });
}

TEST_P(ConditionTest, only_if_present) {
    EXPECT_EQ(try_ana(1, if_present()), Code::conflict);
    put_ana(1);
    everywhere([&](const char* where) { EXPECT_EQ(try_ana(2, if_present()), Code::ok) << where; });
    EXPECT_EQ(home_.try_erase("profiles", {{"name", "bob"}}, if_present()).code(), Code::conflict);
}

TEST_P(ConditionTest, compare_and_set) {
    EXPECT_EQ(try_ana(2, if_equal({{"level", 1}})), Code::conflict) << "there is none";
    put_ana(1);
    everywhere([&](const char* where) {
        EXPECT_EQ(try_ana(2, if_equal({{"level", 0}})), Code::conflict) << where;
        EXPECT_EQ(try_ana(1, if_equal({{"level", 1}, {"guild", {}}})), Code::ok) << where;
    });
    EXPECT_EQ(ana(), "ana 1 false null");
}

TEST_P(ConditionTest, erase_if_as_expected) {
    put_ana(1);
    home_.drain();
    EXPECT_EQ(home_.try_erase("profiles", {{"name", "ana"}}, if_equal({{"level", 2}})).code(),
              Code::conflict);
    home_.erase("profiles", {{"name", "ana"}}, if_equal({{"level", 1}}));
    EXPECT_EQ(ana(), "none");
}

TEST_P(ConditionTest, several_in_one_transaction_must_all_hold) {
    put_ana(1);
    Transaction transaction = home_->begin();
    ASSERT_TRUE(
        transaction.put("profiles", {{"name", "ana"}, {"level", 2}}, if_equal({{"level", 1}}))
            .ok());
    ASSERT_TRUE(transaction.put("profiles", {{"name", "bob"}}, if_absent()).ok());
    ASSERT_TRUE(transaction.commit({.wait = true}).ok());
    EXPECT_EQ(home_.rows("profiles"), (Rows{"ana 2 false null", "bob 0 false null"}));
}

TEST_P(ConditionTest, after_a_conflict_it_may_be_committed_again) {
    put_ana(1);
    Transaction transaction = home_->begin();
    ASSERT_TRUE(
        transaction.put("profiles", {{"name", "ana"}, {"level", 9}}, if_equal({{"level", 2}}))
            .ok());
    EXPECT_EQ(transaction.commit().status().code(), Code::conflict);
    EXPECT_EQ(transaction.commit().status().code(), Code::conflict);
    put_ana(2);
    EXPECT_TRUE(transaction.commit({.wait = true}).ok());
    EXPECT_EQ(ana(), "ana 9 false null");
}

TEST_P(ConditionTest, on_a_key_staged_before_is_judged_against_that) {
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("profiles", {{"name", "ana"}, {"level", 1}}, if_absent()).ok());
    EXPECT_EQ(transaction.put("profiles", {{"name", "ana"}, {"level", 2}}, if_absent()).code(),
              Code::conflict);
    EXPECT_TRUE(
        transaction.put("profiles", {{"name", "ana"}, {"level", 3}}, if_equal({{"level", 1}}))
            .ok());
    ASSERT_TRUE(transaction.commit({.wait = true}).ok());
    EXPECT_EQ(ana(), "ana 3 false null");
}

TEST_P(ConditionTest, hold_of_relaxed_and_ephemeral_rows_too) {
    for (const char* table : {"drifts", "flashes"}) {
        const auto value = [](std::int64_t number) { return if_equal({{"value", number}}); };
        EXPECT_TRUE(home_.try_put(table, {{"id", 1u}, {"value", 1}}, if_absent()).ok()) << table;
        EXPECT_EQ(home_.try_put(table, {{"id", 1u}, {"value", 2}}, if_absent()).code(),
                  Code::conflict)
            << table;
        EXPECT_TRUE(home_.try_put(table, {{"id", 1u}, {"value", 2}}, value(1)).ok()) << table;
        EXPECT_EQ(home_.try_put(table, {{"id", 1u}, {"value", 3}}, value(1)).code(), Code::conflict)
            << table;
        EXPECT_EQ(home_.rows(table), Rows{"1 2"});
    }
}

TEST_P(ConditionTest, an_appended_key_must_be_new) {
    home_.append("events", {{"at", 5u}, {"seq", 0u}, {"what", "a"}});
    home_.append("events", {{"at", 9u}, {"seq", 0u}, {"what", "b"}});
    everywhere([&](const char* where) {
        for (const std::uint64_t at : {5u, 9u}) {
            EXPECT_EQ(home_.try_append("events", {{"at", at}, {"seq", 0u}}).code(), Code::conflict)
                << where << ", " << at;
        }
    });
    home_.append("events", {{"at", 7u}, {"seq", 0u}, {"what", "between"}});
    EXPECT_EQ(home_.rows("events"), (Rows{"5 0 a", "7 0 between", "9 0 b"}));
}

TEST_P(ConditionTest, a_key_is_appended_once_in_a_transaction) {
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.append("events", {{"at", 5u}, {"seq", 0u}}).ok());
    EXPECT_EQ(transaction.append("events", {{"at", 5u}, {"seq", 0u}}).code(), Code::conflict);
    EXPECT_TRUE(transaction.commit({.wait = true}).ok());
    EXPECT_EQ(home_.rows("events"), Rows{"5 0 "});
}

TEST_P(ConditionTest, two_who_append_the_same_key_cannot_both_win) {
    Transaction first = home_->begin();
    Transaction second = home_->begin();
    ASSERT_TRUE(first.append("events", {{"at", 5u}, {"seq", 0u}, {"what", "first"}}).ok());
    ASSERT_TRUE(second.append("events", {{"at", 5u}, {"seq", 0u}, {"what", "second"}}).ok());
    EXPECT_TRUE(first.commit({.wait = true}).ok());
    EXPECT_EQ(second.commit().status().code(), Code::conflict);
    home_.drain();
    EXPECT_EQ(second.commit().status().code(), Code::conflict);
    EXPECT_EQ(home_.rows("events"), Rows{"5 0 first"});
}

// It was beyond all others when it was staged; by the commit others are, and have left pending.
TEST_P(ConditionTest, an_appended_key_is_new_whatever_others_appended_beyond_it) {
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.append("events", {{"at", 5u}, {"seq", 0u}, {"what", "mine"}}).ok());
    home_.append("events", {{"at", 9u}, {"seq", 0u}, {"what", "other"}});
    home_.drain();
    const auto saved = transaction.commit({.wait = true});
    ASSERT_TRUE(saved.ok()) << saved.status().text();
    EXPECT_EQ(home_.rows("events"), (Rows{"5 0 mine", "9 0 other"}));
}

// A check reads the store before the commit; the row may be pending then and gone when it is
// judged.
TEST_P(ConditionTest, is_not_judged_by_what_the_store_had_before_a_drain) {
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    home_.drain();
    home_.put("counters", {{"id", 1u}, {"value", 2}});
    engine::Check check;
    check.table = home_->engine().catalog().find("counters");
    const Cell id{"id", 1u};
    check.key = *encode_key(*check.table, {&id, 1});
    check.key_row = *engine::key_batch(*check.table, {&id, 1});
    ASSERT_TRUE(home_->engine().read_for(check).ok());
    home_.drain();
    EXPECT_LT(check.read_at, home_->health().stored_lsn) << "it must be read again";
}

TEST_P(ConditionTest, the_greatest_appended_key_is_that_of_all_tables_levels) {
    EXPECT_TRUE(home_.try_append("sparks", {{"id", 5u}}).ok());
    EXPECT_EQ(home_.try_append("sparks", {{"id", 5u}}).code(), Code::conflict);
    home_.drain();
    EXPECT_EQ(home_.try_append("sparks", {{"id", 5u}}).code(), Code::conflict);
    EXPECT_TRUE(home_.try_append("sparks", {{"id", 4u}}).ok());
    home_.drain();
    EXPECT_EQ(home_.rows("sparks"), (Rows{"4", "5"}));
}

// What can never be right is refused when it is staged, and stages nothing.
class RefusalTest : public TransactionTest {
protected:
    Code put(std::string_view table, std::initializer_list<Cell> row) {
        return home_->begin().put(table, row).code();
    }
};
INSTANTIATE_TEST_SUITE_P(, RefusalTest, every_store(), store_name);

TEST_P(RefusalTest, what_is_not_there) {
    EXPECT_EQ(put("nothing", {{"id", 1u}}), Code::not_found);
    EXPECT_EQ(put("counters", {{"id", 1u}, {"weight", 1}}), Code::not_found);
    EXPECT_EQ(home_->begin().erase("nothing", {{"id", 1u}}).code(), Code::not_found);
    EXPECT_EQ(home_->begin().append("nothing", {{"id", 1u}}).code(), Code::not_found);
    EXPECT_EQ(home_->begin().find("nothing", {}).status().code(), Code::not_found);
    EXPECT_EQ(home_->begin().put("counters", {{"id", 1u}}, if_equal({{"weight", 1}})).code(),
              Code::not_found);
}

TEST_P(RefusalTest, cells_that_do_not_fit) {
    EXPECT_EQ(put("counters", {{"id", -1}}), Code::invalid);
    EXPECT_EQ(put("counters", {{"id", "one"}}), Code::invalid);
    EXPECT_EQ(put("counters", {{"id", 1.5}}), Code::invalid);
    EXPECT_EQ(put("profiles", {{"name", "ana"}, {"level", std::int64_t{1} << 31}}), Code::invalid);
    EXPECT_EQ(put("profiles", {{"name", "ana"}, {"level", {}}}), Code::invalid) << "null";
    EXPECT_EQ(put("profiles", {{"name", "\xFF"}}), Code::invalid) << "not UTF-8";
    EXPECT_EQ(put("profiles", {{"name", std::string("a\0b", 3)}}), Code::invalid);
    EXPECT_EQ(put("profiles", {{"name", "ana"}, {"guild", 5}}), Code::invalid);
}

TEST_P(RefusalTest, keys_that_are_not_whole) {
    EXPECT_EQ(put("counters", {{"value", 1}}), Code::invalid);
    EXPECT_EQ(put("counters", {{"id", 1u}, {"id", 2u}}), Code::invalid) << "named twice";
    EXPECT_EQ(home_->begin().erase("events", {{"at", 1u}}).code(), Code::invalid);
    EXPECT_EQ(home_->begin().append("events", {{"at", 1u}}).code(), Code::invalid);
    EXPECT_EQ(home_->begin().find("counters", {}).status().code(), Code::invalid);
}

TEST_P(RefusalTest, put_and_erase_on_an_append_only_table_and_append_on_others) {
    EXPECT_EQ(put("events", {{"at", 1u}, {"seq", 1u}}), Code::invalid);
    EXPECT_EQ(home_->begin().erase("events", {{"at", 1u}, {"seq", 1u}}).code(), Code::invalid);
    EXPECT_EQ(home_->begin().append("counters", {{"id", 1u}}).code(), Code::invalid);
}

TEST_P(RefusalTest, the_tables_of_components_and_our_own) {
    EXPECT_EQ(put("Purse", {{"entity", world_entity}, {"coins", 1}}), Code::invalid);
    EXPECT_EQ(put("entity", {{"id", world_entity}}), Code::invalid);
    EXPECT_EQ(put("_categories", {{"name", "world"}}), Code::invalid);
    EXPECT_EQ(home_->begin().erase("Purse", {{"entity", world_entity}}).code(), Code::invalid);
}

TEST_P(RefusalTest, what_only_a_tick_or_only_a_transaction_can) {
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}}).ok());
    EXPECT_EQ(transaction.commit({.tick = 5}).status().code(), Code::invalid);
    EXPECT_EQ(home_.tick().commit().status().code(), Code::invalid);
    const std::vector<Row> keys{{{"id", 1u}}};
    EXPECT_EQ(transaction.prefetch("counters", keys).code(), Code::invalid);
}

TEST_P(RefusalTest, a_refused_call_stages_nothing_and_harms_nothing) {
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}, {"value", 1}}).ok());
    EXPECT_FALSE(transaction.put("counters", {{"id", 1u}, {"value", "x"}}).ok());
    EXPECT_FALSE(transaction.put("counters", {{"id", 2u}, {"valu", 1}}).ok());
    EXPECT_FALSE(transaction.erase("nothing", {{"id", 1u}}).ok());
    ASSERT_TRUE(transaction.commit({.wait = true}).ok());
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
}

TEST_P(RefusalTest, says_which_table_and_column) {
    const Status refused = home_->begin().put("counters", {{"id", 1u}, {"value", "x"}});
    EXPECT_NE(refused.message().find("counters"), std::string::npos) << refused.text();
    EXPECT_NE(refused.message().find("value"), std::string::npos) << refused.text();
}

}  // namespace
}  // namespace perdure
