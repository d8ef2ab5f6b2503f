// Limits: what is refused for now, that nothing changes then, and that it goes on.
#include "world/home.h"

namespace perdure {
namespace {

// The pending index: rows that the store does not hold yet stay in memory, up to a limit.
class IndexLimit : public OnEveryStore {
protected:
    void SetUp() override {
        home_.options.index_bytes_max = 400'000;
        OnEveryStore::SetUp();
    }
    Status fill(std::uint64_t& id) {
        for (Status put; id < 100'000; ++id) {
            put = home_.try_put("profiles", {{"name", text::format("player {}", id)}});
            if (!put.ok()) return put;
        }
        return {};
    }
};
INSTANTIATE_TEST_SUITE_P(, IndexLimit, every_store(), store_name);

TEST_P(IndexLimit, when_it_is_reached_commits_are_busy_until_the_store_has_caught_up) {
    std::uint64_t id = 0;
    const Status refused = fill(id);
    EXPECT_EQ(refused.code(), Code::busy) << refused.text();
    EXPECT_LE(home_->health().index_bytes, 400'000u);
    EXPECT_EQ(home_->health().refused_busy, 1u);
    EXPECT_FALSE(home_->health().read_only);
    EXPECT_EQ(home_.rows("profiles").size(), id) << "nothing of the refused one";
    home_.drain();
    EXPECT_TRUE(home_.try_put("profiles", {{"name", text::format("player {}", id)}}).ok());
    EXPECT_EQ(home_.rows("profiles").size(), id + 1);
}

TEST_P(IndexLimit, a_tick_that_is_refused_keeps_marks_rows_reservations_and_number) {
    std::uint64_t id = 0;
    home_.put("profiles", {{"name", "ana"}, {"level", 1}});
    EXPECT_EQ(fill(id).code(), Code::busy);
    home_.entities().set(world_entity, Purse{5});
    const std::vector<Cell> larger{{"name", "ana"}, {"guild", std::string(5000, 'x')}};
    ASSERT_TRUE(home_.tick().put("profiles", larger, if_equal({{"level", 1}})).ok());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(home_->commit().status().code(), Code::busy);
    EXPECT_EQ(home_->next_tick(), 1u);
    EXPECT_EQ(home_.row("profiles", {{"name", "ana"}}), "ana 1 false null");
    EXPECT_EQ(home_.try_put("profiles", {{"name", "ana"}}).code(), Code::conflict)
        << "the tick has judged it";
    home_.drain();
    EXPECT_EQ(home_.commit().tick(), 1u);
    home_.drain();
    EXPECT_EQ(home_.row("profiles", {{"name", "ana"}}).substr(0, 12), "ana 0 false ");
    EXPECT_EQ(home_.rows("Purse"), Rows{"1 5"});
}

TEST_P(IndexLimit, ticks_with_components_only_go_on) {
    std::uint64_t id = 0;
    EXPECT_EQ(fill(id).code(), Code::busy);
    home_.entities().set(world_entity, Purse{5});
    home_.commit();
}

TEST_P(IndexLimit, a_transaction_that_is_refused_may_be_committed_again) {
    std::uint64_t id = 0;
    EXPECT_EQ(fill(id).code(), Code::busy);
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}, {"value", 1}}, if_absent()).ok());
    EXPECT_EQ(transaction.commit().status().code(), Code::busy);
    home_.drain();
    EXPECT_TRUE(transaction.commit({.wait = true}).ok());
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
}

// The journal's budget: it holds what the store does not, and then commits are refused.
class JournalBudget : public OnDisk {
protected:
    void SetUp() override {
        home_.options.journal_file_bytes = 256 << 10;
        home_.options.journal_first_file_bytes = 256 << 10;
        home_.options.journal_bytes_max = 1 << 20;
        home_.open();
    }
    // One block each.
    Status fill(std::uint64_t& id) {
        for (Status put; id < 100'000; ++id) {
            put = home_.try_put("counters", {{"id", id}, {"value", 1}});
            if (!put.ok()) return put;
        }
        return {};
    }
};

TEST_F(JournalBudget, when_it_is_spent_commits_are_busy_until_the_store_has_caught_up) {
    std::uint64_t id = 0;
    for (int round = 0; round < 3; ++round) {
        const Status refused = fill(id);
        ASSERT_EQ(refused.code(), Code::busy) << refused.text();
        EXPECT_LE(home_->health().journal_bytes, std::uint64_t{1} << 20);
        EXPECT_GT(home_->health().refused_busy, 0u);
        home_.entities().set(world_entity, Purse{round});
        EXPECT_EQ(home_->commit().status().code(), Code::busy) << "ticks too";
        home_.drain();
        home_.commit();
    }
    EXPECT_EQ(home_.rows("counters").size(), id);
    home_.crash();
    home_.open();
    EXPECT_EQ(home_.rows("counters").size(), id);
    EXPECT_EQ(home_.entities().get<Purse>(world_entity)->coins, 2);
}

TEST_F(JournalBudget, being_idle_while_it_is_spent_is_no_harm) {
    std::uint64_t id = 0;
    ASSERT_EQ(fill(id).code(), Code::busy);
    for (int i = 0; i < 3; ++i) {
        home_.clock.advance_ns(second_ns);
        home_->engine().step_attest();
        home_.prepare_journal();
    }
    EXPECT_FALSE(home_->health().read_only);
    home_.drain();
    EXPECT_TRUE(home_.try_put("counters", {{"id", id}}).ok());
}

TEST_F(JournalBudget, a_world_whose_budget_is_spent_opens_again) {
    std::uint64_t id = 0;
    ASSERT_EQ(fill(id).code(), Code::busy);
    home_.crash();
    const Status opened = home_.try_open();
    ASSERT_TRUE(opened.ok()) << opened.text();
    EXPECT_EQ(home_.rows("counters").size(), id);
    home_.drain();
    EXPECT_TRUE(home_.try_put("counters", {{"id", id}}).ok());
}

TEST_F(JournalBudget, what_could_never_fit_is_invalid) {
    Transaction transaction = home_->begin();
    for (std::uint64_t id = 0; id < 40; ++id) {
        ASSERT_TRUE(transaction
                        .put("profiles", {{"name", text::format("{}", id)},
                                          {"guild", std::string(100'000, 'x')}})
                        .ok());
    }
    EXPECT_EQ(transaction.commit().status().code(), Code::invalid);
    home_.put("counters", {{"id", 1u}});
}

TEST_F(JournalBudget, a_change_set_larger_than_a_file_gets_one_of_its_own) {
    Transaction transaction = home_->begin();
    ASSERT_TRUE(
        transaction.put("profiles", {{"name", "ana"}, {"guild", std::string(400'000, 'x')}}).ok());
    const auto saved = transaction.commit({.wait = true});
    ASSERT_TRUE(saved.ok()) << saved.status().text();
    EXPECT_GT(home_->health().prepare_waits, 0u);
    home_.crash();
    home_.open();
    EXPECT_EQ(home_.rows("profiles")[0].size(), 400'000 + std::string("ana 0 false ").size());
}

TEST_F(JournalBudget, files_prepared_ahead_spare_commits_the_wait) {
    home_.prepare_journal();
    const std::uint64_t waits = home_->health().prepare_waits;
    for (std::uint64_t id = 0; id < 20; ++id) home_.put("counters", {{"id", id}});
    EXPECT_EQ(home_->health().prepare_waits, waits);
}

// Relaxed rows in memory: so many, and so much.
class HeldLimit : public OnEveryStore {
protected:
    // True if they are durable after somebody else's commit, long before their interval is over.
    bool go_out_early() {
        home_.put("counters", {{"id", 1u}});
        return !home_.rows("drifts", {.durable_only = true}).empty() ||
               !home_.rows("letters", {.durable_only = true}).empty();
    }
    void put_drifts(std::uint64_t count) {
        Transaction transaction = home_->begin();
        for (std::uint64_t id = 0; id < count; ++id) {
            ASSERT_TRUE(transaction.put("drifts", {{"id", id}}).ok());
        }
        ASSERT_TRUE(transaction.commit().ok());
    }
    void put_letters(std::uint64_t count) {
        for (std::uint64_t id = 0; id < count; ++id) {
            Transaction transaction = home_->begin();
            const std::string text(std::size_t{1} << 20, 'x');
            ASSERT_TRUE(transaction.put("letters", {{"id", id}, {"text", text}}).ok());
            ASSERT_TRUE(transaction.commit().ok());
        }
    }
};
INSTANTIATE_TEST_SUITE_P(, HeldLimit, every_store(), store_name);

TEST_P(HeldLimit, up_to_a_hundred_thousand_rows_wait) {
    put_drifts(99'999);
    EXPECT_FALSE(go_out_early());
}

TEST_P(HeldLimit, a_hundred_thousand_rows_go_out_early) {
    put_drifts(100'000);
    EXPECT_TRUE(go_out_early());
    EXPECT_EQ(home_.rows("drifts").size(), 10'000u) << "a page of them";
}

TEST_P(HeldLimit, up_to_64_mib_of_rows_wait) {
    put_letters(60);
    EXPECT_FALSE(go_out_early());
}

TEST_P(HeldLimit, more_than_64_mib_of_rows_go_out_early) {
    put_letters(64);
    EXPECT_TRUE(go_out_early());
}

TEST_P(HeldLimit, rows_for_which_the_journal_has_no_room_go_on_waiting) {
    Home home(GetParam());
    home.options.journal_file_bytes = 256 << 10;
    home.options.journal_bytes_max = 1 << 20;
    home.open();
    Transaction transaction = home->begin();
    for (std::uint64_t id = 0; id < 30; ++id) {
        const std::string text(100'000, 'x');
        ASSERT_TRUE(transaction.put("letters", {{"id", id}, {"text", text}}).ok());
        // More than the whole budget would not be accepted at all.
        ASSERT_TRUE(transaction.commit().ok());
    }
    home.clock.advance_ns(2 * second_ns);
    home.put("counters", {{"id", 1u}});
    EXPECT_FALSE(home->health().read_only) << "they did not break the journal";
    EXPECT_EQ(home.rows("letters").size(), 30u);
}

// Snapshots: each may be a connection of its own.
class SnapshotLimit : public OnEveryStore {};
INSTANTIATE_TEST_SUITE_P(, SnapshotLimit, every_store(), store_name);

TEST_P(SnapshotLimit, the_seventeenth_is_busy) {
    std::vector<Snapshot> open;
    for (int i = 0; i < 16; ++i) {
        auto taken = home_->snapshot();
        ASSERT_TRUE(taken.ok()) << taken.status().text();
        open.push_back(*std::move(taken));
    }
    EXPECT_EQ(home_->snapshot().status().code(), Code::busy);
    open.pop_back();
    EXPECT_TRUE(home_->snapshot().ok());
}

TEST_P(SnapshotLimit, ticks_go_on_beside_all_of_them) {
    std::vector<Snapshot> open;
    for (int i = 0; i < 16; ++i) open.push_back(*home_->snapshot());
    home_.entities().set(world_entity, Purse{5});
    home_.commit();
    home_.drain();
    EXPECT_EQ(home_->health().stored_lsn, home_->health().accepted_lsn);
}

}  // namespace
}  // namespace perdure
