#include "engine/drain.h"

#include <gtest/gtest.h>

#include "engine/parts.h"
#include "model/digest.h"

namespace perdure::engine {
namespace {

class DrainTest : public testing::Test {
protected:
    explicit DrainTest(const PendingLimits& limits = {}) : parts_(limits) {
        applies_ = parts_.store->applies;
    }

    Change change() { return parts_.change(); }
    void accept(Change& change) { parts_.accept(change); }
    void accept(Change&& change) { parts_.accept(change); }
    void flush() { parts_.flush(); }
    bool drain() { return parts_.drain(); }
    Rows stored(std::string_view table) { return parts_.stored(table); }
    // Transactions since the tables were defined.
    std::uint64_t transactions() { return parts_.store->applies - applies_; }
    Watermark watermark() { return parts_.store->watermarks()->visible; }

    Parts parts_;

private:
    std::uint64_t applies_ = 0;
};

TEST_F(DrainTest, does_nothing_if_nothing_is_durable) {
    EXPECT_FALSE(drain());
    accept(change().put("names", {"ana", 1}));
    EXPECT_FALSE(drain());
    EXPECT_EQ(transactions(), 0u);
}

TEST_F(DrainTest, carries_what_is_durable_and_no_more) {
    accept(change().put("names", {"ana", 1}));
    flush();
    accept(change().put("names", {"bob", 2}));
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("names"), Rows{"ana 1"});
    EXPECT_FALSE(drain());
    flush();
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("names"), (Rows{"ana 1", "bob 2"}));
}

TEST_F(DrainTest, many_groups_are_one_transaction_with_the_newest_row_per_key) {
    for (int i = 1; i <= 50; ++i) {
        accept(change().put("names", {"ana", i}).put("bodies", {Entity{2}, i}));
        flush();
    }
    EXPECT_TRUE(drain());
    EXPECT_EQ(transactions(), 1u);
    EXPECT_EQ(parts_.store->rows_upserted, 2u);
    EXPECT_EQ(stored("names"), Rows{"ana 50"});
    EXPECT_EQ(stored("bodies"), Rows{"2 50"});
}

TEST_F(DrainTest, erases_are_carried_too) {
    accept(change().put("names", {"ana", 1}).put("names", {"bob", 1}));
    flush();
    drain();
    accept(change().erase("names", {"ana"}));
    flush();
    drain();
    EXPECT_EQ(stored("names"), Rows{"bob 1"});
}

TEST_F(DrainTest, append_only_rows_all_arrive) {
    for (std::uint64_t i = 1; i <= 5; ++i) accept(change().put("events", {10 - i, 1}));
    flush();
    drain();
    EXPECT_EQ(stored("events"), (Rows{"5 1", "6 1", "7 1", "8 1", "9 1"}));
}

TEST_F(DrainTest, ephemeral_rows_arrive_though_the_journal_does_not_have_them) {
    accept(change().put("glows", {1u, 5}));
    flush();
    drain();
    EXPECT_EQ(stored("glows"), Rows{"1 5"});
}

TEST_F(DrainTest, moves_the_watermark_with_the_rows) {
    accept(change().put("names", {"ana", 1}).tick(7));
    flush();
    accept(change());
    flush();
    drain();
    EXPECT_EQ(watermark().lsn, parts_.core->pending.last());
    EXPECT_EQ(watermark().epoch, 1u);
    EXPECT_EQ(watermark().tick, 7u);
    EXPECT_EQ(watermark().chain, parts_.core->pending.groups().back().chain);
    EXPECT_EQ(parts_.core->stored, watermark());
    EXPECT_EQ(parts_.core->progress->stored(), watermark().lsn);
}

TEST_F(DrainTest, the_watermark_keeps_the_content_of_the_last_tick) {
    ChangeSet seventh = change().put("names", {"ana", 1}).tick(7).at(1);
    accept(change().put("names", {"ana", 1}).tick(7));
    accept(change().put("names", {"bob", 1}));
    flush();
    drain();
    EXPECT_EQ(watermark().tick_content, content_hash(seventh));
    accept(change().put("names", {"cyd", 1}));
    flush();
    drain();
    EXPECT_EQ(watermark().tick, 7u) << "no tick since";
    EXPECT_EQ(watermark().tick_content, content_hash(seventh));
}

TEST_F(DrainTest, a_definition_has_a_transaction_of_its_own) {
    TableBuilder table("things");
    table.key<std::uint64_t>("id").column<std::int64_t>("value");
    accept(change().put("names", {"ana", 1}));
    flush();
    accept(change().define(catalogued(parts_.core->catalog, table.definition())));
    flush();
    accept(change().put("names", {"ana", 2}));
    flush();
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("names"), Rows{"ana 1"}) << "what comes before it is there first";
    EXPECT_TRUE(drain());
    EXPECT_EQ(parts_.store->definitions()->back().name, "things");
    EXPECT_EQ(stored("names"), Rows{"ana 1"});
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("names"), Rows{"ana 2"});
    EXPECT_EQ(transactions(), 3u);
}

TEST_F(DrainTest, a_store_that_refuses_is_asked_again_and_nothing_is_lost) {
    accept(change().put("names", {"ana", 1}));
    flush();
    const Watermark before = watermark();
    parts_.store->mood = Status(Code::no_space, "the disk is full");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(parts_.drain_part->step().status().code(), Code::no_space);
    }
    EXPECT_EQ(watermark(), before);
    EXPECT_EQ(parts_.core->stored, before);
    EXPECT_EQ(parts_.core->drain_through, 0u) << "nothing is being read";
    accept(change().put("names", {"bob", 2}));
    flush();
    parts_.store->mood = {};
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("names"), (Rows{"ana 1", "bob 2"}));
}

TEST_F(DrainTest, another_owner_of_the_store_is_a_conflict) {
    accept(change().put("names", {"ana", 1}));
    flush();
    ASSERT_TRUE(parts_.store->take_over(2).ok());
    EXPECT_EQ(parts_.drain_part->step().status().code(), Code::conflict);
    EXPECT_EQ(parts_.drain_part->step().status().code(), Code::conflict);
}

TEST_F(DrainTest, commits_go_on_while_the_store_applies) {
    accept(change().put("names", {"ana", 1}));
    flush();
    parts_.store->on_apply = [this] {
        accept(change().put("names", {"ana", 2}));
        flush();
    };
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("names"), Rows{"ana 1"});
    parts_.store->on_apply = nullptr;
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("names"), Rows{"ana 2"});
}

TEST_F(DrainTest, releases_what_is_stored_and_covered_by_every_view) {
    accept(change().put("names", {"ana", 1}));
    flush();
    const Lsn before = parts_.core->stored.lsn;
    parts_.core->views[this] = {before, parts_.clock.monotonic_ns()};
    drain();
    parts_.release();
    EXPECT_EQ(parts_.core->pending.released(), before) << "a snapshot may still want it";
    parts_.core->views.clear();
    parts_.release();
    EXPECT_EQ(parts_.core->pending.released(), parts_.core->stored.lsn);
}

TEST_F(DrainTest, counts_transactions_and_rows) {
    const std::uint64_t rows = parts_.drain_part->statistics().rows;
    accept(change().put("names", {"ana", 1}).put("names", {"bob", 1}));
    accept(change().put("names", {"ana", 2}));
    flush();
    drain();
    EXPECT_EQ(parts_.drain_part->statistics().rows, rows + 2);
    EXPECT_EQ(parts_.drain_part->statistics().transactions, 2u) << "one defined the tables";
}

// Ranges are bounded: by bytes of the journal, and by change sets.
TEST_F(DrainTest, takes_at_most_two_gigabytes_of_journal_at_once) {
    for (int i = 1; i <= 3; ++i) {
        accept(change().put("names", {"ana", i}));
        parts_.core->pending.group_durable(parts_.core->pending.last(), 1, {},
                                           {1, 0, std::uint64_t{900} << 20});
        parts_.core->progress->reached_journal(parts_.core->pending.last());
    }
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("names"), Rows{"ana 2"});
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("names"), Rows{"ana 3"});
}

TEST_F(DrainTest, takes_at_most_a_million_change_sets_at_once) {
    const Lsn first = parts_.core->pending.last();
    for (int group = 0; group < 3; ++group) {
        for (int i = 0; i < 500'000; ++i) accept(change());
        parts_.core->pending.group_durable(parts_.core->pending.last(), 1, {}, {1, 0, 4096});
    }
    EXPECT_TRUE(drain());
    EXPECT_EQ(watermark().lsn, first + 1'000'000);
    EXPECT_TRUE(drain());
    EXPECT_EQ(watermark().lsn, first + 1'500'000);
}

// Bodies that were let go of come back from the journal.
class DrainLetGo : public DrainTest {
protected:
    void let_go() {
        auto& pending = parts_.core->pending;
        pending.let_go(parts_.core->progress->durable(), parts_.core->drain_through, 1);
        ASSERT_TRUE(pending.entry(pending.last()).let_go);
    }
};

TEST_F(DrainLetGo, rows_are_read_back_from_the_journal) {
    accept(change().put("bodies", {Entity{2}, 1}).put("bodies", {Entity{3}, 1}));
    accept(change().put("bodies", {Entity{2}, 2}).put("names", {"ana", 2}).put("glows", {1u, 2}));
    flush();
    accept(change().erase("bodies", {Entity{3}}));
    flush();
    let_go();
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("bodies"), Rows{"2 2"});
    EXPECT_EQ(stored("names"), Rows{"ana 2"});
    EXPECT_EQ(stored("glows"), Rows{"1 2"});
    EXPECT_EQ(transactions(), 1u);
}

TEST_F(DrainLetGo, the_content_of_a_tick_is_that_of_all_its_rows) {
    ChangeSet whole = change().put("bodies", {Entity{2}, 1}).put("names", {"ana", 1}).at(1);
    accept(change().put("bodies", {Entity{2}, 1}).put("names", {"ana", 1}).tick(4));
    flush();
    let_go();
    drain();
    EXPECT_EQ(watermark().tick_content, content_hash(whole));
}

TEST_F(DrainLetGo, nothing_that_is_being_drained_is_let_go) {
    accept(change().put("bodies", {Entity{2}, 1}));
    flush();
    const Lsn draining = parts_.core->pending.last();
    parts_.store->on_apply = [&] {
        accept(change().put("bodies", {Entity{2}, 2}));
        flush();
        let_go();
        EXPECT_FALSE(parts_.core->pending.entry(draining).let_go);
    };
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("bodies"), Rows{"2 1"});
    parts_.store->on_apply = nullptr;
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("bodies"), Rows{"2 2"});
}

// What the drain was about to read was kept from being let go until the next one.
TEST_F(DrainLetGo, a_drain_that_fails_before_the_store_holds_nothing_back) {
    accept(change().put("bodies", {Entity{2}, 1}).tick(4));
    flush();
    let_go();
    const auto address = parts_.core->pending.entry(parts_.core->pending.last()).address;
    const std::string file = "journal/" + parts_.disk.list("journal")->front();
    parts_.disk.flip_bit(file, address.offset + 4000, 3);
    EXPECT_EQ(parts_.drain_part->step().status().code(), Code::corrupt) << "for the tick's content";
    EXPECT_EQ(parts_.core->drain_through, 0u);
    accept(change().put("bodies", {Entity{2}, 2}));
    flush();
    let_go();
    EXPECT_TRUE(parts_.core->pending.entry(parts_.core->pending.last()).let_go);
}

TEST_F(DrainLetGo, a_journal_that_cannot_be_read_back_is_an_error_and_no_loss) {
    accept(change().put("bodies", {Entity{2}, 1}));
    flush();
    let_go();
    const auto address = parts_.core->pending.entry(parts_.core->pending.last()).address;
    const std::string file = "journal/" + parts_.disk.list("journal")->front();
    parts_.disk.flip_bit(file, address.offset + 4000, 3);
    EXPECT_EQ(parts_.drain_part->step().status().code(), Code::corrupt);
    parts_.disk.flip_bit(file, address.offset + 4000, 3);
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored("bodies"), Rows{"2 1"});
}

}  // namespace
}  // namespace perdure::engine
