// That the judge of a tortured world sees what is wrong with it.
#include "torture/findings.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace perdure::torture {
namespace {

class FindingsTest : public testing::Test {
protected:
    void SetUp() override {
        auto opened = World::open("memory:", schema());
        ASSERT_TRUE(opened) << opened.status().text();
        world_ = std::move(*opened);
    }
    // As a caller would, or with something changed.
    void transfer(std::uint32_t caller, std::uint64_t number, std::uint64_t seen = 0,
                  std::int64_t too_much = 0) {
        Purse before(caller);
        before.advance_to(number - 1);
        Purse after = before;
        after.advance_to(number);
        Transaction transaction = world_->begin();
        for (std::uint32_t account = 0; account < accounts_each; ++account) {
            ASSERT_TRUE(transaction
                            .put("accounts", {{"account", caller * accounts_each + account},
                                              {"balance", after.balance(account) + too_much}})
                            .ok());
        }
        counted_ += after.counted() - before.counted();
        ASSERT_TRUE(transaction.put("counter", {{"id", 1U}, {"value", counted_}}).ok());
        ASSERT_TRUE(transaction
                        .append("transfers", {{"caller", caller},
                                              {"number", number},
                                              {"seen", seen},
                                              {"padding", transfer_of(caller, number).padding}})
                        .ok());
        ASSERT_TRUE(transaction.commit().ok());
    }
    void tick(std::uint64_t stamp_off = 0) {
        const std::uint64_t number = world_->next_tick();
        const Entity born = world_->entities().create();
        world_->entities().set(born, Stamp{number});
        world_->entities().each<Mut<Stamp>>([&](Stamp& stamp) { stamp.tick = number; });
        world_->entities().set(born, Stamp{number + stamp_off});
        ASSERT_TRUE(world_->tick().append("ticks", {{"tick", number}, {"born", born}}).ok());
        ASSERT_TRUE(world_->commit().ok());
    }
    Findings look(std::array<std::uint64_t, callers> checked = {}) {
        auto findings = examine(*world_, checked);
        EXPECT_TRUE(findings) << findings.status().text();
        return *findings;
    }

    std::unique_ptr<World> world_;
    std::uint64_t counted_ = 0;
};

TEST_F(FindingsTest, a_world_in_order_has_no_faults) {
    for (std::uint64_t number = 1; number <= 40; ++number) {
        transfer(1, number);
        transfer(3, number);
        tick();
    }
    const Findings findings = look();
    EXPECT_TRUE(findings.faults.empty()) << findings.faults[0];
    EXPECT_EQ(findings.transfers[1], 40U);
    EXPECT_EQ(findings.transfers[0], 0U);
    EXPECT_EQ(findings.tick, 40U);
    EXPECT_TRUE(look({0, 30, 0, 40}).faults.empty());
}

TEST_F(FindingsTest, a_hole_in_the_transfers_is_a_fault) {
    transfer(0, 1);
    transfer(0, 3);
    EXPECT_FALSE(look().faults.empty());
}

TEST_F(FindingsTest, a_transfer_without_its_accounts_is_a_fault) {
    transfer(2, 1, 0, 5);
    EXPECT_EQ(look().faults.size(), accounts_each);
}

TEST_F(FindingsTest, a_row_that_is_gone_is_a_fault) {
    transfer(2, 1);
    EXPECT_FALSE(look({0, 0, 2, 0}).faults.empty());
}

TEST_F(FindingsTest, a_row_that_saw_what_is_not_there_is_a_fault) {
    transfer(0, 1, 1);
    EXPECT_EQ(look().faults.size(), 1U);
    transfer(1, 1);
    EXPECT_TRUE(look().faults.empty());
}

TEST_F(FindingsTest, a_being_of_another_tick_is_a_fault) {
    tick();
    tick(1);
    EXPECT_EQ(look().faults.size(), 1U);
}

TEST_F(FindingsTest, a_being_more_is_a_fault) {
    tick();
    const Entity born = world_->entities().create();
    world_->entities().set(born, Stamp{1});
    EXPECT_EQ(look().faults.size(), 1U);
}

}  // namespace
}  // namespace perdure::torture
