// What a transaction refuses while it is staged. What it does is tested in tests/world.
#include "engine/staging.h"

#include <cstring>
#include <set>

#include <gtest/gtest.h>

#include "engine/live_engine.h"
#include "perdure/component.h"

namespace perdure::engine {

// The columns of "numbers", of "events", and one that no table has.
struct NumberRow {
    std::uint64_t number = 0;
    std::int64_t value = 0;
};
PERDURE_COMPONENT(NumberRow, number, value);

struct EventRow {
    std::uint64_t at = 0;
    std::int64_t value = 0;
};
PERDURE_COMPONENT(EventRow, at, value);

namespace {

class StagingTest : public testing::Test {
protected:
    static Row name(const char* name) { return {{"name", name}}; }
    static Row name(const char* name, std::int64_t value) {
        return {{"name", name}, {"value", value}};
    }
    static Row at(std::uint64_t at) { return {{"at", at}}; }
    Code put(const Row& row, const Condition& condition = {}) {
        return staging_.put("names", row, condition).code();
    }
    Code append(Staging& staging, std::uint64_t key) {
        return staging.append("events", at(key)).code();
    }
    Code commit() { return staging_.commit({.wait = true}).status().code(); }
    std::string find(const Row& key) {
        auto found = staging_.find("names", key);
        if (!found) return found.status().text();
        return *found ? row_text(**found, 0) : "none";
    }
    template <typename T>
    Code put_rows(Staging& staging, std::string_view table, const std::vector<T>& rows) {
        return staging
            .put_structs(table, struct_shape<T>(), std::as_bytes(std::span(rows)), sizeof(T))
            .code();
    }

    LiveEngine live_;
    Staging staging_{*live_, false};
    Staging tick_{*live_, true};
};

TEST_F(StagingTest, tables_are_changed_in_the_way_that_is_theirs) {
    EXPECT_EQ(staging_.put("nothing", name("ana"), {}).code(), Code::not_found);
    EXPECT_EQ(staging_.erase("nothing", name("ana"), {}).code(), Code::not_found);
    EXPECT_EQ(staging_.append("nothing", name("ana")).code(), Code::not_found);
    EXPECT_EQ(staging_.put("bodies", Row{{"entity", Entity{2}}}, {}).code(), Code::invalid);
    EXPECT_EQ(staging_.put("events", at(1), {}).code(), Code::invalid);
    EXPECT_EQ(staging_.erase("events", at(1), {}).code(), Code::invalid);
    EXPECT_EQ(staging_.append("names", name("ana")).code(), Code::invalid);
    EXPECT_TRUE(staging_.empty());
}

TEST_F(StagingTest, tables_of_our_own_are_nobodys) {
    TableBuilder own("_own");
    own.key<std::uint64_t>("id");
    ASSERT_TRUE(live_->declare({own.definition()}, Engine::Declaring::running).ok());
    EXPECT_EQ(staging_.put("_own", Row{{"id", 1u}}, {}).code(), Code::invalid);
}

TEST_F(StagingTest, a_row_that_does_not_fit_is_not_staged) {
    EXPECT_EQ(put({{"name", "ana"}, {"size", 1}}), Code::not_found) << "there is no such column";
    EXPECT_EQ(put({{"name", 1}}), Code::invalid);
    EXPECT_EQ(put({{"value", 1}}), Code::invalid) << "it has no key";
    EXPECT_EQ(staging_.append("events", name("ana")).code(), Code::not_found);
    EXPECT_EQ(put(name("ana"), if_equal({{"size", 1}})), Code::not_found);
    EXPECT_EQ(put(name("ana"), if_equal({{"value", "seven"}})), Code::invalid);
    EXPECT_EQ(commit(), Code::invalid) << "nothing is staged";
}

TEST_F(StagingTest, a_condition_is_judged_against_what_is_staged_before_it) {
    EXPECT_EQ(put(name("ana", 1)), Code::ok);
    EXPECT_EQ(put(name("ana", 2), if_absent()), Code::conflict);
    EXPECT_EQ(put(name("ana", 2), if_equal({{"value", 1}})), Code::ok);
    EXPECT_EQ(staging_.erase("names", name("ana"), if_present()).code(), Code::ok);
    EXPECT_EQ(put(name("ana", 3), if_present()), Code::conflict);
    EXPECT_EQ(put(name("ana", 3), if_absent()), Code::ok);
    EXPECT_EQ(commit(), Code::ok);
    EXPECT_EQ(live_.find("names", name("ana")), "ana 3");
}

TEST_F(StagingTest, a_tick_judges_at_once_what_it_has_staged_itself) {
    const auto put = [&](std::int64_t value, const Condition& condition) {
        return tick_.put("names", name("ana", value), condition).code();
    };
    EXPECT_EQ(put(1, {}), Code::ok);
    EXPECT_EQ(put(2, if_absent()), Code::conflict);
    EXPECT_EQ(put(2, if_equal({{"value", 1}})), Code::ok);
    EXPECT_EQ(tick_.erase("names", name("ana"), {}).code(), Code::ok);
    EXPECT_EQ(put(3, if_absent()), Code::ok);
    EXPECT_TRUE(live_.end(tick_, {.wait = true}).ok());
    EXPECT_EQ(live_.find("names", name("ana")), "ana 3");
}

TEST_F(StagingTest, finds_what_is_staged_before_what_is_accepted_before_what_is_stored) {
    EXPECT_EQ(find(name("ana")), "none");
    ASSERT_TRUE(live_.commit(live_.change().put("names", {"ana", 1})).wait().ok());
    ASSERT_TRUE(live_.drain().ok());
    EXPECT_EQ(find(name("ana")), "ana 1");
    live_.commit(live_.change().put("names", {"ana", 2}));
    EXPECT_EQ(find(name("ana")), "ana 2");
    put(name("ana", 3));
    EXPECT_EQ(find(name("ana")), "ana 3");
    EXPECT_EQ(staging_.erase("names", name("ana"), {}).code(), Code::ok);
    EXPECT_EQ(find(name("ana")), "none");
    EXPECT_EQ(staging_.find("nothing", name("ana")).status().code(), Code::not_found);
    EXPECT_EQ(staging_.find("names", Row{}).status().code(), Code::invalid);
    live_.store->calls.fails = live_.store->calls.made + 1;
    EXPECT_EQ(staging_.find("names", name("bob")).status().code(), Code::io);
}

TEST_F(StagingTest, a_key_is_appended_once) {
    EXPECT_EQ(append(staging_, 5), Code::ok);
    EXPECT_EQ(append(staging_, 5), Code::conflict);
    EXPECT_EQ(append(staging_, 4), Code::ok) << "it need not be the greatest";
    EXPECT_EQ(commit(), Code::ok);
    EXPECT_EQ(append(staging_, 5), Code::ok);
    EXPECT_EQ(commit(), Code::conflict);
    staging_.clear();
    EXPECT_EQ(append(tick_, 5), Code::conflict) << "a tick hears it at once";
    EXPECT_EQ(append(tick_, 6), Code::ok);
    EXPECT_EQ(append(tick_, 6), Code::conflict);
    EXPECT_EQ(append(tick_, 3), Code::not_loaded) << "it may be in the store";
    const std::vector<Row> keys{at(3), at(5)};
    EXPECT_TRUE(tick_.prefetch("events", keys).ok());
    EXPECT_EQ(append(tick_, 3), Code::ok);
    EXPECT_TRUE(live_.end(tick_, {.wait = true}).ok());
    EXPECT_EQ(live_.find("events", at(3)), "3 0");
}

TEST_F(StagingTest, what_was_prefetched_can_be_judged_in_a_tick) {
    ASSERT_TRUE(live_.commit(live_.change().put("names", {"ana", 1})).wait().ok());
    ASSERT_TRUE(live_.drain().ok());
    const auto put = [&](const char* who, const Condition& condition) {
        return tick_.put("names", name(who, 2), condition).code();
    };
    EXPECT_EQ(put("ana", if_present()), Code::not_loaded);
    const std::vector<Row> keys{name("ana"), name("bob")};
    ASSERT_TRUE(tick_.prefetch("names", keys).ok());
    EXPECT_EQ(put("ana", if_equal({{"value", 7}})), Code::conflict);
    EXPECT_EQ(put("ana", if_equal({{"value", 1}})), Code::ok);
    EXPECT_EQ(put("bob", if_present()), Code::conflict);
    EXPECT_EQ(put("bob", if_absent()), Code::ok);
    EXPECT_TRUE(live_.end(tick_, {.wait = true}).ok());
}

TEST_F(StagingTest, prefetching_is_for_ticks_and_says_what_is_wrong) {
    const std::vector<Row> keys{name("ana")};
    const std::vector<Row> wrong{{{"value", 1}}};
    EXPECT_EQ(staging_.prefetch("names", keys).code(), Code::invalid);
    EXPECT_EQ(tick_.prefetch("nothing", keys).code(), Code::not_found);
    EXPECT_EQ(tick_.prefetch("names", wrong).code(), Code::invalid);
    live_.store->calls.fails = live_.store->calls.made + 2;  // the find in the snapshot
    EXPECT_EQ(tick_.prefetch("names", keys).code(), Code::io);
}

TEST_F(StagingTest, rows_of_structs_are_staged_together_or_not_at_all) {
    EXPECT_EQ(put_rows<NumberRow>(staging_, "numbers", {{1, 10}, {2, 20}}), Code::ok);
    EXPECT_EQ(put_rows<EventRow>(staging_, "events", {{1, 10}, {2, 20}}), Code::ok);
    EXPECT_EQ(put_rows<EventRow>(staging_, "events", {{3, 30}, {2, 20}}), Code::conflict);
    EXPECT_EQ(put_rows<NumberRow>(staging_, "names", {{3, 30}}), Code::not_found);
    EXPECT_EQ(put_rows<NumberRow>(staging_, "nothing", {{3, 30}}), Code::not_found);
    EXPECT_EQ(put_rows<NumberRow>(staging_, "bodies", {{3, 30}}), Code::invalid);
    EXPECT_EQ(commit(), Code::ok);
    EXPECT_EQ(live_.find("numbers", {{"number", 2u}}), "2 20");
    EXPECT_EQ(live_.find("events", at(2)), "2 20");
    EXPECT_EQ(live_.find("events", at(3)), "none");
}

TEST_F(StagingTest, ticks_are_ended_by_the_world) {
    EXPECT_EQ(tick_.commit({}).status().code(), Code::invalid);
    put(name("ana", 1));
    EXPECT_EQ(staging_.commit({.tick = 5}).status().code(), Code::invalid);
    EXPECT_EQ(commit(), Code::ok);
    EXPECT_EQ(commit(), Code::invalid) << "it is empty again";
}

TEST_F(StagingTest, rows_of_many_tables_and_keys_go_out_together) {
    put(name("cyd", 1));
    put(name("ana", 1));
    put(name("bob", 1));
    put(name("ana", 2));
    EXPECT_EQ(staging_.put("numbers", Row{{"number", 1u}}, {}).code(), Code::ok);
    EXPECT_EQ(staging_.erase("names", name("bob"), {}).code(), Code::ok);
    EXPECT_EQ(staging_.erase("counts", Row{{"count", 1u}}, {}).code(), Code::ok);
    EXPECT_EQ(commit(), Code::ok);
    EXPECT_EQ(live_.find("names", name("ana")), "ana 2");
    EXPECT_EQ(live_.find("names", name("bob")), "none");
    EXPECT_EQ(live_.find("names", name("cyd")), "cyd 1");
}

TEST_F(StagingTest, a_refused_commit_may_be_tried_again) {
    put(name("ana", 1), if_absent());
    live_.store->calls.fails = live_.store->calls.made + 1;
    EXPECT_EQ(commit(), Code::io) << "the condition could not be read";
    EXPECT_EQ(commit(), Code::ok);
    put(name("ana", 2), if_absent());
    EXPECT_EQ(commit(), Code::conflict) << "with its condition";
    EXPECT_EQ(commit(), Code::conflict);
}

TEST_F(StagingTest, a_commit_that_waits_says_what_became_of_it) {
    put(name("ana", 1));
    live_.files.inject({.kind = io::OperationKind::sync, .from_then_on = true});
    EXPECT_EQ(commit(), Code::unknown);
}

}  // namespace
}  // namespace perdure::engine
