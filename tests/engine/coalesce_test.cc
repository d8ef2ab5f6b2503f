#include "engine/coalesce.h"

#include <deque>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/test_run.h"
#include "engine/tables.h"

namespace perdure::engine {
namespace {

// Change sets as they were accepted, and what the coalescer makes of them.
class CoalesceTest : public testing::Test {
protected:
    // The next change set: add(change().put("names", {"ana", 7})).
    void add(Change& change) { history_.push_back(change.at(history_.size() + 1)); }
    void add(Change&& change) { add(change); }
    Change change() { return tables_.change(); }

    void coalesce() {
        Coalescer coalescer;
        for (auto changes = history_.rbegin(); changes != history_.rend(); ++changes) {
            coalescer.add(*changes);
        }
        finish(coalescer);
    }
    void finish(Coalescer& coalescer) {
        auto finished = coalescer.finish();
        ASSERT_TRUE(finished.ok()) << finished.status().text();
        result_ = *std::move(finished);
    }
    Rows upserted(std::string_view table) const { return rows(table, &store::Change::upserted); }
    Rows erased(std::string_view table) const { return rows(table, &store::Change::erased); }

    Tables tables_;
    std::deque<ChangeSet> history_;
    std::vector<store::Change> result_;

private:
    Rows rows(std::string_view table, std::vector<Batch> store::Change::*which) const {
        Rows rows;
        for (const store::Change& change : result_) {
            if (change.table->name != table) continue;
            for (const Batch& batch : change.*which) {
                for (const std::string& row : rows_of(batch)) rows.push_back(row);
            }
        }
        return rows;
    }
};

TEST_F(CoalesceTest, of_nothing_is_nothing) {
    add(change());
    coalesce();
    EXPECT_TRUE(result_.empty());
}

TEST_F(CoalesceTest, the_newest_row_of_a_key_wins) {
    add(change().put("names", {"ana", 1}).put("names", {"bob", 1}));
    add(change().put("names", {"ana", 2}));
    coalesce();
    EXPECT_EQ(upserted("names"), (Rows{"ana 2", "bob 1"}));
    EXPECT_EQ(erased("names"), Rows{});
}

TEST_F(CoalesceTest, an_erase_wins_over_older_upserts) {
    add(change().put("names", {"ana", 1}));
    add(change().erase("names", {"ana"}));
    coalesce();
    EXPECT_EQ(upserted("names"), Rows{});
    EXPECT_EQ(erased("names"), Rows{"ana"});
}

TEST_F(CoalesceTest, an_upsert_wins_over_an_older_erase) {
    add(change().erase("names", {"ana"}));
    add(change().put("names", {"ana", 2}));
    coalesce();
    EXPECT_EQ(upserted("names"), Rows{"ana 2"});
    EXPECT_EQ(erased("names"), Rows{});
}

TEST_F(CoalesceTest, in_one_change_set_an_upsert_comes_after_an_erase) {
    add(change().put("names", {"ana", 2}).erase("names", {"ana"}));
    coalesce();
    EXPECT_EQ(upserted("names"), Rows{"ana 2"});
    EXPECT_EQ(erased("names"), Rows{});
}

TEST_F(CoalesceTest, tables_do_not_mix) {
    add(change().put("numbers", {7u, 1}).put("counts", {7u, 2}).put("ids", {Entity{7}, 3}));
    coalesce();
    EXPECT_EQ(upserted("numbers"), Rows{"7 1"});
    EXPECT_EQ(upserted("counts"), Rows{"7 2"});
    EXPECT_EQ(upserted("ids"), Rows{"7 3"});
}

TEST_F(CoalesceTest, append_only_rows_are_all_kept_in_the_order_of_their_change_sets) {
    add(change().put("events", {5u, 1}).put("events", {9u, 1}));
    add(change().put("events", {3u, 2}));
    add(change().put("events", {4u, 3}));
    coalesce();
    EXPECT_EQ(upserted("events"), (Rows{"5 1", "9 1", "3 2", "4 3"}));
}

TEST_F(CoalesceTest, ephemeral_rows_drain_with_their_change_set) {
    add(change().put("glows", {1u, 1}).put("names", {"ana", 1}));
    add(change().put("glows", {1u, 2}));
    coalesce();
    EXPECT_EQ(upserted("glows"), Rows{"1 2"});
    EXPECT_EQ(upserted("names"), Rows{"ana 1"});
}

TEST_F(CoalesceTest, rows_counts_what_is_kept) {
    add(change().put("names", {"ana", 1}));
    add(change().put("names", {"ana", 2}).put("names", {"bob", 2}).put("events", {1u, 1}));
    Coalescer coalescer;
    coalescer.add(history_[1]);
    EXPECT_EQ(coalescer.rows(), 3u);
    coalescer.add(history_[0]);
    EXPECT_EQ(coalescer.rows(), 3u);
    finish(coalescer);
    EXPECT_EQ(coalescer.rows(), 0u);
}

TEST_F(CoalesceTest, can_be_used_again_after_finish) {
    add(change().put("names", {"ana", 1}));
    Coalescer coalescer;
    coalescer.add(history_[0]);
    finish(coalescer);
    coalescer.add(history_[0]);
    finish(coalescer);
    EXPECT_EQ(upserted("names"), Rows{"ana 1"});
}

// A change set whose resident batches were let go, and the journal's copy of all of it.
class LetGo : public CoalesceTest {
protected:
    void SetUp() override {
        add(change().put("bodies", {Entity{5}, 1}).put("bodies", {Entity{6}, 1}));
        add(change().put("bodies", {Entity{5}, 2}).put("names", {"ana", 2}).put("events", {2u, 2}));
        copy_ = change()
                    .put("bodies", {Entity{5}, 2})
                    .put("names", {"ana", 2})
                    .put("events", {2u, 2})
                    .at(2);
        for (Batch& batch : history_[1].batches) {
            if (batch.table().resident) batch = Batch();
        }
    }
    ChangeSet copy_;
};

TEST_F(LetGo, rows_come_from_the_journals_copy) {
    Coalescer coalescer;
    coalescer.add_resident(copy_);
    coalescer.add(history_[1]);
    coalescer.add(history_[0]);
    finish(coalescer);
    EXPECT_EQ(upserted("bodies"), (Rows{"5 2", "6 1"}));
}

TEST_F(LetGo, other_rows_are_taken_once) {
    Coalescer coalescer;
    coalescer.add_resident(copy_);
    coalescer.add(history_[1]);
    finish(coalescer);
    EXPECT_EQ(upserted("names"), Rows{"ana 2"});
    EXPECT_EQ(upserted("events"), Rows{"2 2"});
}

// What a table holds after all changes, by the simplest means, sorted as a store wants it.
struct Model {
    std::map<std::string, std::pair<bool, std::string>> keys;  // by encoded key: upserted, the row
    Rows appended;

    void apply(const Batch& batch) {
        for (std::uint32_t row = 0; row < batch.rows(); ++row) {
            const bool upsert = batch.operation() == Operation::upsert;
            keys[key_of(batch, row)] = {upsert, row_text(batch, row)};
            appended.push_back(row_text(batch, row));
        }
    }
    [[nodiscard]] Rows rows(bool upserted) const {
        Rows rows;
        for (const auto& [key, row] : keys) {
            if (row.first == upserted) rows.push_back(row.second);
        }
        return rows;
    }
};

class CoalesceKeys : public CoalesceTest, public testing::WithParamInterface<std::string> {
protected:
    std::vector<Value> random_key(Random& random, std::uint64_t different) {
        const std::uint64_t number = random.below(different);
        if (GetParam() == "ids") return {Entity{number * 1000 + 1}};
        if (GetParam() == "numbers") return {number == 0 ? ~std::uint64_t{0} : number - 1};
        if (GetParam() == "counts") return {number};
        if (GetParam() == "names")
            return {text::format("{}{}", std::string(number % 12, 'x'), number)};
        return {static_cast<std::int64_t>(number) - 9, number % 5};
    }
};

TEST_P(CoalesceKeys, the_result_is_that_of_applying_one_after_the_other_sorted_by_key) {
    Random random(test_seed());
    for (int round = 0; round < 20; ++round) {
        history_.clear();
        Model model;
        const std::uint64_t different = 1 + random.below(200);
        for (int i = 0; i < 30; ++i) {
            Change next = change();
            std::set<std::string> used;  // a key once per operation
            for (auto left = random.below(20); left > 0; --left) {
                std::vector<Value> key = random_key(random, different);
                const bool erase = random.chance(1, 3);
                const std::string once = text::format("{} {}", erase, tables_.key(GetParam(), key));
                if (!used.insert(once).second) continue;
                if (erase) {
                    next.erase(GetParam(), key);
                } else {
                    key.emplace_back(static_cast<std::int64_t>(i));
                    next.put(GetParam(), key);
                }
            }
            add(next);
            for (const Batch& batch : history_.back().batches) model.apply(batch);
        }
        coalesce();
        ASSERT_EQ(upserted(GetParam()), model.rows(true)) << "round " << round;
        ASSERT_EQ(erased(GetParam()), model.rows(false)) << "round " << round;
    }
}

INSTANTIATE_TEST_SUITE_P(, CoalesceKeys,
                         testing::Values("ids", "numbers", "counts", "names", "places"),
                         [](const auto& table) { return table.param; });

}  // namespace
}  // namespace perdure::engine
