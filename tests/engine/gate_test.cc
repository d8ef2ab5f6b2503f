// The gate: what passes it, what is told to it, and what is done inside of it.
#include "engine/gate.h"

#include <gtest/gtest.h>

#include "engine/live_engine.h"

namespace perdure::engine {
namespace {

// Writes down what it is asked and told.
class WritingGate final : public Gate {
public:
    Result<bool> enter(ChangeSet& changes) override {
        calls.push_back(text::format("{} batches", changes.batches.size()));
        if (inside) inside();
        if (!answer.ok()) return answer;
        return awaits;
    }
    void leave(ChangeSet* refused) noexcept override {
        calls.emplace_back(refused == nullptr ? "accepted" : "refused");
    }

    std::vector<std::string> calls;
    Status answer;
    bool awaits = true;
    std::function<void()> inside;
};

using Calls = std::vector<std::string>;

class GateTest : public testing::Test {
protected:
    GateTest() { live_->set_gate(&gate_); }

    Status put(const Condition& condition = {}) {
        Staging staging(*live_, false);
        const Row row{{"name", "ana"}, {"value", 1}};
        if (Status staged = staging.put("names", row, condition); !staged.ok()) return staged;
        return staging.commit({}).status();
    }

    WritingGate gate_;
    LiveEngine live_;
};

TEST_F(GateTest, is_told_what_came_of_what_it_let_through) {
    EXPECT_TRUE(put().ok());
    EXPECT_EQ(put(if_absent()).code(), Code::conflict);
    EXPECT_EQ(gate_.calls, (Calls{"1 batches", "accepted", "1 batches", "refused"}));
}

TEST_F(GateTest, is_told_nothing_where_it_does_not_wait_for_it) {
    gate_.awaits = false;
    EXPECT_TRUE(put().ok());
    gate_.answer = Status(Code::refused, "no");
    EXPECT_EQ(put().text(), "refused: no");
    EXPECT_EQ(gate_.calls, (Calls{"1 batches", "1 batches"}));
}

TEST_F(GateTest, what_the_engine_commits_passes_it_by) {
    live_.commit(live_.change().put("names", {"ana", 1}));
    EXPECT_EQ(gate_.calls, Calls{});
}

TEST_F(GateTest, nothing_is_staged_or_committed_inside_of_it) {
    Staging another(*live_, false);
    const Row row{{"name", "bob"}, {"value", 1}};
    std::vector<Code> codes;
    gate_.inside = [&] {
        Proposal proposal;
        codes = {another.put("names", row, {}).code(), another.commit({}).status().code(),
                 live_->commit(proposal, {}).status().code()};
    };
    EXPECT_TRUE(put().ok());
    EXPECT_EQ(codes, std::vector<Code>(3, Code::invalid));
    EXPECT_TRUE(another.put("names", row, {}).ok()) << "outside again";
}

TEST_F(GateTest, another_engine_may_be_changed_inside_of_it_and_not_the_first_through_that) {
    LiveEngine other;
    WritingGate others;
    other->set_gate(&others);
    Code first = Code::ok;
    others.inside = [&] {
        Proposal proposal;
        first = live_->commit(proposal, {}).status().code();
    };
    gate_.inside = [&] {
        Staging staging(*other, false);
        EXPECT_TRUE(staging.put("names", Row{{"name", "bob"}}, {}).ok());
        EXPECT_TRUE(staging.commit({}).ok());
    };
    EXPECT_TRUE(put().ok());
    EXPECT_EQ(first, Code::invalid);
}

}  // namespace
}  // namespace perdure::engine
