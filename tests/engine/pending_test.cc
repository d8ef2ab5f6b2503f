#include "engine/pending.h"

#include <gtest/gtest.h>

#include "engine/tables.h"

namespace perdure::engine {
namespace {

class PendingTest : public testing::Test {
protected:
    explicit PendingTest(const PendingLimits& limits = {}, Lsn released = 0)
        : pending_(limits, released) {}

    Change change() { return tables_.change(); }
    Lsn push(Change& change) { return pending_.push(change.at(pending_.last() + 1)).changes.lsn; }
    Lsn push(Change&& change) { return push(change); }
    // All that is pushed and not durable, as one group.
    void durable() {
        pending_.group_durable(pending_.last(), 1, {}, {7, 4096 * pending_.last(), 4096});
    }
    // "ana 7", or what there is instead.
    std::string find(std::string_view table, std::vector<Value> key, Lsn at = ~Lsn{0}) {
        const RowVersion version = pending_.find(tables_[table].id, tables_.key(table, key),
                                                 std::min(at, pending_.last()));
        if (version.batch == nullptr) return "none";
        if (version.batch->operation() == Operation::erase) return "erased";
        return row_text(*version.batch, version.row);
    }
    void release(Lsn through) {
        while (pending_.release_slice(through)) {
        }
    }

    Tables tables_;
    Pending pending_;
};

TEST_F(PendingTest, shows_the_newest_row_of_a_key) {
    push(change().put("names", {"ana", 1}));
    push(change().put("names", {"ana", 2}).put("names", {"bob", 2}));
    EXPECT_EQ(find("names", {"ana"}), "ana 2");
    EXPECT_EQ(find("names", {"bob"}), "bob 2");
    EXPECT_EQ(find("names", {"cyd"}), "none");
    EXPECT_EQ(find("numbers", {1u}), "none");
}

TEST_F(PendingTest, shows_each_lsn_as_it_was) {
    push(change().put("names", {"ana", 1}));
    push(change().erase("names", {"ana"}));
    push(change().put("names", {"ana", 3}));
    EXPECT_EQ(find("names", {"ana"}, 0), "none");
    EXPECT_EQ(find("names", {"ana"}, 1), "ana 1");
    EXPECT_EQ(find("names", {"ana"}, 2), "erased");
    EXPECT_EQ(find("names", {"ana"}, 3), "ana 3");
}

TEST_F(PendingTest, in_one_change_set_the_upsert_is_newer_than_the_erase) {
    push(change().erase("names", {"ana"}).put("names", {"ana", 1}));
    EXPECT_EQ(find("names", {"ana"}), "ana 1");
}

TEST_F(PendingTest, ephemeral_rows_are_found_like_others) {
    push(change().put("glows", {1u, 5}).put("names", {"ana", 1}));
    EXPECT_EQ(find("glows", {1u}), "1 5");
    EXPECT_EQ(find("names", {"ana"}), "ana 1");
}

TEST_F(PendingTest, resident_rows_are_queued_but_not_indexed) {
    push(change().put("bodies", {Entity{5}, 1}));
    EXPECT_EQ(find("bodies", {Entity{5}}), "none");
    EXPECT_GT(pending_.resident_bytes(), 0u);
    EXPECT_EQ(pending_.kept_bytes(), 0u);
    EXPECT_EQ(pending_.index_bytes(), 0u);
}

TEST_F(PendingTest, what_was_released_is_not_found_and_what_is_newer_is) {
    push(change().put("names", {"ana", 1}).put("names", {"bob", 1}));
    push(change().put("names", {"ana", 2}));
    durable();
    release(1);
    EXPECT_EQ(find("names", {"bob"}), "none");
    EXPECT_EQ(find("names", {"ana"}), "ana 2");
    EXPECT_EQ(find("names", {"ana"}, 1), "none");
    EXPECT_EQ(pending_.released(), 1u);
    EXPECT_EQ(pending_.size(), 1u);
}

TEST_F(PendingTest, releases_nothing_above_what_is_covered) {
    push(change().put("names", {"ana", 1}));
    durable();
    release(0);
    EXPECT_EQ(find("names", {"ana"}), "ana 1");
}

// One hold of the acceptance lock is short, whatever there is to release.
TEST_F(PendingTest, releases_large_change_sets_in_slices_and_shows_their_other_rows_meanwhile) {
    Change large = change();
    for (std::uint64_t number = 0; number < 2000; ++number) large.put("numbers", {number, 1});
    push(large);
    durable();
    EXPECT_TRUE(pending_.release_slice(1));
    EXPECT_EQ(find("numbers", {0u}), "none");
    EXPECT_EQ(find("numbers", {1999u}), "1999 1");
    EXPECT_EQ(pending_.released(), 0u) << "a change set is released as a whole";
    EXPECT_EQ(pending_.releasing(), 1u) << "and something of it is gone";
    std::size_t slices = 1;
    while (pending_.release_slice(1)) ++slices;
    EXPECT_GE(slices, 3u);
    EXPECT_EQ(pending_.released(), 1u);
}

TEST_F(PendingTest, releases_many_small_change_sets_in_slices) {
    for (int i = 0; i < 1000; ++i) push(change());
    durable();
    EXPECT_TRUE(pending_.release_slice(1000));
    EXPECT_LT(pending_.released(), 1000u);
    const Lsn slice = pending_.released();
    release(1000);
    EXPECT_EQ(pending_.released(), 1000u);
    for (Lsn i = 0; i < slice; ++i) push(change());
    durable();
    EXPECT_FALSE(pending_.release_slice(pending_.last())) << "these were just one";
    EXPECT_EQ(pending_.released(), pending_.last());
}

TEST_F(PendingTest, rests_only_when_nothing_waits) {
    push(change().put("numbers", {1u, 1}));
    pending_.rest();
    EXPECT_EQ(find("numbers", {1u}), "1 1");
}

TEST_F(PendingTest, takes_no_memory_when_all_is_released) {
    for (std::uint64_t i = 0; i < 100; ++i) {
        push(change()
                 .put("numbers", {i, 1})
                 .put("names", {text::format("a long name: {}", i), 1})
                 .put("glows", {i, 1})
                 .put("bodies", {Entity{i}, 1}));
    }
    durable();
    const std::uint64_t full = pending_.index_bytes();
    release(pending_.last());
    EXPECT_EQ(pending_.resident_bytes(), 0u);
    EXPECT_EQ(pending_.kept_bytes(), 0u);
    EXPECT_LT(pending_.index_bytes(), full / 20);
    EXPECT_TRUE(pending_.groups().empty());
}

TEST_F(PendingTest, groups_are_listed_until_all_of_them_is_released) {
    push(change());
    push(change());
    durable();
    push(change());
    durable();
    push(change());
    ASSERT_EQ(pending_.groups().size(), 2u);
    EXPECT_EQ(pending_.groups()[0].last, 2u);
    EXPECT_EQ(pending_.groups()[1].last, 3u);
    release(1);
    EXPECT_EQ(pending_.groups().size(), 2u);
    release(2);
    EXPECT_EQ(pending_.groups().size(), 1u);
}

TEST_F(PendingTest, every_member_of_a_group_knows_where_it_lies) {
    push(change());
    durable();
    push(change());
    push(change());
    durable();
    EXPECT_EQ(pending_.entry(1).address.offset, 4096u);
    EXPECT_EQ(pending_.entry(2).address.offset, 3 * 4096u);
    EXPECT_EQ(pending_.entry(3).address.offset, 3 * 4096u);
    EXPECT_EQ(pending_.entry(3).epoch, 1u);
}

TEST_F(PendingTest, a_definition_marks_its_group) {
    push(change().define(tables_["names"]));
    durable();
    push(change());
    durable();
    EXPECT_TRUE(pending_.groups()[0].definition);
    EXPECT_FALSE(pending_.groups()[1].definition);
}

using PendingDeathTest = PendingTest;

TEST_F(PendingDeathTest, releases_only_what_is_durable) {
    push(change());
    EXPECT_DEATH(release(1), "epoch != 0");
}

TEST_F(PendingDeathTest, lsns_follow_one_another) {
    EXPECT_DEATH(pending_.push(change().at(2)), "last\\(\\) \\+ 1");
}

// It is kept as a sum, so that a commit need not ask every table.
TEST_F(PendingTest, counts_what_its_indexes_take_as_they_grow_and_shrink) {
    const auto all = [&] {
        std::uint64_t bytes = pending_.kept_bytes();
        for (const char* table : {"names", "numbers", "glows", "bodies"}) {
            if (const KeyIndex* index = pending_.index(tables_[table].id)) bytes += index->bytes();
        }
        return bytes;
    };
    for (std::uint64_t i = 0; i < 400; ++i) {
        Change change = this->change();
        for (std::uint64_t row = 0; row < 20; ++row) {
            const auto value = static_cast<std::int64_t>(row);
            change.put("numbers", {i * 20 + row, value}).put("glows", {row, value});
            change.put("names", {text::format("a name that is longer than that {}", i), value});
        }
        push(change.put("bodies", {Entity{i + 2}, 1}));
        durable();
        ASSERT_EQ(pending_.index_bytes(), all()) << i;
    }
    for (Lsn lsn = 1; lsn <= pending_.last(); ++lsn) {
        while (pending_.release_slice(lsn)) ASSERT_EQ(pending_.index_bytes(), all()) << lsn;
        ASSERT_EQ(pending_.index_bytes(), all()) << lsn;
    }
    EXPECT_EQ(pending_.kept_bytes(), 0u);
    pending_.rest();
    EXPECT_EQ(pending_.index_bytes(), 0u);
    push(change().put("numbers", {1u, 1}));
    EXPECT_EQ(pending_.index_bytes(), all());
}

class SmallPending : public PendingTest {
protected:
    SmallPending() : PendingTest({.index_bytes_max = 1 << 20}) {}

    void let_go() { let_go(pending_.last()); }
    void let_go(Lsn durable, Lsn keep_through = 0) {
        pending_.let_go(durable, keep_through, 10'000);
    }

    Change bodies(std::int64_t value) {
        Change change = this->change();
        for (std::uint64_t id = 2; id < 102; ++id) change.put("bodies", {Entity{id}, value});
        return change;
    }
};

TEST_F(SmallPending, lets_go_of_the_oldest_resident_rows_beyond_its_limit) {
    for (int i = 0; i < 20; ++i) {
        push(bodies(i));
        durable();
    }
    const std::uint64_t full = pending_.resident_bytes();
    let_go();
    EXPECT_LT(pending_.resident_bytes(), full);
    EXPECT_LE(pending_.resident_bytes(), 10'000u);
    EXPECT_TRUE(pending_.entry(1).let_go);
    EXPECT_FALSE(pending_.entry(20).let_go);
    release(pending_.last());
    EXPECT_EQ(pending_.resident_bytes(), 0u);
}

TEST_F(SmallPending, lets_go_of_nothing_within_its_limit_and_of_nothing_twice) {
    push(bodies(1));
    push(change().put("names", {"ana", 1}));
    durable();
    let_go();
    EXPECT_FALSE(pending_.entry(1).let_go);
    for (int i = 0; i < 20; ++i) push(bodies(i).put("names", {"ana", i}));
    push(change().put("names", {"bob", 1}));
    durable();
    let_go();
    let_go();
    EXPECT_FALSE(pending_.entry(2).let_go) << "it has no resident rows";
    EXPECT_TRUE(pending_.entry(3).let_go);
    EXPECT_LE(pending_.resident_bytes(), 10'000u);
    EXPECT_GT(pending_.resident_bytes(), 0u);
}

TEST_F(SmallPending, lets_go_of_nothing_that_is_not_durable) {
    for (int i = 0; i < 20; ++i) push(bodies(i));
    let_go(0);
    EXPECT_FALSE(pending_.entry(1).let_go);
}

TEST_F(SmallPending, lets_go_of_nothing_that_the_drain_is_reading) {
    for (int i = 0; i < 20; ++i) {
        push(bodies(i));
        durable();
    }
    let_go(pending_.last(), 12);
    for (Lsn lsn = 1; lsn <= 12; ++lsn) EXPECT_FALSE(pending_.entry(lsn).let_go) << lsn;
    EXPECT_TRUE(pending_.entry(13).let_go);
}

TEST_F(SmallPending, keeps_the_other_rows_of_a_change_set_that_was_let_go) {
    for (int i = 0; i < 20; ++i) {
        push(bodies(i).put("names", {"ana", i}));
        durable();
    }
    let_go();
    ASSERT_TRUE(pending_.entry(1).let_go);
    EXPECT_EQ(find("names", {"ana"}, 1), "ana 0");
}

TEST_F(SmallPending, is_full_when_rows_and_their_index_would_pass_the_limit) {
    EXPECT_FALSE(pending_.is_full(1 << 20, 0));
    EXPECT_TRUE(pending_.is_full((1 << 20) + 1, 0));
    EXPECT_TRUE(pending_.is_full(0, (1 << 20) / index_bytes_per_row + 1));
    push(change().put("names", {"ana", 1}));
    EXPECT_TRUE(pending_.is_full(1 << 20, 0));
}

TEST_F(SmallPending, is_never_full_for_what_is_not_indexed) {
    Change large = change();
    for (std::uint64_t i = 0; i < 20'000; ++i) large.put("numbers", {i, 1});
    push(large);
    EXPECT_TRUE(pending_.is_full(1, 1));
    EXPECT_FALSE(pending_.is_full(0, 0));
}

class LaterPending : public PendingTest {
protected:
    LaterPending() : PendingTest({}, 41) {}
};

TEST_F(LaterPending, goes_on_from_where_the_store_is) {
    EXPECT_EQ(push(change().put("names", {"ana", 1})), 42u);
    EXPECT_EQ(find("names", {"ana"}, 42), "ana 1");
    EXPECT_EQ(pending_.released(), 41u);
}

}  // namespace
}  // namespace perdure::engine
