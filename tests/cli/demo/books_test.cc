#include "cli/demo/books.h"

#include "cli/demo/demo_world.h"
#include "cli/demo/trades.h"

namespace perdure::cli::demo {
namespace {

class BooksTest : public DemoWorld {
protected:
    BooksTest() {
        found_world();
        live(50);
    }
    // Of the walkers, the one with the lowest id.
    [[nodiscard]] Entity somebody() {
        Entity found = no_entity;
        world_->entities().each<Walker>([&](Entity entity, const Walker&) {
            if (!found || entity < found) found = entity;
        });
        return found;
    }
    [[nodiscard]] std::string only_fault() {
        const Audit found = books();
        EXPECT_EQ(found.faults.size(), 1U);
        return found.faults.empty() ? "" : found.faults.front();
    }
};

TEST_F(BooksTest, are_in_order_when_nobody_meddled) { EXPECT_TRUE(books().faults.empty()); }

TEST_F(BooksTest, notice_a_coin_more) {
    world_->entities().edit<Purse>(somebody())->coins += 1;
    EXPECT_NE(only_fault().find("coins: 30001 in purses"), std::string::npos);
}

TEST_F(BooksTest, notice_goods_that_come_from_nowhere) {
    world_->entities().edit<Bag>(somebody())->fish += 3;
    EXPECT_NE(only_fault().find("fish: "), std::string::npos);
}

TEST_F(BooksTest, notice_a_trade_that_the_totals_do_not_know) {
    ASSERT_TRUE(world_->tick()
                    .append("trades", {{"tick", world_->next_tick()},
                                       {"seq", 0U},
                                       {"buyer", somebody()},
                                       {"seller", somebody()},
                                       {"goods", "wheat"},
                                       {"amount", 1U},
                                       {"coins", 0}})
                    .ok());
    commit();
    EXPECT_NE(only_fault().find("trades: "), std::string::npos);
}

TEST_F(BooksTest, notice_that_a_walker_is_gone) {
    const Entity lost = somebody();
    world_->entities().remove<Walker>(lost);
    EXPECT_NE(only_fault().find("walkers: 299"), std::string::npos);
}

TEST(LedgerHash, depends_on_every_field) {
    const Trade trade{1, 2, Entity{3}, Entity{4}, "fish", 5, 6};
    const std::uint64_t hash = ledger_hash(trade);
    for (const Trade& other : {Trade{9, 2, Entity{3}, Entity{4}, "fish", 5, 6},
                               Trade{1, 9, Entity{3}, Entity{4}, "fish", 5, 6},
                               Trade{1, 2, Entity{9}, Entity{4}, "fish", 5, 6},
                               Trade{1, 2, Entity{3}, Entity{9}, "fish", 5, 6},
                               Trade{1, 2, Entity{3}, Entity{4}, "wheat", 5, 6},
                               Trade{1, 2, Entity{3}, Entity{4}, "fish", 9, 6},
                               Trade{1, 2, Entity{3}, Entity{4}, "fish", 5, 9}}) {
        EXPECT_NE(ledger_hash(other), hash);
    }
}

}  // namespace
}  // namespace perdure::cli::demo
