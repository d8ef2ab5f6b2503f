// The tick: its numbers, what is staged in it, its conditions. src/world/world.cc,
// src/engine/staging.cc.
#include "world/home.h"

namespace perdure {
namespace {

class TickTest : public OnEveryStore {
protected:
    void SetUp() override {
        OnEveryStore::SetUp();
        home_.commit();  // with the row of the world entity, which is new
    }
    Code stage(std::uint64_t id, std::int64_t value, const Condition& condition = {}) {
        return home_.tick().put("counters", {{"id", id}, {"value", value}}, condition).code();
    }
    // The same from outside the tick.
    Code put(std::uint64_t id, std::int64_t value, const Condition& condition = {}) {
        return home_.try_put("counters", {{"id", id}, {"value", value}}, condition).code();
    }
    // In the store only, where a tick does not look.
    void put_away(std::uint64_t id, std::int64_t value) {
        EXPECT_EQ(put(id, value), Code::ok);
        home_.drain();
    }
    Code prefetch(std::uint64_t id) {
        const std::vector<Row> keys{{{"id", id}}};
        return home_.tick().prefetch("counters", keys).code();
    }
    Code commit_as(std::uint64_t tick) {
        return home_->commit({.tick = tick, .level = {}, .wait = true}).status().code();
    }
    Rows counters() { return home_.rows("counters"); }
};
INSTANTIATE_TEST_SUITE_P(, TickTest, every_store(), store_name);

TEST_P(TickTest, numbers_go_up_by_one_unless_told_otherwise) {
    EXPECT_EQ(home_.commit().tick(), 2u);
    EXPECT_EQ(home_.commit().tick(), 3u);
    EXPECT_EQ(home_.commit({.tick = 50}).tick(), 50u);
    EXPECT_EQ(home_.commit().tick(), 51u);
    EXPECT_EQ(home_->next_tick(), 52u);
    EXPECT_EQ(home_->health().tick, 51u);
}

TEST_P(TickTest, numbers_never_go_back) {
    home_.commit({.tick = 50});
    stage(1, 1);
    EXPECT_EQ(commit_as(49), Code::invalid);
    EXPECT_EQ(commit_as(0), Code::invalid);
    EXPECT_EQ(home_->next_tick(), 51u);
    EXPECT_EQ(commit_as(51), Code::ok);
    EXPECT_EQ(counters(), Rows{"1 1"}) << "what was staged stayed";
}

TEST_P(TickTest, the_first_may_have_any_number) {
    Home other(GetParam());
    other.open();
    EXPECT_EQ(other.commit({.tick = 0}).tick(), 0u);
    EXPECT_EQ(other->next_tick(), 1u);
}

TEST_P(TickTest, the_greatest_number_is_the_last) {
    constexpr std::uint64_t most = ~std::uint64_t{0};
    home_.commit({.tick = most});
    home_.drain();
    EXPECT_EQ(home_->health().tick, most);
    stage(1, 1);
    EXPECT_EQ(home_->commit().status().code(), Code::invalid);
    EXPECT_EQ(commit_as(most), Code::conflict);
}

TEST_P(TickTest, the_last_one_again_with_the_same_content_is_the_same_token) {
    stage(1, 1);
    home_.entities().set(world_entity, Purse{5});
    const Token first = home_.commit({.tick = 7});
    put(2, 2);  // others go on
    stage(1, 1);
    home_.entities().set(world_entity, Purse{5});
    const Token again = home_.commit({.tick = 7});
    EXPECT_EQ(again.lsn(), first.lsn());
    EXPECT_EQ(again.tick(), 7u);
    EXPECT_EQ(home_->next_tick(), 8u);
    stage(1, 3);
    EXPECT_EQ(home_.commit().tick(), 8u) << "what was staged again is gone";
}

TEST_P(TickTest, the_last_one_again_with_other_content_is_refused_and_stays_staged) {
    stage(1, 1);
    home_.commit({.tick = 7});
    stage(1, 2);
    EXPECT_EQ(commit_as(7), Code::conflict);
    EXPECT_EQ(commit_as(7), Code::conflict);
    EXPECT_EQ(counters(), Rows{"1 1"});
    EXPECT_EQ(commit_as(8), Code::ok);
    EXPECT_EQ(counters(), Rows{"1 2"});
}

TEST_P(TickTest, the_last_one_again_is_known_wherever_its_rows_are) {
    const auto again = [&](std::int64_t value) {
        stage(1, value);
        const auto token = home_->commit({.tick = 7});
        return token.ok() ? Code::ok : token.status().code();
    };
    EXPECT_EQ(again(1), Code::ok);
    EXPECT_EQ(again(1), Code::ok) << "pending";
    home_.drain();
    EXPECT_EQ(again(1), Code::ok) << "in the store";
    put_away(2, 2);
    EXPECT_EQ(again(1), Code::ok) << "behind other change sets";
    EXPECT_EQ(again(2), Code::conflict);
}

// What is no part of a tick's content must not be lost because the tick was there already.
TEST_P(TickTest, an_empty_tick_again_keeps_what_is_marked_and_staged) {
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, Mood{1});
    home_.commit({.tick = 7});
    home_.commit({.tick = 8});
    home_.entities().set(ana, Mood{2});
    ASSERT_TRUE(home_.tick().put("drifts", {{"id", 1u}, {"value", 2}}).ok());
    ASSERT_TRUE(home_.tick().put("flashes", {{"id", 1u}, {"value", 2}}).ok());
    EXPECT_EQ(home_.commit({.tick = 8}).tick(), 8u);
    EXPECT_EQ(home_.rows("drifts"), Rows{"1 2"});
    EXPECT_EQ(home_.rows("flashes"), Rows{"1 2"});
    home_.clock.advance_ns(5 * second_ns);
    ASSERT_TRUE(home_.tick().put("counters", {{"id", 1u}, {"value", 1}}).ok());  // flushed
    home_.commit({.tick = 9});
    home_.drain();
    const auto stored = home_.rows("Mood");
    ASSERT_EQ(stored.size(), 1u);
    EXPECT_EQ(stored[0], text::format("{} 2", ana.id)) << "it was still marked";
}

// Their interval is over, so they were captured, and then were in no change set.
TEST_P(TickTest, the_last_one_again_keeps_marked_what_was_due) {
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, Mood{1});
    home_.commit({.tick = 7});
    home_.commit({.tick = 8});
    home_.clock.advance_ns(5 * second_ns);
    home_.entities().set(ana, Mood{2});
    EXPECT_EQ(home_.commit({.tick = 8}).tick(), 8u);
    ASSERT_TRUE(home_.tick().put("counters", {{"id", 1u}, {"value", 1}}).ok());  // flushed
    home_.commit({.tick = 9});
    home_.drain();
    EXPECT_EQ(home_.rows("Mood"), Rows{text::format("{} 2", ana.id)});
}

// The tick thread waits for no flush when ids run out, as long as it polls.
TEST_P(TickTest, ids_are_reserved_with_the_ticks) {
    static_cast<void>(home_.entities().create());
    home_.commit();
    home_->poll();
    for (int tick = 0; tick < 20; ++tick) {
        const auto before = home_->health().accepted_lsn;
        for (int count = 0; count < 10'000; ++count) static_cast<void>(home_.entities().create());
        EXPECT_EQ(home_->health().accepted_lsn, before) << "after " << tick << " ticks";
        home_.commit();
        home_->poll();
    }
}

TEST_P(TickTest, an_empty_tick_again_is_the_same) {
    const Token first = home_.commit({.tick = 7});
    EXPECT_EQ(home_.commit({.tick = 7}).lsn(), first.lsn());
    stage(1, 1);
    EXPECT_EQ(commit_as(7), Code::conflict);
}

TEST_P(TickTest, ephemeral_and_relaxed_rows_do_not_make_a_tick_another) {
    const auto stage_all = [&](std::int64_t value) {
        ASSERT_TRUE(home_.tick().put("flashes", {{"id", 1u}, {"value", value}}).ok());
        ASSERT_TRUE(home_.tick().put("drifts", {{"id", 1u}, {"value", value}}).ok());
        stage(1, 1);
    };
    stage_all(1);
    home_.commit({.tick = 7});
    stage_all(1);
    EXPECT_EQ(commit_as(7), Code::ok);
}

// Relaxed rows of earlier change sets go out with the tick, but they are not what it was asked to
// carry.
TEST_P(TickTest, is_the_same_even_if_held_rows_went_out_with_it) {
    home_.put("drifts", {{"id", 1u}, {"value", 1}});
    home_.clock.advance_ns(2 * second_ns);
    stage(1, 1);
    home_.commit({.tick = 7});
    stage(1, 1);
    EXPECT_EQ(commit_as(7), Code::ok);
}

TEST_P(TickTest, a_transaction_has_no_number_and_does_not_move_the_ticks) {
    home_.commit();
    put(1, 1);
    EXPECT_EQ(home_->next_tick(), 3u);
}

TEST_P(TickTest, a_condition_is_judged_when_it_is_staged) {
    put(1, 1);  // pending
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 9}})), Code::conflict);
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 1}})), Code::ok);
    EXPECT_EQ(home_->commit().status().code(), Code::ok);
    EXPECT_EQ(counters(), Rows{"1 2"});
}

TEST_P(TickTest, a_condition_on_a_key_neither_pending_nor_prefetched_is_not_loaded) {
    put_away(1, 1);
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 1}})), Code::not_loaded);
    EXPECT_EQ(stage(2, 2, if_absent()), Code::not_loaded);
    home_.commit();
    EXPECT_EQ(counters(), Rows{"1 1"}) << "nothing was staged";
}

TEST_P(TickTest, prefetched_keys_are_judged) {
    put_away(1, 1);
    ASSERT_EQ(prefetch(1), Code::ok);
    ASSERT_EQ(prefetch(2), Code::ok);
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 9}})), Code::conflict);
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 1}})), Code::ok);
    EXPECT_EQ(stage(2, 2, if_absent()), Code::ok);
    home_.commit();
    EXPECT_EQ(counters(), (Rows{"1 2", "2 2"}));
}

TEST_P(TickTest, what_was_prefetched_and_changed_since_is_judged_as_it_is) {
    put_away(1, 1);
    ASSERT_EQ(prefetch(1), Code::ok);
    put(1, 5);
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 1}})), Code::conflict);
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 5}})), Code::ok);
}

TEST_P(TickTest, what_was_prefetched_changed_and_left_pending_is_not_loaded) {
    put_away(1, 1);
    ASSERT_EQ(prefetch(1), Code::ok);
    put_away(1, 5);
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 1}})), Code::not_loaded);
    ASSERT_EQ(prefetch(1), Code::ok);
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 5}})), Code::ok);
}

TEST_P(TickTest, prefetching_wants_a_table_and_a_whole_key) {
    const std::vector<Row> none{{}};
    const std::vector<Row> wrong{{{"id", "one"}}};
    EXPECT_EQ(home_.tick().prefetch("nothing", none).code(), Code::not_found);
    EXPECT_EQ(home_.tick().prefetch("counters", none).code(), Code::invalid);
    EXPECT_EQ(home_.tick().prefetch("counters", wrong).code(), Code::invalid);
}

TEST_P(TickTest, a_judged_key_is_reserved_until_the_tick_is_committed) {
    put(1, 1);
    ASSERT_EQ(stage(1, 2, if_equal({{"value", 1}})), Code::ok);
    EXPECT_EQ(put(1, 9), Code::conflict) << "unconditional ones too";
    EXPECT_EQ(put(1, 9, if_present()), Code::conflict);
    EXPECT_EQ(home_.try_erase("counters", {{"id", 1u}}).code(), Code::conflict);
    EXPECT_EQ(put(2, 9), Code::ok) << "other keys are free";
    home_.commit();
    EXPECT_EQ(put(1, 9), Code::ok);
    EXPECT_EQ(counters(), (Rows{"1 9", "2 9"}));
}

TEST_P(TickTest, a_condition_that_did_not_hold_reserves_nothing) {
    put(1, 1);
    ASSERT_EQ(stage(1, 2, if_absent()), Code::conflict);
    EXPECT_EQ(put(1, 9), Code::ok);
}

TEST_P(TickTest, an_unconditional_row_reserves_nothing) {
    ASSERT_EQ(stage(1, 2), Code::ok);
    EXPECT_EQ(put(1, 9), Code::ok);
    home_.commit();
    EXPECT_EQ(counters(), Rows{"1 2"}) << "the later commit wins";
}

TEST_P(TickTest, a_condition_on_a_key_it_changed_itself_is_judged_against_that) {
    ASSERT_EQ(stage(1, 1), Code::ok);
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 9}})), Code::conflict);
    EXPECT_EQ(stage(1, 2, if_equal({{"value", 1}})), Code::ok);
    ASSERT_TRUE(home_.tick().erase("counters", {{"id", 1u}}).ok());
    EXPECT_EQ(stage(1, 3, if_present()), Code::conflict);
    EXPECT_EQ(stage(1, 3, if_absent()), Code::ok);
    home_.commit();
    EXPECT_EQ(counters(), Rows{"1 3"});
}

TEST_P(TickTest, a_key_that_is_appended_twice_is_refused_and_the_tick_goes_on) {
    const auto append = [&](std::uint64_t at) {
        return home_.tick().append("events", {{"at", at}, {"seq", 0u}}).code();
    };
    EXPECT_EQ(append(5), Code::ok);
    EXPECT_EQ(append(5), Code::conflict);
    EXPECT_EQ(append(6), Code::ok);
    EXPECT_EQ(append(5), Code::conflict);
    home_.commit();
    EXPECT_EQ(home_.rows("events"), (Rows{"5 0 ", "6 0 "}));
}

TEST_P(TickTest, an_appended_key_is_the_ticks_whatever_others_append) {
    ASSERT_TRUE(home_.tick().append("events", {{"at", 5u}, {"seq", 0u}, {"what", "tick"}}).ok());
    EXPECT_EQ(home_.try_append("events", {{"at", 5u}, {"seq", 0u}}).code(), Code::conflict);
    EXPECT_EQ(home_.try_append("events", {{"at", 9u}, {"seq", 0u}}).code(), Code::ok);
    home_.drain();
    home_.commit();
    home_.drain();
    EXPECT_EQ(home_.rows("events"), (Rows{"5 0 tick", "9 0 "}));
}

TEST_P(TickTest, an_appended_key_that_may_be_there_wants_to_be_prefetched) {
    home_.append("events", {{"at", 9u}, {"seq", 0u}});
    home_.drain();
    const auto append = [&](std::uint64_t at) {
        return home_.tick().append("events", {{"at", at}, {"seq", 0u}}).code();
    };
    EXPECT_EQ(append(9), Code::not_loaded);
    const std::vector<Row> keys{{{"at", 9u}, {"seq", 0u}}, {{"at", 5u}, {"seq", 0u}}};
    ASSERT_TRUE(home_.tick().prefetch("events", keys).ok());
    EXPECT_EQ(append(9), Code::conflict);
    EXPECT_EQ(append(5), Code::ok);
    home_.commit();
    EXPECT_EQ(home_.rows("events"), (Rows{"5 0 ", "9 0 "}));
}

TEST_P(TickTest, components_marked_before_a_refused_commit_go_out_with_the_next) {
    home_.commit({.tick = 5});
    home_.entities().set(world_entity, Purse{5});
    EXPECT_EQ(commit_as(4), Code::invalid);
    EXPECT_EQ(commit_as(6), Code::ok);
    home_.drain();
    EXPECT_EQ(home_.rows("Purse"), Rows{"1 5"});
}

TEST_P(TickTest, a_component_that_cannot_be_stored_refuses_the_commit_and_names_it) {
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, Title{"\xFF", {}});
    home_.entities().set(world_entity, Purse{5});
    const auto refused = home_->commit();
    EXPECT_EQ(refused.status().code(), Code::invalid);
    EXPECT_NE(refused.status().message().find("text"), std::string::npos)
        << refused.status().text();
    home_.entities().set(ana, Title{"ana", {}});
    home_.commit();
    home_.drain();
    EXPECT_EQ(home_.rows("Title"), Rows{text::format("{} ana null", ana.id)});
    EXPECT_EQ(home_.rows("Purse"), Rows{"1 5"});
}

}  // namespace
}  // namespace perdure
