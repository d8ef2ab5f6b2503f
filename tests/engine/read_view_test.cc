#include "engine/read_view.h"

#include <map>
#include <optional>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "engine/parts.h"

namespace perdure::engine {
namespace {

constexpr std::uint32_t all = 1'000'000;

class ReadViewTest : public testing::Test {
protected:
    Change change() { return parts_.change(); }
    void accept(Change& change) { parts_.accept(change); }
    void accept(Change&& change) { parts_.accept(change); }
    void flush() { parts_.flush(); }
    // Accepted, durable, in the store, and gone from pending as far as views allow.
    void store(Change& change) {
        accept(change);
        flush();
        EXPECT_TRUE(parts_.drain());
        parts_.release();
    }
    void store(Change&& change) { store(change); }
    void put_numbers(Change& change, std::uint64_t from, std::uint64_t to, std::int64_t value) {
        for (std::uint64_t number = from; number <= to; ++number) {
            change.put("numbers", {number, value});
        }
    }
    // A relaxed row that waits in memory.
    void hold(std::uint64_t number, std::int64_t value) {
        ChangeSet changes = change().put("drifts", {number, value}).at(1);
        const std::string key = key_of(changes.batches[0]);
        parts_.core->held[{parts_.table("drifts").id, key}] =
            std::make_shared<const Batch>(std::move(changes.batches[0]));
    }

    std::unique_ptr<ReadView> view(bool durable_only = false) {
        auto opened = ReadView::open(*parts_.core, *parts_.store, durable_only);
        EXPECT_TRUE(opened.ok()) << opened.status().text();
        return *std::move(opened);
    }
    std::string find(ReadView& view, std::string_view name, const std::vector<Value>& key) {
        const TableDefinition& table = parts_.table(name);
        std::vector<Cell> cells;
        for (std::size_t i = 0; i < key.size(); ++i)
            cells.push_back({table.columns[i].name, key[i]});
        auto found = view.find(table, *encode_key(table, cells), cells);
        EXPECT_TRUE(found.ok()) << found.status().text();
        return found.ok() && *found ? row_text(**found, 0) : "none";
    }
    // All rows, read in pages of `limit`.
    Rows scan(ReadView& view, std::string_view name, std::uint32_t limit = all) {
        Rows rows;
        std::optional<Batch> page;
        while (true) {
            auto next = view.scan(parts_.table(name), page ? &*page : nullptr, limit);
            EXPECT_TRUE(next.ok()) << next.status().text();
            if (!next.ok() || next->rows() == 0) return rows;
            EXPECT_LE(next->rows(), limit);
            for (const std::string& row : rows_of(*next)) rows.push_back(row);
            page = *std::move(next);
        }
    }
    // Whatever the size of pages, the rows are the same.
    void expect_scan(ReadView& view, std::string_view name, const Rows& expected) {
        for (const std::uint32_t limit : {1u, 2u, 3u, 7u, all}) {
            EXPECT_EQ(scan(view, name, limit), expected) << "pages of " << limit;
        }
    }

    Parts parts_;
};

TEST_F(ReadViewTest, of_an_empty_world_is_empty) {
    const auto now = view();
    expect_scan(*now, "names", {});
    EXPECT_EQ(find(*now, "names", {"ana"}), "none");
}

TEST_F(ReadViewTest, a_page_after_no_row_is_the_first) {
    accept(change().put("names", {"ana", 1}));
    const auto now = view();
    const Batch none = *now->scan(parts_.table("counts"), nullptr, all);
    EXPECT_EQ(none.rows(), 0u);
    EXPECT_EQ(rows_of(*now->scan(parts_.table("names"), &none, all)), Rows{"ana 1"});
}

TEST_F(ReadViewTest, a_key_that_is_none_is_refused) {
    const auto now = view();
    EXPECT_EQ(now->find(parts_.table("names"), "ana", {}).status().code(), Code::invalid);
}

TEST_F(ReadViewTest, shows_what_is_accepted_before_it_is_durable_or_stored) {
    accept(change().put("names", {"ana", 1}));
    const auto now = view();
    EXPECT_EQ(find(*now, "names", {"ana"}), "ana 1");
    expect_scan(*now, "names", {"ana 1"});
}

TEST_F(ReadViewTest, shows_what_only_the_store_has) {
    store(change().put("names", {"ana", 1}));
    const auto now = view();
    EXPECT_EQ(find(*now, "names", {"ana"}), "ana 1");
    expect_scan(*now, "names", {"ana 1"});
}

TEST_F(ReadViewTest, pending_rows_win_over_stored_ones) {
    store(change().put("names", {"ana", 1}).put("names", {"bob", 1}).put("names", {"cyd", 1}));
    accept(change().put("names", {"bob", 2}).put("names", {"bea", 2}).erase("names", {"cyd"}));
    const auto now = view();
    EXPECT_EQ(find(*now, "names", {"ana"}), "ana 1");
    EXPECT_EQ(find(*now, "names", {"bob"}), "bob 2");
    EXPECT_EQ(find(*now, "names", {"cyd"}), "none");
    expect_scan(*now, "names", {"ana 1", "bea 2", "bob 2"});
}

TEST_F(ReadViewTest, shows_nothing_that_was_accepted_later) {
    accept(change().put("names", {"ana", 1}));
    const auto before = view();
    accept(change().put("names", {"ana", 2}).put("names", {"bob", 2}));
    EXPECT_EQ(find(*before, "names", {"ana"}), "ana 1");
    expect_scan(*before, "names", {"ana 1"});
}

TEST_F(ReadViewTest, stays_as_it_was_while_the_drain_goes_on) {
    store(change().put("names", {"ana", 1}).put("names", {"bob", 1}));
    accept(change().put("names", {"bob", 2}).put("names", {"cyd", 2}));
    const auto before = view();
    const Rows expected{"ana 1", "bob 2", "cyd 2"};
    expect_scan(*before, "names", expected);
    store(change().erase("names", {"ana"}).put("names", {"bob", 3}));
    expect_scan(*before, "names", expected);
    store(change().erase("names", {"cyd"}));
    expect_scan(*before, "names", expected);
    EXPECT_EQ(find(*before, "names", {"cyd"}), "cyd 2");
    EXPECT_EQ(scan(*view(), "names"), Rows{"bob 3"});
}

TEST_F(ReadViewTest, lets_pending_go_when_it_is_closed) {
    auto open = view();
    store(change().put("names", {"ana", 1}));
    EXPECT_GT(parts_.core->pending.size(), 0u);
    open.reset();
    parts_.release();
    EXPECT_EQ(parts_.core->pending.size(), 0u);
    EXPECT_TRUE(parts_.core->views.empty());
}

TEST_F(ReadViewTest, may_be_asked_for_what_is_durable_only) {
    accept(change().put("names", {"ana", 1}));
    flush();
    accept(change().put("names", {"ana", 2}).put("names", {"bob", 2}));
    const auto durable = view(true);
    EXPECT_EQ(find(*durable, "names", {"ana"}), "ana 1");
    expect_scan(*durable, "names", {"ana 1"});
    EXPECT_EQ(durable->lsn(), parts_.core->progress->durable());
}

TEST_F(ReadViewTest, after_a_failed_flush_shows_what_is_durable) {
    accept(change().put("names", {"ana", 1}));
    flush();
    accept(change().put("names", {"ana", 2}));
    parts_.core->progress->fail(Status(Code::io, "the disk is gone"));
    EXPECT_EQ(find(*view(), "names", {"ana"}), "ana 1");
}

TEST_F(ReadViewTest, shows_rows_that_are_held) {
    store(change().put("drifts", {1u, 1}).put("drifts", {3u, 1}).put("drifts", {5u, 1}));
    accept(change().put("drifts", {3u, 2}));
    hold(2, 9);
    hold(3, 9);
    hold(7, 9);
    const auto now = view();
    EXPECT_EQ(find(*now, "drifts", {3u}), "3 9");
    EXPECT_EQ(find(*now, "drifts", {5u}), "5 1");
    expect_scan(*now, "drifts", {"1 1", "2 9", "3 9", "5 1", "7 9"});
    expect_scan(*now, "numbers", {});
}

TEST_F(ReadViewTest, held_rows_stay_as_they_were_when_it_was_opened) {
    hold(1, 1);
    const auto before = view();
    hold(1, 2);
    hold(2, 2);
    expect_scan(*before, "drifts", {"1 1"});
    parts_.core->held.clear();
    expect_scan(*before, "drifts", {"1 1"});
}

TEST_F(ReadViewTest, held_rows_are_not_durable) {
    hold(1, 1);
    expect_scan(*view(true), "drifts", {});
}

// Pages end where the store's do; what lies over them may begin, end or vanish there.
TEST_F(ReadViewTest, erased_runs_longer_than_a_page_are_passed_over) {
    Change stored = change();
    put_numbers(stored, 1, 100, 1);
    store(stored);
    Change erased = change();
    for (std::uint64_t number = 3; number <= 95; ++number) erased.erase("numbers", {number});
    accept(erased);
    expect_scan(*view(), "numbers", {"1 1", "2 1", "96 1", "97 1", "98 1", "99 1", "100 1"});
}

TEST_F(ReadViewTest, everything_may_be_erased) {
    Change stored = change();
    Change erased = change();
    put_numbers(stored, 1, 50, 1);
    for (std::uint64_t number = 1; number <= 50; ++number) erased.erase("numbers", {number});
    store(stored);
    accept(erased);
    expect_scan(*view(), "numbers", {});
}

TEST_F(ReadViewTest, rows_beyond_the_stores_last_are_shown) {
    store(change().put("numbers", {5u, 1}));
    Change beyond = change();
    put_numbers(beyond, 6, 30, 2);
    accept(beyond);
    Rows expected{"5 1"};
    for (int number = 6; number <= 30; ++number) expected.push_back(text::format("{} 2", number));
    expect_scan(*view(), "numbers", expected);
}

TEST_F(ReadViewTest, rows_before_the_stores_first_and_between_are_shown_in_order) {
    Change stored = change();
    Change between = change();
    Rows expected;
    for (std::uint64_t number = 10; number <= 40; number += 2) stored.put("numbers", {number, 1});
    for (std::uint64_t number = 1; number <= 41; number += 2) between.put("numbers", {number, 2});
    for (int number = 1; number <= 41; ++number) {
        if (number % 2 == 1) expected.push_back(text::format("{} 2", number));
        if (number % 2 == 0 && number >= 10) expected.push_back(text::format("{} 1", number));
    }
    store(stored);
    accept(between);
    expect_scan(*view(), "numbers", expected);
}

TEST_F(ReadViewTest, a_scan_of_no_rows_is_refused) {
    EXPECT_EQ(view()->scan(parts_.table("names"), nullptr, 0).status().code(), Code::invalid);
}

TEST_F(ReadViewTest, expires_after_thirty_seconds) {
    store(change().put("names", {"ana", 1}));
    const auto old = view();
    parts_.clock.advance_ns(30'000'000'000);
    EXPECT_EQ(scan(*old, "names"), Rows{"ana 1"});
    parts_.clock.advance_ns(1);
    const TableDefinition& names = parts_.table("names");
    EXPECT_EQ(old->scan(names, nullptr, 1).status().code(), Code::expired);
    EXPECT_EQ(old->find(names, "", {}).status().code(), Code::expired);
    EXPECT_EQ(old->scan(parts_.table("drifts"), nullptr, 1).status().code(), Code::expired);
    EXPECT_EQ(scan(*view(), "names"), Rows{"ana 1"});
}

TEST_F(ReadViewTest, expires_for_rows_that_are_held_too) {
    hold(1, 1);
    const auto old = view();
    parts_.clock.advance_ns(30'000'000'001);
    const TableDefinition& drifts = parts_.table("drifts");
    const Cell one{"number", 1u};
    EXPECT_EQ(old->find(drifts, *encode_key(drifts, {&one, 1}), {&one, 1}).status().code(),
              Code::expired);
}

TEST_F(ReadViewTest, an_expired_one_does_not_keep_pending_from_letting_go) {
    const auto old = view();
    store(change().put("names", {"ana", 1}));
    EXPECT_EQ(parts_.core->pending.size(), 1u);
    parts_.clock.advance_ns(32'000'000'000);
    parts_.release();
    EXPECT_EQ(parts_.core->pending.size(), 0u);
    EXPECT_EQ(old->scan(parts_.table("names"), nullptr, 1).status().code(), Code::expired);
}

TEST_F(ReadViewTest, more_than_sixteen_at_once_are_refused_and_leave_nothing_behind) {
    std::vector<std::unique_ptr<ReadView>> open;
    for (std::size_t i = 0; i < store::snapshots_open_max; ++i) open.push_back(view());
    EXPECT_EQ(ReadView::open(*parts_.core, *parts_.store, false).status().code(), Code::busy);
    EXPECT_EQ(parts_.core->views.size(), store::snapshots_open_max);
    open.pop_back();
    open.push_back(view());
}

// Views opened at any moment, read in pages of any size at any later moment, show what was true
// then.
class ReadViewModel : public ReadViewTest, public testing::WithParamInterface<std::uint64_t> {
protected:
    using Truth = std::map<std::uint64_t, std::int64_t>;
    struct Opened {
        std::unique_ptr<ReadView> view;
        Truth truth;
    };

    void accept_random_rows(std::int64_t value) {
        Change next = change();
        std::set<std::uint64_t> used;
        const std::uint64_t begin = random_.below(different_);
        for (auto left = random_.below(40); left > 0; --left) {
            // Runs of neighbours, so that whole pages are erased.
            const std::uint64_t number = (begin + left) % different_;
            if (!used.insert(number).second) continue;
            if (random_.chance(2, 5)) {
                next.erase("numbers", {number});
                truth_.erase(number);
            } else {
                next.put("numbers", {number, value});
                truth_[number] = value;
            }
        }
        accept(next);
    }
    void expect_truth(Opened& opened) {
        Rows expected;
        for (const auto& [number, value] : opened.truth) {
            expected.push_back(text::format("{} {}", number, value));
        }
        const auto limit = static_cast<std::uint32_t>(1 + random_.below(50));
        ASSERT_EQ(scan(*opened.view, "numbers", limit), expected) << "pages of " << limit;
        const std::uint64_t number = random_.below(different_);
        const auto found = opened.truth.find(number);
        ASSERT_EQ(
            find(*opened.view, "numbers", {number}),
            found == opened.truth.end() ? "none" : text::format("{} {}", number, found->second));
    }

    const std::uint64_t different_ = GetParam();  // keys
    Random random_{test_seed()};
    Truth truth_;
};

TEST_P(ReadViewModel, behaves_like_a_copy_of_a_map) {
    std::vector<Opened> open;
    for (int step = 0; step < 1000; ++step) {
        accept_random_rows(step);
        if (random_.chance(1, 3)) flush();
        if (random_.chance(1, 4)) parts_.drain();
        if (random_.chance(1, 3)) parts_.drain_part->release_step();
        if (open.size() < 6 && random_.chance(1, 3)) open.push_back({view(), truth_});
        if (open.empty() || random_.chance(2, 3)) continue;
        const std::size_t at = random_.below(open.size());
        expect_truth(open[at]);
        ASSERT_FALSE(HasFailure()) << "step " << step;
        std::swap(open[at], open.back());
        if (random_.chance(1, 2)) open.pop_back();
    }
}

INSTANTIATE_TEST_SUITE_P(, ReadViewModel, testing::Values(3, 30, 400),
                         [](const auto& keys) { return text::format("{}_keys", keys.param); });

}  // namespace
}  // namespace perdure::engine
