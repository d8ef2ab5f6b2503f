// The program's validator: what it is asked about, what its refusal leaves as it was.
#include <atomic>
#include <thread>

#include "world/home.h"

namespace perdure {
namespace {

using Asked = std::vector<std::string>;

class ValidatorTest : public testing::TestWithParam<Home::Kind> {
protected:
    void SetUp() override {
        home_.options.validator = [this](const ProposedChanges& changes) {
            std::string asked = changes.tick ? text::format("tick {}:", *changes.tick) : "rows:";
            for (const Batch* batch : changes.batches) {
                if (batch->table().name.front() == '_') continue;
                asked += text::format(" {}{}{}", batch->operation() == Operation::erase ? "-" : "",
                                      batch->table().name, batch->rows());
            }
            asked_.push_back(asked);
            return answer_ ? answer_(changes) : Status();
        };
        home_.open();
        home_.commit();  // the entity of the world itself
        asked_.clear();
    }
    void refuse(std::string why) {
        answer_ = [=](const ProposedChanges&) { return Status(Code::invalid, why); };
    }
    void allow() { answer_ = nullptr; }

    Home home_{GetParam()};
    Asked asked_;
    std::function<Status(const ProposedChanges&)> answer_;
};
INSTANTIATE_TEST_SUITE_P(, ValidatorTest, every_store(), store_name);

TEST_P(ValidatorTest, is_asked_about_ticks_and_transactions) {
    home_.entities().set(world_entity, Purse{5});
    ASSERT_TRUE(home_.tick().put("counters", {{"id", 1u}}).ok());
    home_.commit();
    home_.put("counters", {{"id", 2u}});
    home_.erase("counters", {{"id", 1u}});
    EXPECT_EQ(asked_, (Asked{"tick 2: Purse1 counters1", "rows: counters1", "rows: -counters1"}));
}

TEST_P(ValidatorTest, sees_rows_and_cells) {
    std::string seen;
    answer_ = [&](const ProposedChanges& changes) {
        const Batch* profiles = changes.find("PROFILES", Operation::upsert);
        if (profiles != nullptr) seen = row_text(*profiles, 0);
        EXPECT_EQ(changes.find("profiles", Operation::erase), nullptr);
        return Status();
    };
    home_.put("profiles", {{"name", "ana"}, {"level", 7}});
    EXPECT_EQ(seen, "ana 7 false null");
}

TEST_P(ValidatorTest, sees_rows_that_nobody_keeps) {
    home_.entities().set(world_entity, Glow{5});
    home_.commit();
    EXPECT_EQ(asked_, Asked{"tick 2: Glow1"});
}

TEST_P(ValidatorTest, is_not_asked_about_what_the_world_commits_itself) {
    home_.put("drifts", {{"id", 1u}});
    asked_.clear();
    home_.clock.advance_ns(2 * second_ns);
    home_->engine().step_held();  // a relaxed row goes out
    TableBuilder table("later");
    table.key<std::uint64_t>("id");
    ASSERT_TRUE(home_->declare(table).ok());
    for (int i = 0; i < 70'000; ++i) {
        ASSERT_TRUE(home_.entities().create());  // ids are reserved
    }
    EXPECT_EQ(asked_, Asked{});
}

TEST_P(ValidatorTest, refuses_with_its_reason_and_a_code_of_its_own) {
    refuse("mondays only");
    const auto refused = home_->commit();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.status().text(), "refused: mondays only");
    EXPECT_EQ(home_.try_put("counters", {{"id", 1u}}).text(), "refused: mondays only");
    EXPECT_EQ(home_.rows("counters"), Rows{});
}

TEST_P(ValidatorTest, a_refused_tick_keeps_marks_rows_and_number) {
    home_.entities().set(world_entity, Purse{5});
    ASSERT_TRUE(home_.tick().put("counters", {{"id", 1u}, {"value", 7}}).ok());
    refuse("no");
    EXPECT_EQ(home_->commit().status().code(), Code::refused);
    EXPECT_EQ(home_->next_tick(), 2u);
    allow();
    EXPECT_EQ(home_.commit().tick(), 2u);
    home_.drain();
    EXPECT_EQ(home_.rows("counters"), Rows{"1 7"});
    EXPECT_EQ(home_.row("Purse", {{"entity", world_entity}}), "1 5");
    EXPECT_EQ(asked_, (Asked{"tick 2: Purse1 counters1", "tick 2: Purse1 counters1"}));
}

TEST_P(ValidatorTest, a_refused_transaction_may_be_committed_again) {
    Transaction transaction = home_->begin();
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}}, if_absent()).ok());
    refuse("no");
    EXPECT_EQ(transaction.commit().status().code(), Code::refused);
    allow();
    EXPECT_TRUE(transaction.commit().ok());
    ASSERT_TRUE(transaction.put("counters", {{"id", 1u}}, if_absent()).ok());
    EXPECT_EQ(transaction.commit().status().code(), Code::conflict) << "conditions go on counting";
}

TEST_P(ValidatorTest, is_not_asked_about_the_last_tick_again) {
    home_.entities().set(world_entity, Purse{5});
    home_.commit({.tick = 4});
    home_.entities().set(world_entity, Purse{5});
    asked_.clear();
    EXPECT_EQ(home_.commit({.tick = 4}).tick(), 4u);
    EXPECT_EQ(asked_, Asked{});
}

TEST_P(ValidatorTest, changes_nothing_in_its_world) {
    Transaction other = home_->begin();
    ASSERT_TRUE(other.put("counters", {{"id", 9u}}).ok());
    std::vector<Code> codes;
    answer_ = [&](const ProposedChanges&) {
        codes = {home_->commit().status().code(),
                 home_.tick().put("counters", {{"id", 1u}}).code(),
                 other.put("counters", {{"id", 2u}}).code(),
                 other.commit().status().code(),
                 home_->declare(TableBuilder("more").key<std::uint64_t>("id")).code(),
                 home_->close().code()};
        return Status();
    };
    home_.commit();
    EXPECT_EQ(codes, std::vector<Code>(6, Code::invalid));
    allow();
    ASSERT_TRUE(other.commit().ok());
    EXPECT_EQ(home_.rows("counters"), Rows{"9 0"});
}

TEST_P(ValidatorTest, may_read_its_world_and_change_another) {
    Home another;
    another.open();
    home_.entities().set(world_entity, Purse{5});
    answer_ = [&](const ProposedChanges&) {
        EXPECT_EQ(home_.entities().get<Purse>(world_entity)->coins, 5);
        EXPECT_TRUE(home_->snapshot().ok());
        another.put("counters", {{"id", 1u}});
        return Status();
    };
    home_.commit();
    EXPECT_EQ(another.rows("counters"), Rows{"1 0"});
}

using ValidatorDeathTest = ValidatorTest;
INSTANTIATE_TEST_SUITE_P(, ValidatorDeathTest, testing::Values(Home::Kind::memory), store_name);

TEST_P(ValidatorDeathTest, one_that_changes_components_is_stopped) {
    home_.entities().set(world_entity, Purse{5});
    answer_ = [&](const ProposedChanges&) {
        home_.entities().set(world_entity, Purse{6});
        return Status();
    };
    EXPECT_DEATH(static_cast<void>(home_->commit().ok()), "this must hold");
}

class ValidatorThreads : public OnEveryStoreWithThreads {
protected:
    void SetUp() override {
        home_.options.validator = [this](const ProposedChanges& changes) {
            ++asked_;
            return changes.tick ? Status(Code::refused, "no ticks") : Status();
        };
        OnEveryStoreWithThreads::SetUp();
    }
    std::atomic<int> asked_{0};
};
INSTANTIATE_TEST_SUITE_P(, ValidatorThreads, every_store(), store_name);

TEST_P(ValidatorThreads, is_asked_on_each_thread_that_commits) {
    asked_ = 0;
    std::vector<std::jthread> threads;
    for (std::uint64_t thread = 0; thread < 3; ++thread) {
        threads.emplace_back([this, thread] {
            for (std::uint64_t i = 0; i < 50; ++i) {
                Transaction transaction = home_->begin();
                EXPECT_TRUE(transaction.put("counters", {{"id", thread * 100 + i}}).ok());
                EXPECT_TRUE(transaction.commit().ok());
            }
        });
    }
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(home_->commit().status().code(), Code::refused);
    }
    threads.clear();
    EXPECT_EQ(asked_, 200);
    EXPECT_EQ(home_->next_tick(), 1u);
}

}  // namespace
}  // namespace perdure
