#include "torture/ledger.h"

#include <initializer_list>

#include <gtest/gtest.h>

namespace perdure::torture {
namespace {

class LedgerTest : public testing::Test {
protected:
    void hear(std::initializer_list<const char*> lines) {
        for (const char* line : lines) ledger_.take(line);
    }
    void find_nothing() {
        hear({"found 0 0", "found 1 0", "found 2 0", "found 3 0", "found tick 0", "ready"});
    }

    Ledger ledger_;
};

TEST_F(LedgerTest, what_was_acknowledged_must_be_found) {
    find_nothing();
    hear({"try 2 1", "done 2 1", "try 2 2"});
    ledger_.next_life();
    hear({"found 2 0"});
    ASSERT_EQ(ledger_.faults().size(), 1U);
    EXPECT_EQ(ledger_.faults()[0], "caller 2: acknowledged up to 1, found up to 0");
}

TEST_F(LedgerTest, what_was_only_tried_may_be_found_or_not) {
    find_nothing();
    hear({"try 2 1", "done 2 1", "try 2 2"});
    hear({"found 2 2"});
    EXPECT_TRUE(ledger_.faults().empty());
    hear({"found 2 2"});
    EXPECT_TRUE(ledger_.faults().empty());
}

TEST_F(LedgerTest, what_nobody_tried_must_not_be_found) {
    find_nothing();
    hear({"try tick 1", "found tick 2"});
    ASSERT_EQ(ledger_.faults().size(), 1U);
    EXPECT_EQ(ledger_.faults()[0], "the tick: tried up to 1, found up to 2");
}

TEST_F(LedgerTest, what_one_opening_has_shown_the_next_must_find_too) {
    find_nothing();
    hear({"try 1 1", "found 1 1"});
    ledger_.next_life();
    hear({"found 1 0"});
    EXPECT_EQ(ledger_.faults().size(), 1U);
}

TEST_F(LedgerTest, faults_and_failures_of_the_worker_are_faults) {
    hear({"fault the counter is 2, the transfers make 3", "failed io: cannot"});
    EXPECT_EQ(ledger_.faults().size(), 2U);
}

TEST_F(LedgerTest, a_worker_is_refused_until_something_is_taken) {
    hear({"refused busy: the journal is full"});
    EXPECT_TRUE(ledger_.is_refused());
    EXPECT_EQ(ledger_.last_words(), "refused busy: the journal is full");
    hear({"taken"});
    EXPECT_FALSE(ledger_.is_refused());
    EXPECT_TRUE(ledger_.faults().empty());
}

TEST_F(LedgerTest, acknowledgements_are_counted_over_worlds) {
    find_nothing();
    hear({"try 0 1", "done 0 1", "try tick 1", "done tick 1"});
    ledger_.forget_world();
    find_nothing();
    EXPECT_TRUE(ledger_.faults().empty());
    EXPECT_EQ(ledger_.acknowledged(), 2U);
    EXPECT_EQ(ledger_.checked()[0], 0U);
}

}  // namespace
}  // namespace perdure::torture
