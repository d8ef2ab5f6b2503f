// Snapshots, as programs take them. src/engine/snapshot.cc; the overlay itself is tested in
// tests/engine.
#include "perdure/snapshot.h"
#include "world/home.h"

namespace perdure {
namespace {

class SnapshotTest : public OnEveryStore {
protected:
    void put(std::uint64_t id, std::int64_t value) {
        home_.put("counters", {{"id", id}, {"value", value}});
    }
    Snapshot snapshot(const SnapshotOptions& options = {}) {
        auto taken = home_->snapshot(options);
        EXPECT_TRUE(taken.ok()) << taken.status().text();
        return *std::move(taken);
    }
    static std::string find(Snapshot& view, std::uint64_t id) {
        auto found = view.find("counters", {{"id", id}});
        if (!found.ok()) return found.status().text();
        return *found ? row_text((*found)->batch(), 0) : "none";
    }
};
INSTANTIATE_TEST_SUITE_P(, SnapshotTest, every_store(), store_name);

TEST_P(SnapshotTest, shows_all_tables_at_one_moment_while_the_world_goes_on) {
    put(1, 1);
    home_.append("events", {{"at", 1u}, {"seq", 0u}, {"what", "a"}});
    Snapshot then = snapshot();
    for (int round = 0; round < 3; ++round) {
        put(1, 2 + round);
        put(10 + static_cast<std::uint64_t>(round), 0);
        home_.append("events", {{"at", 2u + static_cast<std::uint64_t>(round)}, {"seq", 0u}});
        home_.erase("counters", {{"id", 1u}});
        if (round > 0) home_.drain();
        EXPECT_EQ(Home::rows(then, "counters"), Rows{"1 1"}) << "round " << round;
        EXPECT_EQ(Home::rows(then, "events"), Rows{"1 0 a"}) << "round " << round;
        EXPECT_EQ(find(then, 1), "1 1");
        EXPECT_EQ(find(then, 10), "none");
    }
    EXPECT_EQ(home_.rows("counters"), (Rows{"10 0", "11 0", "12 0"}));
}

TEST_P(SnapshotTest, knows_its_lsn) {
    put(1, 1);
    const std::uint64_t lsn = home_->health().accepted_lsn;
    Snapshot then = snapshot();
    put(2, 2);
    EXPECT_EQ(then.lsn(), lsn);
}

TEST_P(SnapshotTest, may_leave_out_what_is_not_durable) {
    put(1, 1);
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}, {"value", 2}}).ok());
    ASSERT_TRUE(transaction.commit().ok());
    Snapshot newest = snapshot();
    Snapshot durable = snapshot({.durable_only = true});
    EXPECT_EQ(find(newest, 1), "1 2");
    EXPECT_EQ(find(durable, 1), "1 1");
}

TEST_P(SnapshotTest, is_read_in_pages) {
    for (std::uint64_t id = 1; id <= 20; ++id) put(id, 0);
    home_.drain();
    for (std::uint64_t id = 21; id <= 25; ++id) put(id, 0);
    Snapshot view = snapshot();
    Rows rows;
    Batch page;
    do {
        auto next = view.scan("counters", page.rows() > 0 ? &page : nullptr, 7);
        ASSERT_TRUE(next.ok()) << next.status().text();
        EXPECT_LE(next->rows(), 7u);
        for (std::uint32_t row = 0; row < next->rows(); ++row) rows.push_back(row_text(*next, row));
        page = *std::move(next);
    } while (page.rows() > 0);
    ASSERT_EQ(rows.size(), 25u);
    EXPECT_EQ(rows.front(), "1 0");
    EXPECT_EQ(rows.back(), "25 0");
}

TEST_P(SnapshotTest, shows_components_as_the_store_has_them) {
    home_.entities().set(world_entity, Purse{1});
    home_.commit();
    home_.drain();
    home_.entities().set(world_entity, Purse{2});
    home_.commit();
    EXPECT_EQ(home_.rows("Purse"), Rows{"1 1"});
    home_.drain();
    EXPECT_EQ(home_.rows("Purse"), Rows{"1 2"});
}

TEST_P(SnapshotTest, a_found_row_gives_its_cells_by_name) {
    home_.put("profiles", {{"name", "ana"}, {"level", 7}});
    Snapshot view = snapshot();
    auto found = view.find("profiles", {{"name", "ana"}});
    ASSERT_TRUE(found.ok() && *found);
    EXPECT_EQ((**found)["level"], Value(7));
    EXPECT_EQ((**found)["LEVEL"], Value(7));
    EXPECT_TRUE((**found)["guild"].is_null());
    EXPECT_TRUE((**found)["height"].is_null()) << "no such column";
}

TEST_P(SnapshotTest, questions_that_make_no_sense_are_refused) {
    Snapshot view = snapshot();
    EXPECT_EQ(view.find("nothing", {{"id", 1u}}).status().code(), Code::not_found);
    EXPECT_EQ(view.scan("nothing").status().code(), Code::not_found);
    EXPECT_EQ(view.scan("counters", nullptr, 0).status().code(), Code::invalid);
    EXPECT_EQ(view.find("counters", {}).status().code(), Code::invalid);
    EXPECT_EQ(view.find("counters", {{"id", "one"}}).status().code(), Code::invalid);
    EXPECT_EQ(view.find("counters", {{"weight", 1u}}).status().code(), Code::invalid);
}

TEST_P(SnapshotTest, expires_after_thirty_seconds_and_a_new_one_does_not) {
    put(1, 1);
    Snapshot old = snapshot();
    home_.clock.advance_ns(30 * second_ns);
    EXPECT_EQ(find(old, 1), "1 1");
    home_.clock.advance_ns(1);
    EXPECT_EQ(old.find("counters", {{"id", 1u}}).status().code(), Code::expired);
    EXPECT_EQ(old.scan("counters").status().code(), Code::expired);
    EXPECT_EQ(home_.rows("counters"), Rows{"1 1"});
}

TEST_P(SnapshotTest, one_that_was_forgotten_does_not_keep_rows_in_memory_for_ever) {
    Snapshot forgotten = snapshot();
    put(1, 1);
    home_.drain();
    EXPECT_GT(home_->health().pending_bytes, 0u);
    home_.clock.advance_ns(32 * second_ns);
    home_.drain();
    EXPECT_EQ(home_->health().pending_bytes, 0u);
}

TEST_P(SnapshotTest, of_a_table_declared_after_it_shows_no_rows) {
    Snapshot before = snapshot();
    TableBuilder things("things");
    things.key<std::uint64_t>("id");
    ASSERT_TRUE(home_->declare(things).ok());
    home_.put("things", {{"id", 1u}});
    EXPECT_EQ(Home::rows(before, "things"), Rows{});
    EXPECT_EQ(home_.rows("things"), Rows{"1"});
}

}  // namespace
}  // namespace perdure
