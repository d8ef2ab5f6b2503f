// What is left of a world when its owner dies, and when it is closed. src/engine/open.cc.
#include "base/bytes.h"
#include "world/home.h"

namespace perdure {
namespace {

class RecoveryTest : public OnDisk {};

TEST_F(RecoveryTest, what_was_acknowledged_survives_a_crash) {
    const Entity ana = home_.entities().create(EntityKind::player);
    home_.entities().set(ana, Position{1, 2, 3});
    home_.entities().set(ana, Title{"Ana", 7});
    home_.entities().set(ana, Frozen{});
    ASSERT_TRUE(home_.tick().append("events", {{"at", 1u}, {"seq", 0u}, {"what", "born"}}).ok());
    home_.commit();
    home_.put("profiles", {{"name", "ana"}, {"level", 7}});
    crash();
    EXPECT_EQ(*home_.entities().get<Position>(ana), (Position{1, 2, 3}));
    EXPECT_EQ(*home_.entities().get<Title>(ana), (Title{"Ana", 7}));
    EXPECT_TRUE(home_.entities().has<Frozen>(ana));
    EXPECT_EQ(home_.entities().kind(ana), EntityKind::player);
    EXPECT_EQ(home_.rows("events"), Rows{"1 0 born"});
    EXPECT_EQ(home_.rows("profiles"), Rows{"ana 7 false null"});
    EXPECT_EQ(home_->next_tick(), 2u);
}

TEST_F(RecoveryTest, stored_and_pending_changes_come_back_as_one) {
    const Entity ana = home_.entities().create();
    const Entity bob = home_.entities().create(EntityKind::plain, ana);
    home_.entities().set(ana, Purse{1});
    home_.entities().set(bob, Purse{1});
    home_.commit();
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    home_.put("counters", {{"id", 2u}, {"value", 1}});
    home_.drain();
    home_.entities().set(ana, Purse{2});
    home_.entities().remove<Purse>(bob);
    home_.commit();
    home_.erase("counters", {{"id", 2u}});
    crash();
    EXPECT_EQ(home_.entities().get<Purse>(ana)->coins, 2);
    EXPECT_FALSE(home_.entities().has<Purse>(bob));
    EXPECT_EQ(home_.entities().parent(bob), ana);
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
    home_.drain();
    EXPECT_EQ(home_.rows("Purse"), Rows{text::format("{} 2", ana.id)});
}

TEST_F(RecoveryTest, a_destroyed_tree_stays_destroyed) {
    const Entity root = home_.entities().create();
    const Entity child = home_.entities().create(EntityKind::plain, root);
    home_.entities().set(child, Purse{1});
    home_.commit();
    home_.drain();
    home_.entities().destroy(root);
    home_.commit();
    crash();
    EXPECT_FALSE(home_.entities().alive(root));
    EXPECT_FALSE(home_.entities().alive(child));
    home_.reopen();
    EXPECT_FALSE(home_.entities().alive(child));
    EXPECT_EQ(home_.rows("Purse"), Rows{});
}

TEST_F(RecoveryTest, what_was_not_flushed_is_gone) {
    home_.put("counters", {{"id", 1u}, {"value", 1}});
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}, {"value", 2}}).ok());
    ASSERT_TRUE(transaction.commit().ok());
    home_.entities().set(world_entity, Purse{5});
    ASSERT_TRUE(home_->commit().ok());
    crash();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
    EXPECT_FALSE(home_.entities().has<Purse>(world_entity));
    EXPECT_EQ(home_->next_tick(), 1u);
}

TEST_F(RecoveryTest, what_is_staged_and_marked_and_not_committed_is_gone) {
    home_.entities().set(world_entity, Purse{5});
    ASSERT_TRUE(home_.tick().put("counters", {{"id", 1u}}).ok());
    home_.reopen();
    EXPECT_FALSE(home_.entities().has<Purse>(world_entity));
    EXPECT_EQ(home_.rows("counters"), Rows{});
}

TEST_F(RecoveryTest, says_what_it_found) {
    home_.put("counters", {{"id", 1u}});
    home_.commit();
    home_.reopen();
    EXPECT_TRUE(home_->recovery().clean);
    EXPECT_FALSE(home_->recovery().created);
    EXPECT_EQ(home_->recovery().replayed_changes, 0u);
    EXPECT_EQ(home_->recovery().entities, 1u);

    home_.put("counters", {{"id", 2u}});
    home_.put("counters", {{"id", 3u}});
    crash();
    EXPECT_FALSE(home_->recovery().clean);
    EXPECT_EQ(home_->recovery().replayed_changes, 2u);
    EXPECT_GT(home_->recovery().replayed_bytes, 0u);
    EXPECT_EQ(home_->recovery().torn_bytes, 0u);
}

TEST_F(RecoveryTest, each_owner_has_a_newer_epoch) {
    const std::uint64_t first = home_->health().epoch;
    home_.reopen();
    const std::uint64_t second = home_->health().epoch;
    EXPECT_GT(second, first);
    crash();
    EXPECT_GT(home_->health().epoch, second);
}

TEST_F(RecoveryTest, crashing_again_and_again_loses_nothing) {
    Rows expected;
    for (std::uint64_t life = 1; life <= 12; ++life) {
        home_.put("counters", {{"id", life}, {"value", 0}});
        expected.push_back(text::format("{} 0", life));
        if (life % 3 == 0) home_.drain();
        crash();
        ASSERT_EQ(home_.rows("counters"), expected);
    }
}

TEST_F(RecoveryTest, ids_are_never_given_twice) {
    std::uint64_t highest = 1;
    for (int life = 0; life < 4; ++life) {
        for (int i = 0; i < 3; ++i) {
            const Entity made = home_.entities().create();
            EXPECT_GT(made.id, highest) << "life " << life;
            highest = made.id;
            if (i == 1) home_.commit();
        }
        // The last one is known to nobody: it may have been told to a player, or to another
        // database.
        if (life % 2 == 0) {
            crash();
        } else {
            home_.reopen();
        }
    }
}

TEST_F(RecoveryTest, a_burst_of_new_entities_does_not_repeat_ids_after_a_crash) {
    Entity last;
    for (int i = 0; i < 20'000; ++i) last = home_.entities().create();
    crash();
    EXPECT_GT(home_.entities().create().id, last.id);
}

// Opening reads what lives in pages of some thousand rows.
TEST_F(RecoveryTest, more_entities_than_a_page_come_back_from_the_store) {
    Entity last;
    for (int i = 0; i < 40'000; ++i) last = home_.entities().create();
    home_.entities().set(last, Purse{7});
    home_.commit();
    home_.drain();
    home_.reopen();
    EXPECT_EQ(home_->recovery().entities, 40'001u);
    ASSERT_TRUE(home_.entities().has<Purse>(last));
    EXPECT_EQ(home_.entities().get<Purse>(last)->coins, 7);
}

TEST_F(RecoveryTest, ephemeral_rows_and_components_are_gone_after_a_crash_and_after_a_clean_end) {
    for (const bool clean : {true, false}) {
        const Entity ana = home_.entities().create();
        home_.entities().set(ana, Glow{5});
        home_.entities().set(ana, Purse{5});
        home_.put("flashes", {{"id", 1u}, {"value", 1}});
        home_.append("sparks", {{"id", 9u}});
        home_.commit();
        if (clean) {
            home_.drain();
            EXPECT_EQ(home_.rows("Glow").size(), 1u) << "it was in the store";
            home_.reopen();
        } else {
            crash();
        }
        EXPECT_FALSE(home_.entities().has<Glow>(ana));
        EXPECT_TRUE(home_.entities().has<Purse>(ana));
        EXPECT_EQ(home_.rows("flashes"), Rows{});
        EXPECT_EQ(home_.rows("sparks"), Rows{});
        EXPECT_EQ(home_.rows("Glow"), Rows{});
        home_.append("sparks", {{"id", 5u}});  // its keys begin anew
    }
}

// Relaxed rows wait in memory, for their interval at most.
class RelaxedTest : public RecoveryTest {
protected:
    void put(std::uint64_t id, std::int64_t value, CommitOptions how = {}) {
        Transaction transaction = home_->begin();
        ASSERT_TRUE(transaction.put("drifts", {{"id", id}, {"value", value}}).ok());
        ASSERT_TRUE(transaction.commit(how).ok());
    }
    // A commit of somebody else's, flushed.
    void other_commit() { home_.put("counters", {{"id", 1u}, {"value", 1}}); }
    void pass(std::uint64_t milliseconds) { home_.clock.advance_ns(milliseconds * 1'000'000); }
};

TEST_F(RelaxedTest, within_the_interval_a_crash_loses_them) {
    put(1, 1);
    pass(999);
    other_commit();
    crash();
    EXPECT_EQ(home_.rows("drifts"), Rows{});
}

TEST_F(RelaxedTest, after_the_interval_they_go_out_with_any_commit_newest_first) {
    put(1, 1);
    pass(500);
    put(1, 2);
    put(2, 2);
    pass(500);
    other_commit();
    crash();
    EXPECT_EQ(home_.rows("drifts"), (Rows{"1 2", "2 2"}));
}

TEST_F(RelaxedTest, if_nobody_commits_they_go_out_by_themselves) {
    put(1, 1);
    home_->engine().step_held();
    pass(1000);
    home_->engine().step_held();
    EXPECT_TRUE(home_->engine().step_journal());
    home_->engine().step_held();
    EXPECT_FALSE(home_->engine().step_journal()) << "once";
    crash();
    EXPECT_EQ(home_.rows("drifts"), Rows{"1 1"});
}

TEST_F(RelaxedTest, a_raised_commit_takes_its_own_rows_out_at_once) {
    put(1, 1);
    put(2, 1);
    put(1, 2, {.level = Level::journal, .wait = true});
    EXPECT_EQ(home_.rows("drifts"), (Rows{"1 2", "2 1"}));
    crash();
    EXPECT_EQ(home_.rows("drifts"), Rows{"1 2"});
}

TEST_F(RelaxedTest, a_raised_commit_and_rows_that_are_due_share_a_change_set) {
    put(1, 1);
    put(2, 1);
    pass(1000);
    put(2, 2, {.level = Level::journal, .wait = true});
    put(3, 1);
    crash();
    EXPECT_EQ(home_.rows("drifts"), (Rows{"1 1", "2 2"}));
    home_.drain();
    EXPECT_EQ(home_.rows("drifts"), (Rows{"1 1", "2 2"}));
}

TEST_F(RelaxedTest, erases_go_at_once_and_take_what_is_held_with_them) {
    put(1, 1, {.level = Level::journal, .wait = true});
    put(1, 2);
    home_.erase("drifts", {{"id", 1u}});
    EXPECT_EQ(home_.rows("drifts"), Rows{});
    other_commit();
    crash();
    EXPECT_EQ(home_.rows("drifts"), Rows{});
}

TEST_F(RelaxedTest, closing_takes_them_out) {
    put(1, 1);
    home_.reopen();
    EXPECT_EQ(home_.rows("drifts"), Rows{"1 1"});
}

TEST_F(RelaxedTest, the_longest_interval_is_that_of_the_oldest_row) {
    put(1, 1);
    for (int i = 0; i < 4; ++i) {
        pass(300);
        put(2, i);  // newer ones do not make it wait longer
    }
    home_->engine().step_journal();
    crash();
    EXPECT_EQ(home_.rows("drifts")[0], "1 1");
}

TEST_F(RelaxedTest, components_wait_where_they_live) {
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, Mood{1});
    home_.commit();  // a new entity goes at once
    home_.entities().set(ana, Mood{2});
    home_.commit();
    crash();
    EXPECT_EQ(home_.entities().get<Mood>(ana)->level, 1);
    home_.entities().set(ana, Mood{3});
    pass(1000);
    home_.commit();
    crash();
    EXPECT_EQ(home_.entities().get<Mood>(ana)->level, 3);
    home_.entities().set(ana, Mood{4});
    home_.commit({.level = Level::journal});
    crash();
    EXPECT_EQ(home_.entities().get<Mood>(ana)->level, 4);
}

TEST_F(RelaxedTest, a_raised_tick_takes_components_with_it_whatever_their_interval) {
    const Entity ana = home_.entities().create();
    home_.entities().set(ana, Mood{1});
    home_.commit();
    pass(1);
    home_.entities().set(ana, Mood{2});
    home_.commit({.level = Level::journal});
    crash();
    EXPECT_EQ(home_.entities().get<Mood>(ana)->level, 2);
}

// The last tick, staged again in the next life.
class TickAgainTest : public RecoveryTest, public testing::WithParamInterface<bool> {
protected:
    void SetUp() override {
        RecoveryTest::SetUp();
        home_.commit({.tick = 4});
        ana_ = home_.entities().create();
        home_.commit({.tick = 5});
    }
    void stage(std::int64_t value) {
        home_.entities().set(ana_, Purse{value});
        ASSERT_TRUE(home_.tick().put("counters", {{"id", 1u}, {"value", value}}).ok());
    }
    void next_life() {
        if (GetParam()) return home_.reopen();
        crash();
    }
    Entity ana_;
};
INSTANTIATE_TEST_SUITE_P(, TickAgainTest, testing::Bool(),
                         [](const auto& clean) { return clean.param ? "Closed" : "Crashed"; });

TEST_P(TickAgainTest, with_the_same_content_is_the_same) {
    stage(1);
    home_.commit({.tick = 6});
    home_.put("counters", {{"id", 2u}, {"value", 2}});
    next_life();
    stage(1);
    const Token again = home_.commit({.tick = 6});
    EXPECT_EQ(again.tick(), 6u);
    EXPECT_TRUE(again.done());
    EXPECT_EQ(home_->next_tick(), 7u);
}

TEST_P(TickAgainTest, with_other_content_or_an_older_number_is_refused) {
    stage(1);
    home_.commit({.tick = 6});
    next_life();
    stage(2);
    EXPECT_EQ(home_->commit({.tick = 6}).status().code(), Code::conflict);
    EXPECT_EQ(home_->commit({.tick = 5}).status().code(), Code::invalid);
    EXPECT_TRUE(home_->commit({.tick = 7}).ok());
}

// Rows let go of, read back when the world comes to life and when it drains.
TEST_F(RecoveryTest, more_undrained_rows_than_memory_may_hold_come_back_from_the_journal) {
    home_.options.pending_bytes_max = 20'000;
    home_.reopen();
    std::vector<Entity> entities;
    for (int i = 0; i < 300; ++i) entities.push_back(home_.entities().create());
    for (int tick = 1; tick <= 30; ++tick) {
        for (const Entity entity : entities) home_.entities().set(entity, Purse{tick});
        home_.commit();
    }
    EXPECT_LT(home_->health().pending_bytes, 60'000u);
    crash();
    EXPECT_LT(home_->health().pending_bytes, 60'000u);
    for (const Entity entity : entities) {
        ASSERT_EQ(home_.entities().get<Purse>(entity)->coins, 30);
    }
    home_.drain();
    EXPECT_EQ(home_.rows("Purse").size(), 300u);
    EXPECT_EQ(home_.rows("Purse")[7], text::format("{} 30", entities[7].id));
}

}  // namespace
}  // namespace perdure
